#include <ptm/os/reserve.hpp>

#include "support/child.hpp"
#include "support/seed.hpp"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace ptm::literals;

namespace {

// reserved - a backend that gives its address space back at the end of the test.
template <std::size_t Bytes>
struct reserved : ptm::reserve_backend<Bytes> {
    reserved() = default;
    reserved(const reserved&) = delete;
    ~reserved() { this->release(); }
};

// protection_at - "rw-p", "---p", ... as /proc/self/maps has it; "" where nothing is mapped.
std::string protection_at(const std::byte* where) {
    std::ifstream maps("/proc/self/maps");
    const auto address = reinterpret_cast<std::uintptr_t>(where);
    for (std::string line; std::getline(maps, line);) {
        std::size_t begin = 0, end = 0;
        char protection[5] = "";
        if (std::sscanf(line.c_str(), "%zx-%zx %4s", &begin, &end, protection) != 3) continue;
        if (begin <= address && address < end) return protection;
    }
    return "";
}

bool all_zero(ptm::pages run) {
    for (std::size_t i = 0; i < run.bytes; ++i)
        if (run.data[i] != std::byte{0}) return false;
    return true;
}

} // namespace

TEST_CASE("reserve_backend begins at a multiple of its size") {
    reserved<1_MiB> a, b;
    ptm::pages first = a.obtain(64), second = b.obtain(64);
    REQUIRE((first && second));
    CHECK(reinterpret_cast<std::uintptr_t>(first.data) % 1_MiB == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(second.data) % 1_MiB == 0);
    CHECK(first.data != second.data);
}

TEST_CASE("reserve_backend reserves nothing before it is asked") {
    reserved<1_MiB> backend;
    CHECK(backend.frontier() == nullptr);
    CHECK(backend.retreat(1) == 0);
    CHECK(backend.frontier() == nullptr);
}

TEST_CASE("a fresh reserve_backend can retreat by nothing") {
    reserved<1_MiB> backend;
    CHECK(backend.retreat(0) == 0);
    CHECK(backend.frontier() == nullptr);
}

TEST_CASE("reserve_backend commits what it hands out and protects the rest") {
    reserved<1_MiB> backend;
    const std::size_t page = backend.page_bytes();
    ptm::pages run = backend.obtain(2 * page);
    REQUIRE(run);
    CHECK(protection_at(run.data) == "rw-p");
    CHECK(protection_at(run.end() - 1) == "rw-p");
    CHECK(protection_at(run.end()) == "---p");
    CHECK(protection_at(run.data + 1_MiB - 1) == "---p");
}

TEST_CASE("reserve_backend grows by opening the pages behind") {
    reserved<1_MiB> backend;
    const std::size_t page = backend.page_bytes();
    ptm::pages first = backend.obtain(page);
    REQUIRE(first);
    ptm::pages second = backend.obtain(1);
    REQUIRE(second.data == first.end());
    CHECK(protection_at(second.data) == "rw-p");
    CHECK(protection_at(first.data + 2 * page) == "---p");
    ptm::pages third = backend.obtain(page - 1); // fits into the page that is open
    REQUIRE(third.data == second.end());
    CHECK(protection_at(first.data + 2 * page) == "---p");
}

TEST_CASE("reserve_backend hands out its whole stretch and then nothing") {
    reserved<1_MiB> backend;
    ptm::pages run = backend.obtain(1_MiB - 16);
    REQUIRE(run);
    errno = 0;
    CHECK_FALSE(backend.obtain(17));
    CHECK(errno == ENOMEM);
    ptm::pages rest = backend.obtain(16);
    CHECK(rest.end() == run.data + 1_MiB);
    rest.end()[-1] = std::byte{1};
    CHECK_FALSE(backend.obtain(1));
    CHECK_FALSE(backend.obtain(SIZE_MAX));
    CHECK(backend.frontier() == run.data + 1_MiB);
}

TEST_CASE("reserve_backend takes back no more than it gave") {
    reserved<1_MiB> backend;
    ptm::pages run = backend.obtain(100);
    CHECK(backend.retreat(101) == 0);
    CHECK(backend.retreat(SIZE_MAX) == 0);
    CHECK(backend.frontier() == run.end());
}

TEST_CASE("reserve_backend keeps open what was taken back, without contents") {
    reserved<1_MiB> backend;
    ptm::pages run = backend.obtain(64_KiB);
    REQUIRE(run);
    std::memset(run.data, 0xa5, run.bytes);
    REQUIRE(backend.give_back(run));
    CHECK(protection_at(run.data) == "rw-p");
    CHECK(all_zero(run));
}

