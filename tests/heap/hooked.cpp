// Which function of a heap consults which hook, and when. Observed in glibc 2.31, which has the hooks, by a program
// that set them all.
#include "support/heaps.hpp"

#include <ptm/c/malloc.hpp>

#include <cerrno>
#include <cstdint>
#include <string>

namespace {

std::string noted;
const void* called_from = nullptr;
alignas(16) unsigned char given[200];

void* note(const std::string& what, const void* caller) {
    noted += what;
    called_from = caller;
    return given;
}
std::string text(std::size_t n) { return std::to_string(n); }

void* on_malloc(std::size_t n, const void* caller) { return note("malloc " + text(n) + ";", caller); }
void* on_realloc(void* p, std::size_t n, const void* caller) {
    return note((p ? "realloc p " : "realloc 0 ") + text(n) + ";", caller);
}
void on_free(void* p, const void* caller) { note(p ? "free p;" : "free 0;", caller); }
void* on_memalign(std::size_t alignment, std::size_t n, const void* caller) {
    return note("memalign " + text(alignment) + " " + text(n) + ";", caller);
}

// some_hooks - those that are switched on.
struct some_hooks {
    static inline bool malloc = false, realloc = false, free = false, memalign = false;
    static inline int set_ups = 0;

    static ptm::malloc_hook on_malloc() noexcept { return malloc ? ::on_malloc : nullptr; }
    static ptm::realloc_hook on_realloc() noexcept { return realloc ? ::on_realloc : nullptr; }
    static ptm::free_hook on_free() noexcept { return free ? ::on_free : nullptr; }
    static ptm::memalign_hook on_memalign() noexcept { return memalign ? ::on_memalign : nullptr; }
    static void set_up() noexcept { ++set_ups; }

    static void all(bool on) { malloc = realloc = free = memalign = on; }
};

struct hooked : ptm::edit<ptm_test::glass, ptm::set_hooks<some_hooks>> {};
using heap = ptm_test::tested_heap<hooked>;
using c = ptm::c_interface<heap>;

// hooks_of - what the hooks are asked while `act` runs.
std::string hooks_of(auto act) {
    noted.clear();
    act();
    return noted;
}

struct with_all_hooks {
    with_all_hooks() { some_hooks::all(true); }
    ~with_all_hooks() { some_hooks::all(false); }
};

} // namespace

TEST_CASE("a heap without hooks set is as ever, and told when it is ready") {
    void* p = c::malloc(100);
    CHECK(some_hooks::set_ups == 1);
    CHECK(p != given);
    p = c::realloc(p, 200);
    c::free(p);
    CHECK(noted.empty());
    CHECK(some_hooks::set_ups == 1);
}

TEST_CASE("a hook is called instead of the function, and before anything is tested") {
    with_all_hooks set;
    CHECK(hooks_of([] { CHECK(c::malloc(10) == given); }) == "malloc 10;");
    CHECK(hooks_of([] { c::malloc(SIZE_MAX); }) == "malloc 18446744073709551615;");
    CHECK(hooks_of([] { c::free(nullptr); }) == "free 0;");
    CHECK(hooks_of([] { c::free(given); }) == "free p;");
    CHECK(hooks_of([] { CHECK(c::realloc(nullptr, 5) == given); }) == "realloc 0 5;");
    CHECK(hooks_of([] { c::realloc(given, 0); }) == "realloc p 0;");
    CHECK(hooks_of([] { c::reallocarray(given, 5, 2); }) == "realloc p 10;");
    CHECK(hooks_of([] { c::memalign(8, 5); }) == "memalign 8 5;");
    CHECK(hooks_of([] { c::memalign(SIZE_MAX, 5); }) == "memalign 18446744073709551615 5;");
    CHECK(hooks_of([] { c::aligned_alloc(48, 5); }) == "memalign 48 5;");
}

