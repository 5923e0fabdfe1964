// What is hidden, byte by byte: with a policy that a test can ask, in every build; and with AddressSanitizer itself,
// whose reports must come where they should, where a build has it.
#include <ptm/arena/poison.hpp>

#include "support/asan.hpp"
#include "support/configs.hpp"
#include "support/noted_poisoning.hpp"
#include "support/seed.hpp"

#include <ptm/arena/striped_arena.hpp>
#include <ptm/core/units.hpp>
#include <ptm/heap/container_heap.hpp>
#include <ptm/heap/glibc_2_42.hpp>
#include <ptm/heap/heap.hpp>
#include <ptm/heap/unsynchronized_arena.hpp>
#include <ptm/os/listed.hpp>
#include <ptm/os/mmap.hpp>

#include <cstddef>
#include <cstring>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>

using namespace ptm::literals;
using ptm_test::exactly;
using ptm_test::has_asan;
using ptm_test::in_child;
using ptm_test::noted_poisoning;
using ptm_test::poisoned;
using ptm_test::reported;
using ptm_test::touch;
using ptm_test::touchable;

namespace {

template <class P>
struct in_a_buffer : ptm::edit<ptm_test::glass, ptm::set_arenas<ptm::one_arena>,
                               ptm::set_main_backend<ptm::buffer_backend>, ptm::set_arena_backend<ptm::no_backend>,
                               ptm::set_mapped_backend<ptm::no_backend>, ptm::set_poisoning<P>> {};
template <class P>
struct in_regions : ptm::edit<ptm::unsynchronized_arena, ptm::set_poisoning<P>> {};
using regions_from = ptm::unsynchronized_arena::main_backend;

struct filled_on_purpose : ptm::edit<in_a_buffer<noted_poisoning>, ptm::set_tuned<ptm::tuning{.perturb = 0x5a}>> {};
struct as_in_2_42 : ptm::edit<in_a_buffer<noted_poisoning>, ptm::set_ruled<ptm::glibc_2_42::ruled>> {};
struct without_fast : ptm::edit<in_a_buffer<noted_poisoning>, ptm::set_fast_bins<ptm::no_fast_bins>> {};

constexpr std::size_t buffer_bytes = 1'000'000;
alignas(64) std::byte memory[buffer_bytes];
const ptm::pages whole{memory, buffer_bytes};

// only_these - the blocks, and nothing else from `base` to `end`, can be touched.
template <class Blocks>
bool only_these(const Blocks& blocks, std::byte* base, std::byte* end) {
    std::size_t wanted = 0;
    for (const auto& [p, n] : blocks) {
        if (noted_poisoning::reach(p, n) != n) return false;
        wanted += n;
    }
    std::size_t there = 0;
    for (std::byte* b = base; b != end; ++b) there += !noted_poisoning::is_hidden(b);
    return there == wanted;
}

// random_life - of an arena: after each of its steps the blocks can be touched, and nothing else.
template <class A>
class random_life {
    A& a_;
    std::mt19937 random_{ptm_test::seed()};
    std::map<void*, std::size_t> blocks_;

    std::size_t size() { return random_() % (random_() % 8 ? 200 : 20000); }
    void* any() {
        auto at = blocks_.begin();
        std::advance(at, std::ptrdiff_t(random_() % blocks_.size()));
        return at->first;
    }
    void* fresh(std::size_t n) {
        switch (random_() % 3) {
        case 0: return a_.allocate(n);
        case 1: return a_.allocate_cleared(n);
        default: return a_.allocate(n, std::size_t{1} << random_() % 10);
        }
    }

public:
    explicit random_life(A& a) : a_(a) {}

    void give_back(void* p) {
        std::size_t n = blocks_[p];
        blocks_.erase(p);
        if constexpr (requires { a_.deallocate(p, n); })
            if (random_() % 2 == 0) return a_.deallocate(p, n);
        a_.deallocate(p);
    }