TEST_CASE("reserve_backend clears the part of a page that was taken back") {
    reserved<1_MiB> backend;
    ptm::pages run = backend.obtain(64_KiB);
    REQUIRE(run);
    std::memset(run.data, 0xa5, run.bytes);
    REQUIRE(backend.retreat(100) == 100);
    CHECK(run.end()[-101] == std::byte{0xa5});
    CHECK(all_zero(backend.obtain(100)));
}

TEST_CASE("reserve_backend is as new after release") {
    reserved<1_MiB> backend;
    ptm::pages run = backend.obtain(64_KiB);
    REQUIRE(run);
    backend.release();
    CHECK(backend.frontier() == nullptr);
    ptm::pages again = backend.obtain(64_KiB);
    REQUIRE(again);
    CHECK(all_zero(again));
    backend.release();
    backend.release(); // nothing to release any more
    CHECK(backend.frontier() == nullptr);
}

TEST_CASE("reserve_backend gives all of its address space back") {
    ptm::reserve_backend<1_MiB> backend;
    ptm::pages run = backend.obtain(64);
    REQUIRE(run);
    // In a child nobody maps anything between the release and the look.
    ptm_test::ending end = ptm_test::in_child([&] {
        backend.release();
        for (std::size_t i = 0; i < 1_MiB; i += backend.page_bytes())
            CHILD_CHECK(!ptm::drop_contents({run.data + i, 1}));
    });
    CHECK(end.errors == "");
    CHECK(end.exited_with(0));
    backend.release();
}

TEST_CASE("reserve_backend has nothing when the stretch cannot be had") {
    reserved<std::size_t{1} << (std::numeric_limits<std::size_t>::digits - 2)> backend;
    errno = 0;
    CHECK_FALSE(backend.obtain(1));
    CHECK(errno == ENOMEM);
    CHECK(backend.frontier() == nullptr);
}

TEST_CASE("reserve_backend stays where it was when a commit is refused") {
    ptm_test::ending end = ptm_test::in_child([] {
        const rlimit none{0, 0};
        ptm::reserve_backend<1_MiB> backend;
        ptm::pages run = backend.obtain(64);
        CHILD_CHECK(setrlimit(RLIMIT_DATA, &none) == 0);
        errno = 0;
        CHILD_CHECK(!backend.obtain(512 * 1024));
        CHILD_CHECK(errno == ENOMEM);
        CHILD_CHECK(backend.frontier() == run.end());
        CHILD_CHECK(backend.obtain(64).data == run.end()); // in the page that is open
    });
    CHECK(end.errors == "");
    CHECK(end.exited_with(0));
}

// ---- where memory that may be written is counted -------------------------------------------------------------------

namespace {

// In the process that calls it, and so in a child only.
void say_that_memory_is_counted(bool counted) {
    ptm::detail::memory_counted = counted ? ptm::detail::once_asked::yes : ptm::detail::once_asked::no;
}

// may_be_written - and writes there, if so.
bool may_be_written(std::byte* where) {
    int ends[2];
    CHILD_CHECK(pipe(ends) == 0);
    CHILD_CHECK(write(ends[1], "x", 1) == 1);
    const bool written = read(ends[0], where, 1) == 1; // EFAULT if it must not be
    close(ends[0]);
    close(ends[1]);
    return written;
}

} // namespace

TEST_CASE("reserve_backend closes what was taken back where memory is counted") {
    ptm_test::ending end = ptm_test::in_child([] {
        say_that_memory_is_counted(true);
        ptm::reserve_backend<1_MiB> backend;
        const std::size_t page = backend.page_bytes();
        ptm::pages run = backend.obtain(8 * page);
        std::memset(run.data, 0xa5, run.bytes);
        CHILD_CHECK(backend.retreat(4 * page + 100) == 4 * page + 100);
        CHILD_CHECK(backend.committed() == 4 * page);
        CHILD_CHECK(!may_be_written(run.data + 4 * page));
        CHILD_CHECK(!may_be_written(run.end() - 1));
        CHILD_CHECK(run.data[4 * page - 101] == std::byte{0xa5});
        ptm::pages again = backend.obtain(2 * page + 100);
        CHILD_CHECK(again.data == run.data + 4 * page - 100);
        CHILD_CHECK(all_zero(again));
        CHILD_CHECK(backend.committed() == 6 * page);
        CHILD_CHECK(backend.retreat(6 * page) == 6 * page);
        CHILD_CHECK(backend.committed() == 0);
        CHILD_CHECK(!may_be_written(run.data));
        backend.release();
    });
    CHECK(end.errors == "");
    CHECK(end.exited_with(0));
}