TEST_CASE("calloc clears what the hook of malloc returns, if the product is possible") {
    with_all_hooks set;
    std::memset(given, 7, sizeof given);
    CHECK(hooks_of([] { CHECK(c::calloc(3, 5) == given); }) == "malloc 15;");
    CHECK(given[14] == 0);
    CHECK(given[15] == 7);
    errno = 0;
    CHECK(hooks_of([] { CHECK(c::calloc(SIZE_MAX, 2) == nullptr); }) == "");
    CHECK(hooks_of([] { CHECK(c::calloc(1, SIZE_MAX / 2 + 1) == nullptr); }) == "");
    CHECK(errno == ENOMEM);
}

TEST_CASE("posix_memalign and pvalloc refuse before they ask the hook") {
    with_all_hooks set;
    void* out = nullptr;
    CHECK(hooks_of([&] { CHECK(c::posix_memalign(&out, 3, 5) == EINVAL); }) == "");
    CHECK(hooks_of([&] { CHECK(c::posix_memalign(&out, 8, 5) == 0); }) == "memalign 8 5;");
    CHECK(out == given);
    CHECK(hooks_of([] { c::pvalloc(SIZE_MAX); }) == "");
    std::string page = text(ptm::system_page_bytes()), one_more = text(ptm::system_page_bytes() + 1);
    CHECK(hooks_of([] { c::valloc(5); }) == "memalign " + page + " 5;");
    CHECK(hooks_of([] { c::pvalloc(5); }) == "memalign " + page + " " + page + ";");
    CHECK(hooks_of([] { c::pvalloc(ptm::system_page_bytes()); }) == "memalign " + page + " " + one_more + ";");
}

TEST_CASE("one function that stands for another asks the hook of that one") {
    void *block = c::malloc(100), *large = c::malloc(1 << 20);
    some_hooks::malloc = some_hooks::free = true;
    CHECK(hooks_of([] { CHECK(c::realloc(nullptr, 5) == given); }) == "malloc 5;");
    CHECK(hooks_of([&] { CHECK(c::realloc(block, 0) == nullptr); }) == "free p;");
    CHECK(hooks_of([] { CHECK(c::memalign(8, 5) == given); }) == "malloc 5;");
    CHECK(hooks_of([&] { block = c::realloc(block, 300); }) == ""); // moves without asking
    some_hooks::all(false);
    c::free(c::realloc(block, 150));
    c::free(large);
    CHECK(ptm_test::verdict(heap{}) == "sound");
}

namespace {
unsigned char large[300'000];
void* give_large(std::size_t n, const void*) {
    noted += "malloc " + text(n) + ";";
    return large;
}

// malloc_only - a hook that has room for a block with a mapping of its own.
struct malloc_only : ptm::no_hooks {
    static inline bool on = false;
    static ptm::malloc_hook on_malloc() noexcept { return on ? give_large : nullptr; }
};
struct unmovable : ptm::edit<ptm_test::glass, ptm::set_hooks<malloc_only>,
                             ptm::set_mapped_backend<ptm::failing<ptm::mmap_backend>>> {};
}

TEST_CASE("a mapped block that must move asks the hook of malloc for its new place") {
    using other = ptm_test::tested_heap<unmovable>;
    auto* block = static_cast<unsigned char*>(other::malloc(200'000));
    REQUIRE(block != nullptr);
    block[199'999] = 9;
    other::shared().mapped_backend.grant(0);
    malloc_only::on = true;
    CHECK(hooks_of([&] { CHECK(other::realloc(block, 250'000) == large); }) == "malloc 250000;");
    malloc_only::on = false;
    CHECK(large[199'999] == 9);
    CHECK(other::shared().mapped_count == 0);
}

namespace {
// What a caller of calls_malloc is told as the place where that goes on.
[[gnu::noinline]] const void* calls_malloc() {
    static_cast<void>(ptm::c_interface<ptm::heap<hooked>>::malloc(1));
    return __builtin_return_address(0);
}
}

TEST_CASE("a hook is told where the caller of the function goes on") {
    with_all_hooks set;
    const void* expected = calls_malloc();
    CHECK(called_from == expected);
}