    void step() {
        std::size_t n = size();
        unsigned what = random_() % 8;
        if (blocks_.empty() || what < 3) {
            if (void* p = fresh(n)) blocks_[p] = n;
        } else if (what < 5) {
            void* p = any();
            if (void* moved = a_.reallocate(p, n)) blocks_.erase(p), blocks_[moved] = n;
        } else if (what == 5) {
            void* p = any();
            blocks_[p] = a_.usable_size(p);
        } else {
            give_back(any());
        }
    }

    void expand() {
        if (blocks_.empty()) return;
        void* p = any();
        std::size_t n = size();
        if (a_.expand(p, n)) blocks_[p] = n;
    }
    void run() {
        void* some[40];
        std::size_t n = 1 + random_() % 500, count = a_.allocate_run(n, 1 + random_() % 40, some);
        std::size_t kept = random_() % (count + 1);
        for (std::size_t i = 0; i < kept; ++i) blocks_[some[i]] = n;
        a_.deallocate_run(some + kept, count - kept);
    }

    const auto& blocks() const { return blocks_; }
};

template <class C>
void live_in_a_buffer() {
    noted_poisoning::watch(whole);
    {
        ptm_test::fresh_arena<C> a{ptm::buffer_backend(whole)};
        random_life life(a);
        for (int i = 0; i < 400; ++i) {
            life.step();
            if (i % 5 == 0) life.expand();
            if (i % 11 == 0) life.run();
            if (i % 20 == 0) REQUIRE(only_these(life.blocks(), memory, a.backend().frontier()));
            if (i % 100 == 0) a.trim();
        }
        REQUIRE(only_these(life.blocks(), memory, a.backend().frontier()));
        CHECK(ptm_test::verdict(a) == "sound");
        CHECK(noted_poisoning::workers == 0);
    }
    CHECK(noted_poisoning::exposed_bytes() == buffer_bytes);
}

} // namespace

TEST_CASE("a block can be touched for the bytes asked for") {
    noted_poisoning::watch(whole);
    ptm_test::fresh_arena<in_a_buffer<noted_poisoning>> a{ptm::buffer_backend(whole)};
    for (std::size_t n : {1u, 24u, 25u, 100u, 5000u}) {
        void* p = a.allocate(n);
        CHECK(exactly(p, n));
        p = a.reallocate(p, 3 * n);
        CHECK(exactly(p, 3 * n));
        p = a.reallocate(p, n);
        CHECK(exactly(p, n));
        void* cleared = a.allocate_cleared(n);
        CHECK(exactly(cleared, n));
        void* aligned = a.allocate(n, 512);
        CHECK(exactly(aligned, n));
        for (void* block : {p, cleared, aligned}) {
            a.deallocate(block);
            CHECK(noted_poisoning::is_hidden(block));
        }
    }
}

TEST_CASE("who asks for the usable size may use it") {
    noted_poisoning::watch(whole);
    ptm_test::fresh_arena<in_a_buffer<noted_poisoning>> a{ptm::buffer_backend(whole)};
    void* p = a.allocate(10);
    CHECK(exactly(p, 10));
    CHECK(exactly(p, a.usable_size(p)));
    p = a.reallocate(p, 10);
    CHECK(exactly(p, 10));
}

TEST_CASE("a refused reallocation leaves the block as it was, also what can be touched") {
    noted_poisoning::watch(whole);
    ptm_test::fresh_arena<in_a_buffer<noted_poisoning>> a{ptm::buffer_backend(whole)};
    void* p = a.allocate(77);
    CHECK(a.reallocate(p, 2 * buffer_bytes) == nullptr);
    CHECK(exactly(p, 77));
}

TEST_CASE("nothing but the blocks can be touched, and everything again when the arena is gone") {
    live_in_a_buffer<in_a_buffer<noted_poisoning>>();
    live_in_a_buffer<filled_on_purpose>();
    live_in_a_buffer<as_in_2_42>();
    live_in_a_buffer<without_fast>();
}