TEST_CASE("reserve_backend keeps open what was taken back where memory is not counted") {
    ptm_test::ending end = ptm_test::in_child([] {
        say_that_memory_is_counted(false);
        ptm::reserve_backend<1_MiB> backend;
        ptm::pages run = backend.obtain(64_KiB);
        CHILD_CHECK(backend.retreat(64_KiB) == 64_KiB);
        CHILD_CHECK(backend.committed() == 64_KiB);
        CHILD_CHECK(may_be_written(run.data));
        backend.release();
    });
    CHECK(end.errors == "");
    CHECK(end.exited_with(0));
}

// ---- where it lies -------------------------------------------------------------------------------------------------

TEST_CASE("reserve_backend tells where it begins and what is committed") {
    reserved<1_MiB> backend;
    CHECK(backend.base() == nullptr);
    CHECK(backend.committed() == 0);
    ptm::pages run = backend.obtain(100);
    REQUIRE(run);
    CHECK(backend.base() == run.data);
    CHECK(backend.committed() == backend.page_bytes());
    REQUIRE(backend.obtain(64_KiB));
    CHECK(backend.base() == run.data);
    CHECK(backend.committed() == ptm::align_up(64_KiB + 100, backend.page_bytes()));
    backend.release();
    CHECK(backend.base() == nullptr);
    CHECK(backend.committed() == 0);
}

TEST_CASE("reserve_backend takes two words up to 2 GiB, and works beyond") {
    STATIC_REQUIRE(sizeof(ptm::reserve_backend<64_KiB>) <= 16);
    STATIC_REQUIRE(sizeof(ptm::reserve_backend<2_GiB>) <= 16);
    reserved<4_GiB> backend;
    ptm::pages run = backend.obtain(4_GiB - 1); // PROT_NONE until now, and not written: it costs nothing
    if (!run) {
        SUCCEED("the system does not let so much be writable");
        return;
    }
    CHECK(backend.frontier() == backend.base() + (4_GiB - 1));
    CHECK(backend.committed() == 4_GiB);
    CHECK_FALSE(backend.obtain(2));
    CHECK(backend.obtain(1).end() == backend.base() + 4_GiB);
    CHECK(backend.retreat(4_GiB) == 4_GiB);
}

TEST_CASE("reserve_backend can live in the memory that it manages") {
    using backend_type = ptm::reserve_backend<1_MiB>;
    STATIC_REQUIRE(std::is_trivially_copyable_v<backend_type>);
    backend_type outside;
    ptm::pages first = outside.obtain(sizeof(backend_type));
    REQUIRE(first);
    auto* inside = new (first.data) backend_type(outside);
    ptm::pages next = inside->obtain(64_KiB);
    CHECK(next.data == first.end());
    next.end()[-1] = std::byte{1};
    CHECK(inside->retreat(32_KiB) == 32_KiB);
    outside = *inside;
    CHECK(outside.frontier() == next.end() - 32_KiB);
    outside.release();
    CHECK(outside.base() == nullptr);
}

// ---- the next stretch ----------------------------------------------------------------------------------------------