TEST_CASE("released memory can be touched, and an arena in its own buffer goes on after that") {
    noted_poisoning::watch(whole);
    using arena = ptm::arena<in_a_buffer<noted_poisoning>>;
    arena* a = arena::make_inside(ptm::buffer_backend(whole));
    REQUIRE(a);
    void* p = a->allocate(100);
    CHECK(exactly(p, 100));
    a->release();
    CHECK(noted_poisoning::exposed_bytes() == buffer_bytes);
    CHECK(exactly(a->allocate(100), 100));
    arena::end_inside(a);
    CHECK(noted_poisoning::exposed_bytes() == buffer_bytes);
}

TEST_CASE("what an inner arena hides is exposed before the outer one gets it back") {
    noted_poisoning::watch(whole);
    ptm_test::fresh_arena<in_a_buffer<noted_poisoning>> outer{ptm::buffer_backend(whole)};
    ptm_test::resource_over from_outer(outer);
    using regions = ptm::arena<in_regions<noted_poisoning>>;
    std::optional<regions> inner(std::in_place, regions_from(&from_outer));

    void* block = inner->allocate(300'000);
    CHECK(exactly(block, 300'000));
    {
        ptm::pages room{static_cast<std::byte*>(block), 300'000};
        ptm::arena<in_a_buffer<noted_poisoning>> innermost{ptm::buffer_backend(room)};
        void* deepest = innermost.allocate(33);
        REQUIRE(deepest);
        CHECK(exactly(deepest, 33));
        innermost.deallocate(deepest);
        CHECK(noted_poisoning::is_hidden(deepest));
    }
    CHECK(exactly(block, 300'000));

    void* small = inner->allocate(40);
    void* last = outer.allocate(40); // what lies before it does not go to the buffer
    inner->deallocate(block);        // its region goes back
    CHECK(noted_poisoning::is_hidden(block));
    CHECK(exactly(small, 40));
    std::size_t held = outer.live();
    inner->release();
    CHECK(outer.live() < held);
    CHECK(noted_poisoning::is_hidden(small));
    void* big = outer.allocate(50'000); // over what the inner one had
    CHECK(exactly(big, 50'000));
    CHECK(exactly(last, 40));
}

TEST_CASE("a random life in an arena in an arena") {
    noted_poisoning::watch(whole);
    {
        ptm_test::fresh_arena<in_a_buffer<noted_poisoning>> outer{ptm::buffer_backend(whole)};
        ptm_test::resource_over from_outer(outer);
        ptm::arena<in_regions<noted_poisoning>> inner{regions_from(&from_outer)};
        random_life life(inner);
        for (int i = 0; i < 400; ++i) {
            life.step();
            if (i % 5 == 0) life.expand();
            if (i % 11 == 0) life.run();
            for (const auto& [p, n] : life.blocks()) REQUIRE((n == 0 || exactly(p, n)));
        }
        CHECK(ptm_test::verdict(inner) == "sound");
        CHECK(ptm_test::verdict(outer) == "sound");
        CHECK(noted_poisoning::workers == 0);
    }
    CHECK(noted_poisoning::exposed_bytes() == buffer_bytes);
}

TEST_CASE("the quick ways in and out of an arena hide and expose") {
    noted_poisoning::watch(whole);
    ptm_test::fresh_arena<in_a_buffer<noted_poisoning>> outer{ptm::buffer_backend(whole)};
    ptm_test::resource_over from_outer(outer);
    ptm::arena<in_regions<noted_poisoning>> a{regions_from(&from_outer)};
    void *kept = a.allocate(8), *p = a.allocate(100);
    a.deallocate(p);
    CHECK(noted_poisoning::is_hidden(p));
    CHECK(a.allocate(97) == p);
    CHECK(exactly(p, 97));
    a.deallocate(p, 97);
    CHECK(noted_poisoning::is_hidden(p));
    CHECK(noted_poisoning::is_hidden(ptm::offset(p, 96)));
    CHECK(a.allocate_quick_or(99, []() -> void* { return nullptr; }) == p);
    CHECK(exactly(p, 99));
    a.deallocate(kept);
}

TEST_CASE("after expand exactly the bytes asked for can be touched") {
    noted_poisoning::watch(whole);
    ptm_test::fresh_arena<in_a_buffer<noted_poisoning>> a{ptm::buffer_backend(whole)};
    void* p = a.allocate(1000);
    for (std::size_t n : {1001u, 1007u, 1008u, 3000u, 2000u, 1u, 24u, 25u}) {
        REQUIRE(a.expand(p, n));
        CHECK(exactly(p, n));
    }
    void* after = a.allocate(40);
    CHECK_FALSE(a.expand(p, 5000));
    CHECK(exactly(p, 25));
    CHECK(exactly(after, 40));
}

TEST_CASE("each block of a run can be touched for the bytes asked for, and none after its return") {
    noted_poisoning::watch(whole);
    ptm_test::fresh_arena<in_a_buffer<noted_poisoning>> a{ptm::buffer_backend(whole)};
    for (std::size_t n : {1u, 24u, 100u, 3000u}) {
        void* run[50];
        REQUIRE(a.allocate_run(n, 50, run) == 50);
        for (void* p : run) CHECK(exactly(p, n));
        a.deallocate_run(run, 25);
        for (int i = 0; i < 25; ++i) CHECK(noted_poisoning::is_hidden(run[i]));
        for (int i = 25; i < 50; ++i) CHECK(exactly(run[i], n));
        a.deallocate_run(run + 25, 25);
        CHECK(noted_poisoning::exposed_bytes() == ptm::bytes_between(a.backend().frontier(), whole.end()));
    }
}

TEST_CASE("a buffer that comes first is hidden like other memory, and left clean") {
    noted_poisoning::watch(whole);
    {
        ptm::arena<in_regions<noted_poisoning>> a{regions_from({memory, 4096}, std::pmr::new_delete_resource())};
        void *p = a.allocate(100), *other = a.allocate(100);
        REQUIRE(a.backend().buffer().data <= p);
        CHECK(exactly(p, 100));
        a.deallocate(p);
        CHECK(noted_poisoning::is_hidden(p));
        a.release();
        CHECK(noted_poisoning::exposed_bytes() == buffer_bytes);
        p = a.allocate(200);
        CHECK(exactly(p, 200));
        CHECK(p != other);
    }
    CHECK(noted_poisoning::exposed_bytes() == buffer_bytes);
}

namespace {
template <class P>
struct in_stripes : ptm::edit<ptm::synchronized_arena, ptm::set_poisoning<P>> {};
} // namespace

TEST_CASE("blocks of stripes end where they were asked to, and leave clean memory") {
    noted_poisoning::watch(whole);
    {
        ptm_test::fresh_arena<in_a_buffer<noted_poisoning>> outer{ptm::buffer_backend(whole)};
        ptm_test::resource_over from_outer(outer);
        ptm::striped_arena<in_stripes<noted_poisoning>, 3> stripes{regions_from(&from_outer)};
        void* here = stripes.allocate(50);
        std::thread([&] {
            void* there = stripes.allocate(50);
            CHECK(exactly(there, 50));
            stripes.deallocate(here);
            CHECK(noted_poisoning::is_hidden(here));
            here = there;
        }).join();
        CHECK(exactly(stripes.reallocate(here, 5000), 5000));
        CHECK(exactly(stripes.allocate_cleared(70), 70));
        CHECK(exactly(stripes.allocate(70, 256), 70));
        stripes.release();
        CHECK(outer.live() == 0);
    }
    CHECK(noted_poisoning::exposed_bytes() == buffer_bytes);
}

// ---- heaps ---------------------------------------------------------------------------------------------------------

namespace {

// static_buffer - so that a heap lives where marks are kept; each N is another one.
template <int N>
struct static_buffer : ptm::buffer_backend {
    alignas(64) static inline std::byte bytes[buffer_bytes]{};
    constexpr static_buffer() noexcept : buffer_backend(ptm::pages{bytes, buffer_bytes}) {}
};

template <class Base, int N>
using in_its_buffer = ptm::edit<ptm_test::in_glass<Base>, ptm::set_arenas<ptm::one_arena>,
                                ptm::set_main_backend<static_buffer<N>>, ptm::set_arena_backend<ptm::no_backend>,
                                ptm::set_mapped_backend<ptm::no_backend>, ptm::set_poisoning<noted_poisoning>>;

struct with_array_cache : in_its_buffer<ptm::glibc_2_36, 0> {};
struct with_tiered_cache : in_its_buffer<ptm::glibc_2_42, 1> {};
struct with_budget_cache : in_its_buffer<ptm::container_heap, 2> {};
struct without_cache : ptm::edit<in_its_buffer<ptm::glibc_2_36, 3>, ptm::set_cache<ptm::no_cache>> {};

template <class Heap>
void every_way_to_a_block(std::size_t n) {
    void* blocks[] = {Heap::malloc(n), Heap::calloc(1, n), Heap::aligned_alloc(256, n)};
    for (void*& p : blocks) {
        CHECK(exactly(p, n));
        p = Heap::realloc(p, 3 * n);
        CHECK(exactly(p, 3 * n));
        p = Heap::realloc(p, n);
        CHECK(exactly(p, n));
        if (Heap::expand(p, n + 8)) CHECK(exactly(p, n + 8));
        CHECK(exactly(p, Heap::usable_size(p)));
    }
    for (void* p : blocks) {
        Heap::free(p);
        CHECK(noted_poisoning::is_hidden(p));
    }
}

template <class Heap>
void a_known_size_and_a_run() {
    void* known = Heap::template malloc_of<50>();
    CHECK(exactly(known, 50));
    Heap::template free_of<50>(known);
    CHECK(noted_poisoning::is_hidden(known));
    void* run[30];
    REQUIRE(Heap::malloc_run(50, 30, run) == 30);
    for (void* p : run) CHECK(exactly(p, 50));
    Heap::free_run(run, 30);
    for (void* p : run) CHECK(noted_poisoning::is_hidden(p));
}

} // namespace

TEMPLATE_TEST_CASE("a block of a heap can be touched for the bytes asked for, whatever its thread caches", "",
                   with_array_cache, with_tiered_cache, with_budget_cache, without_cache) {
    using heap = ptm::heap<TestType>;
    noted_poisoning::watch({TestType::main_backend::bytes, buffer_bytes}); // the heap has nothing yet
    for (int round = 0; round < 3; ++round) {
        for (std::size_t n : {1u, 24u, 25u, 100u, 5000u}) every_way_to_a_block<heap>(n);
        a_known_size_and_a_run<heap>();
    }
    CHECK(ptm_test::verdict(heap{}) == "sound");
    CHECK(noted_poisoning::workers == 0);
}

// ---- with AddressSanitizer -----------------------------------------------------------------------------------------

namespace {

struct heap_in_asan : ptm::edit<ptm_test::glass, ptm::set_poisoning<ptm::default_poisoning>> {};
using heap = ptm::heap<heap_in_asan>;

// every_crime_is_reported - against blocks of an arena, whatever that lives in.
void every_crime_is_reported(auto& a) {
    for (std::size_t n : {24u, 20000u}) {
        void *p = a.allocate(n), *kept = a.allocate(n);
        auto last = static_cast<std::ptrdiff_t>(n);
        CHECK(in_child([&] { touch(p, 0), touch(p, last - 1); }).nothing_wrong());
        CHECK(reported([&] { touch(p, last); }));
        CHECK(reported([&] { touch(p, -1); }));
        CHECK(reported([&] { a.deallocate(p), touch(p, 0); }));
        CHECK(reported([&] { a.deallocate(p), touch(p, last - 1); }));
        CHECK(reported([&] { p = a.reallocate(p, n / 2), touch(p, last / 2); }));
        a.deallocate(p);
        a.deallocate(kept);
    }
}

} // namespace

TEST_CASE("under AddressSanitizer a block of the thread's cache, an arena or a mapping ends where it was asked to") {
    for (std::size_t n : {1u, 24u, 33u, 1000u, 30'000u, 300'000u}) {
        void* p = heap::malloc(n);
        CHECK(touchable(p, n) == n);
        CHECK(poisoned(ptm::offset(p, n)) == has_asan);
        CHECK(poisoned(ptm::offset(p, -std::size_t{1})) == has_asan);
        p = heap::realloc(p, 2 * n);
        CHECK(touchable(p, 2 * n) == 2 * n);
        CHECK(poisoned(ptm::offset(p, 2 * n)) == has_asan);
        std::size_t usable = heap::usable_size(p);
        CHECK(touchable(p, usable) == usable);
        heap::free(p);
        void* c = heap::calloc(1, n);
        CHECK(poisoned(ptm::offset(c, n)) == has_asan);
        heap::free(c);
    }
    CHECK(ptm_test::verdict(heap{}) == "sound");
}

TEST_CASE("under AddressSanitizer the crimes against a heap are reported") {
    if constexpr (!has_asan) return;
    heap::shared().mmap_threshold = 128 * 1024; // a free may have raised it
    void *cached = heap::malloc(40), *fast = heap::malloc(40), *large = heap::malloc(5000),
         *mapped = heap::malloc(4'000'000);
    heap::malloc(40);
    CHECK(reported([&] { heap::free(cached), touch(cached, 39); }));
    CHECK(reported([&] { heap::consolidate(), heap::free(large), touch(large, 4000); }));
    CHECK(reported([&] { touch(fast, 40); }));
    CHECK(reported([&] { touch(mapped, 4'000'000); }));
    CHECK(reported([&] { touch(mapped, -1); }));
    auto gone = in_child([&] { heap::free(mapped), touch(mapped, 0); });
    CHECK((gone.killed_by(SIGSEGV) || gone.errors.find("AddressSanitizer: SEGV") != std::string::npos));
    for (void* p : {cached, fast, large, mapped}) heap::free(p);
}

TEST_CASE("under AddressSanitizer a block that is handed out again can be touched again") {
    void* p = heap::malloc(40);
    heap::free(p);
    void* again = heap::malloc(33);
    REQUIRE(again == p);
    CHECK(touchable(again, 33) == 33);
    heap::free(again);
}

TEST_CASE("under AddressSanitizer crimes are reported at every depth") {
    if constexpr (!has_asan) return;
    using policy = ptm::default_poisoning;
    ptm::arena<in_regions<policy>> outer{regions_from(std::pmr::new_delete_resource())};
    every_crime_is_reported(outer);
    ptm_test::resource_over from_outer(outer);
    ptm::arena<in_regions<policy>> middle{regions_from(&from_outer)};
    every_crime_is_reported(middle);
    auto* room = static_cast<std::byte*>(middle.allocate(200'000));
    {
        ptm::arena<in_a_buffer<policy>> inner{ptm::buffer_backend({room, 200'000})};
        every_crime_is_reported(inner);
    }
    CHECK(touchable(room, 200'000) == 200'000);
    CHECK(reported([&] { touch(room, 200'000); }));
    void* block = middle.allocate(100);
    CHECK(reported([&] { middle.release(), touch(block, 0); }));
    CHECK(reported([&] { middle.release(), touch(room, 100); }));
}

TEST_CASE("under AddressSanitizer released mappings leave no mark behind") {
    struct mapped_listed
        : ptm::edit<in_a_buffer<ptm::default_poisoning>, ptm::set_mapped_backend<ptm::listed<ptm::mmap_backend>>> {};
    ptm::arena<mapped_listed> a{ptm::buffer_backend(whole)};
    void* p = a.allocate(2'000'001);
    REQUIRE(p);
    CHECK(poisoned(ptm::offset(p, 2'000'001)) == has_asan);
    a.release();
    CHECK_FALSE(poisoned(ptm::offset(p, 2'000'001)));
    CHECK_FALSE(poisoned(ptm::offset(p, -std::size_t{1})));
    CHECK(touchable(memory, buffer_bytes) == buffer_bytes);
}