namespace {

// Arranges the mappings of a child so that the next one of twice the size begins at a multiple of `Bytes`, if the
// system fills its address space from above; false if it does not.
template <std::size_t Bytes>
bool next_is_aligned() {
    auto probe = [] {
        void* at = mmap(nullptr, 2 * Bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        CHILD_CHECK(at != MAP_FAILED);
        munmap(at, 2 * Bytes);
        return static_cast<std::byte*>(at);
    };
    std::byte* at = probe();
    const std::size_t over = reinterpret_cast<std::uintptr_t>(at) % Bytes;
    if (over > 0) // in the way of the upper end
        mmap(at + 2 * Bytes - over, over, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return reinterpret_cast<std::uintptr_t>(probe()) % Bytes == 0;
}

// exit status of a child that could not be arranged
constexpr int not_here = 7;

void check_arranged(const ptm_test::ending& end) {
    CHECK(end.errors == "");
    if (end.exited_with(not_here)) WARN("the system maps where it likes: not tested");
    CHECK((end.exited_with(0) || end.exited_with(not_here)));
}

} // namespace

TEST_CASE("reserve_backend goes on right behind a stretch that needed no cut at its front") {
    check_arranged(ptm_test::in_child([] {
        if (!next_is_aligned<1_GiB>()) _exit(not_here);
        ptm::reserve_backend<1_GiB> first, second, third;
        CHILD_CHECK(first.obtain(1).bytes == 1 && second.obtain(1).bytes == 1);
        CHILD_CHECK(second.base() == first.base() + 1_GiB);
        CHILD_CHECK(third.obtain(1).bytes == 1); // and this one lies elsewhere again
        CHILD_CHECK(third.base() != second.base() + 1_GiB);
        CHILD_CHECK(ptm::is_aligned(third.base(), 1_GiB));
    }));
}

TEST_CASE("reserve_backend takes another stretch when the one behind the last is taken") {
    check_arranged(ptm_test::in_child([] {
        if (!next_is_aligned<1_GiB>()) _exit(not_here);
        ptm::reserve_backend<1_GiB> first, second;
        errno = 0;
        CHILD_CHECK(first.obtain(1).bytes == 1);
        std::byte* behind = first.base() + 1_GiB;
        CHILD_CHECK(mmap(behind, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == behind);
        CHILD_CHECK(second.obtain(1).bytes == 1);
        CHILD_CHECK(second.base() != behind);
        CHILD_CHECK(ptm::is_aligned(second.base(), 1_GiB));
        CHILD_CHECK(errno == 0);
    }));
}

TEST_CASE("reserve_backend forgets what lies behind a stretch that is released") {
    check_arranged(ptm_test::in_child([] {
        if (!next_is_aligned<1_GiB>()) _exit(not_here);
        ptm::reserve_backend<1_GiB> first, second;
        CHILD_CHECK(first.obtain(1).bytes == 1);
        std::byte* base = first.base();
        first.release();
        CHILD_CHECK(second.obtain(1).bytes == 1);
        CHILD_CHECK(second.base() != base + 1_GiB);
        CHILD_CHECK(ptm::is_aligned(second.base(), 1_GiB));
    }));
}

// Room for one and a half stretches, which are aligned for certain, and none for two.
TEST_CASE("reserve_backend does with one stretch where two cannot be had") {
    ptm_test::ending end = ptm_test::in_child([] {
        rlimit now{};
        CHILD_CHECK(getrlimit(RLIMIT_AS, &now) == 0);
        const std::size_t used = [] {
            std::ifstream statm("/proc/self/statm");
            std::size_t pages = 0;
            statm >> pages;
            return pages * ptm::system_page_bytes();
        }();
        now.rlim_cur = used + 3_GiB / 2;
        CHILD_CHECK(setrlimit(RLIMIT_AS, &now) == 0);
        ptm::reserve_backend<1_GiB> backend;
        errno = 0;
        if (backend.obtain(1)) {
            CHILD_CHECK(ptm::is_aligned(backend.base(), 1_GiB));
            CHILD_CHECK(errno == 0);
        } else {
            CHILD_CHECK(errno == ENOMEM); // and what was not aligned went back
            CHILD_CHECK(mmap(nullptr, 1_GiB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
                        != MAP_FAILED);
        }
    });
    CHECK(end.errors == "");
    CHECK(end.exited_with(0));
}

TEST_CASE("reserve_backends of many threads lie apart") {
    constexpr std::size_t threads = 4, each = 50;
    std::byte* bases[threads][each] = {};
    ptm::reserve_backend<64_KiB> backends[threads][each];
    auto work = [&](std::size_t t) {
        for (std::size_t i = 0; i < each; ++i)
            if (backends[t][i].obtain(100)) bases[t][i] = backends[t][i].base();
    };
    std::vector<std::thread> running;
    for (std::size_t t = 0; t < threads; ++t) running.emplace_back(work, t);
    for (std::thread& t : running) t.join();
    std::set<std::byte*> different;
    for (auto& of_thread : bases) different.insert(std::begin(of_thread), std::end(of_thread));
    CHECK(different.size() == threads * each);
    CHECK_FALSE(different.contains(nullptr));
    for (std::byte* base : different) CHECK(ptm::is_aligned(base, 64_KiB));
    for (auto& of_thread : backends)
        for (auto& backend : of_thread) backend.release();
}

TEST_CASE("reserve_backend always gives zeroes, at the frontier") {
    PTM_TEST_SEED(random);
    reserved<1_MiB> backend;
    std::size_t held = 0;
    for (std::size_t i = 0; i < ptm_test::steps(1000); ++i) {
        if (random() % 2 == 0) {
            const std::size_t bytes = random() % (held + 1);
            REQUIRE(backend.retreat(bytes) == bytes);
            held -= bytes;
        } else if (ptm::pages run = backend.obtain(random() % 20'000)) {
            REQUIRE(all_zero(run));
            REQUIRE(run.end() == backend.frontier());
            std::memset(run.data, 0xa5, run.bytes);
            held += run.bytes;
        }
    }
}
