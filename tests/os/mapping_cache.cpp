#include <ptm/os/mapping_cache.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"

#include <ptm/os/decorated.hpp>
#include <ptm/os/huge_page_backend.hpp>
#include <ptm/os/listed.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <thread>
#include <type_traits>
#include <vector>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace ptm::literals;
using ptm::can;
using ptm::counted;
using ptm::failing;
using ptm::keeping;
using ptm::mapping_cache;
using ptm::mmap_backend;
using ptm::pages;

static_assert(mapping_cache<>::able
              == (can::remap | can::discard | can::advise | can::huge | can::split | can::join | can::clears
                  | can::keep));
static_assert(mapping_cache<ptm::listed<mmap_backend>>::able
              == (can::remap | can::discard | can::advise | can::clears | can::keep));
static_assert(mapping_cache<ptm::huge_page_backend<>>::page_bytes() == 2_MiB);
static_assert(std::is_trivially_destructible_v<mapping_cache<>>);
static_assert(ptm::knows_page_bytes<mapping_cache<ptm::huge_page_backend<>>>);

namespace {

constinit mapping_cache<> before_constructors;

// A clock that stands still.
struct test_clock {
    static inline std::atomic<std::uint64_t> time = 1'000'000;
    static std::uint64_t now() noexcept { return time; }
};

// Keeps up to 16 MiB whatever is in use.
constexpr keeping generous{.most = 16_MiB, .slack = 16_MiB, .most_cleared = 2_MiB};

// Runs of their own, wherever the system puts them: neighbours do not become one, and none moves to others.
struct apart : mmap_backend {
    static constexpr can able = can::remap | can::discard | can::zeroed | can::advise | can::huge | can::split;
};
using books = counted<failing<apart>>;
using watched = mapping_cache<books, generous, test_clock>;

pages filled(pages run, int byte = 0xa5) {
    std::memset(run.data, byte, run.bytes);
    return run;
}

bool reads_as(pages run, int byte) {
    for (std::size_t i = 0; i < run.bytes; ++i)
        if (run.data[i] != static_cast<std::byte>(byte)) return false;
    return true;
}

bool is_mapped(std::byte* page) {
    unsigned char there = 0;
    return mincore(page, 4096, &there) == 0;
}

// Pages of a run that take memory.
long resident(pages run) {
    std::vector<unsigned char> there(run.bytes / 4096);
    REQUIRE(mincore(run.data, run.bytes, there.data()) == 0);
    return std::count_if(there.begin(), there.end(), [](unsigned char page) { return (page & 1) != 0; });
}

long faults() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return used.ru_minflt;
}

template <class C>
void keep_runs(C& cache, std::initializer_list<std::size_t> sizes) {
    std::vector<pages> runs;
    for (std::size_t bytes : sizes) runs.push_back(filled(cache.obtain(bytes)));
    for (pages run : runs) REQUIRE(cache.give_back(run));
}

} // namespace

// ---- reuse ---------------------------------------------------------------------------------------------------------

TEST_CASE("mapping_cache hands out again what came back, with its pages") {
    watched cache;
    pages run = filled(cache.obtain(1_MiB));
    CHECK((cache.in_use() == 1_MiB && cache.kept() == 0));
    CHECK(cache.give_back(run));
    CHECK((cache.in_use() == 0 && cache.kept() == 1_MiB));
    CHECK(cache.inner().bytes_held == 1_MiB);
    long before = faults();
    CHECK(filled(cache.obtain(1_MiB)) == run);
    CHECK(faults() - before < 16); // of 256 pages
    CHECK(cache.kept() == 0);
    CHECK(cache.inner().asked == 1);
    CHECK(cache.give_back(run));
    CHECK(cache.drop_kept() == 1_MiB);
    CHECK(cache.inner().bytes_held == 0);
}

TEST_CASE("mapping_cache works before constructors") {
    pages run = before_constructors.obtain(1_MiB);
    CHECK(before_constructors.give_back(run));
    CHECK(before_constructors.kept() == 1_MiB);
    CHECK(before_constructors.drop_kept() == 1_MiB);
}

TEST_CASE("a larger run is cut, down to what is worth a slot") {
    watched cache;
    keep_runs(cache, {1_MiB});
    pages run = cache.obtain(1_MiB - 12_KiB);
    CHECK(run.bytes == 1_MiB);
    CHECK(cache.give_back(run));
    run = cache.obtain(1_MiB - 16_KiB);
    CHECK(run.bytes == 1_MiB - 16_KiB);
    CHECK(cache.kept() == 16_KiB); // what was cut off
    CHECK(cache.inner().asked == 1);
    CHECK(cache.give_back(run));
    cache.drop_kept();
    CHECK(cache.inner().bytes_held == 0);
}

TEST_CASE("what is cut off and too small to be kept goes back") {
    watched cache;
    keep_runs(cache, {64_KiB});
    pages run = cache.obtain(52_KiB);
    CHECK(run.bytes == 52_KiB);
    CHECK(cache.kept() == 0);
    CHECK(cache.inner().bytes_held == 52_KiB);
    CHECK_FALSE(is_mapped(run.end()));
    CHECK(cache.give_back(run));
    cache.drop_kept();
}

TEST_CASE("the closest run is taken, whatever its age") {
    watched cache;
    keep_runs(cache, {2_MiB, 1_MiB, 4_MiB});
    CHECK(cache.obtain(1_MiB).bytes == 1_MiB);
    CHECK(cache.obtain(4_MiB).bytes == 4_MiB);
    CHECK(cache.obtain(2_MiB).bytes == 2_MiB);
    CHECK(cache.inner().asked == 3);
}

TEST_CASE("a larger run is cut before a smaller one is grown, which keeps its pages") {
    watched cache;
    keep_runs(cache, {3_MiB, 8_MiB});
    pages cut = cache.obtain(4_MiB);
    CHECK(resident(cut) == 1024);
    CHECK(cache.kept() == 7_MiB);
    pages grown = cache.obtain(5_MiB);
    CHECK(resident(grown) == 1024);
    CHECK(cache.kept() == 3_MiB);
    CHECK(cache.inner().bytes_held == 12_MiB);
    CHECK((cache.give_back(cut) && cache.give_back(grown)));
    cache.drop_kept();
    CHECK(cache.inner().bytes_held == 0);
}

TEST_CASE("a small part of what is asked for is grown if there is nothing to cut, a tiny one is not") {
    watched cache;
    keep_runs(cache, {1_MiB, 64_KiB});
    pages run = cache.obtain(4_MiB);
    CHECK(cache.kept() == 64_KiB);
    pages other = cache.obtain(4_MiB);
    CHECK(cache.kept() == 64_KiB);
    CHECK(cache.inner().bytes_held == 8_MiB + 64_KiB);
    CHECK(cache.give_back(run));
    CHECK(cache.give_back(other));
    cache.drop_kept();
}

TEST_CASE(
    "runs of a backend that cannot split are handed out whole, if they are at most an eighth larger, or not at all") {
    mapping_cache<ptm::listed<counted<mmap_backend>>, generous> cache;
    pages run = cache.obtain(1_MiB);
    CHECK(cache.give_back(run));
    pages small = cache.obtain(892_KiB);
    CHECK(cache.kept() == 1_MiB);
    CHECK(cache.give_back(small));
    CHECK(cache.obtain(896_KiB) == run); // 7/8
    cache.drop_kept();
    CHECK(cache.inner().bytes_held() == 1_MiB + 4096); // the run, and the page of its node
}

TEST_CASE("huge pages are kept, cut and grown as whole ones") {
    mapping_cache<ptm::huge_page_backend<>, generous> cache;
    pages run = cache.obtain(8_MiB);
    CHECK(cache.give_back(run));
    pages front = cache.obtain(1); // at least a page
    CHECK(front == pages{run.data, 2_MiB});
    CHECK(cache.kept() == 6_MiB);
    pages rest = cache.obtain(6_MiB);
    CHECK(rest == pages{run.data + 2_MiB, 6_MiB});
    CHECK(cache.give_back(rest));
    pages grown = cache.obtain(8_MiB);
    CHECK((grown.bytes == 8_MiB && ptm::is_aligned(ptm::address_of(grown.data), 2_MiB)));
    CHECK(cache.give_back(front));
    CHECK(cache.give_back(grown));
    CHECK(cache.drop_kept() == 10_MiB);
}

TEST_CASE("what was never handed out is not kept") {
    watched cache;
    cache.inner().stubborn = true; // as one that knows what it has
    alignas(4096) static std::byte foreign[64_KiB];
    CHECK_FALSE(cache.give_back({foreign, sizeof foreign}));
    CHECK(cache.kept() == 0);
}

// ---- what is kept --------------------------------------------------------------------------------------------------

TEST_CASE("the oldest goes first, when there are more than there are slots for") {
    mapping_cache<books, keeping{.most = 16_MiB, .slack = 16_MiB, .slots = 3}, test_clock> cache;
    std::vector<pages> runs;
    for (std::size_t i = 0; i < 5; ++i) runs.push_back(filled(cache.obtain(64_KiB + i * 4096)));
    for (pages run : runs) CHECK(cache.give_back(run));
    CHECK(cache.kept() == runs[2].bytes + runs[3].bytes + runs[4].bytes);
    CHECK(cache.inner().bytes_held == cache.kept());
    for (std::size_t i = 4; i >= 2; --i) CHECK(cache.obtain(runs[i].bytes) == runs[i]);
}

TEST_CASE("the oldest goes first, when there is more than the budget") {
    mapping_cache<books, keeping{.most = 3_MiB, .slack = 16_MiB}, test_clock> cache;
    pages a = cache.obtain(1_MiB), b = cache.obtain(1_MiB), c = cache.obtain(1_MiB), d = cache.obtain(2_MiB);
    for (pages run : {b, a, c}) CHECK(cache.give_back(run));
    CHECK(cache.kept() == 3_MiB);
    CHECK(cache.give_back(d));
    CHECK(cache.kept() == 3_MiB);
    CHECK(cache.obtain(2_MiB) == d);
    CHECK(cache.obtain(1_MiB) == c);
    CHECK(cache.inner().bytes_held == 3_MiB);
    pages large = cache.obtain(4_MiB);
    CHECK(cache.give_back(large)); // more than the most: straight to the system
    CHECK(cache.kept() == 0);
}

TEST_CASE("a run too small for a slot is not kept") {
    watched cache;
    pages run = cache.obtain(12_KiB);
    CHECK(cache.give_back(run));
    CHECK(cache.kept() == 0);
    CHECK(cache.inner().bytes_held == 0);
}

TEST_CASE("kept and used together are at most the most that was used, and a little") {
    constexpr keeping tight{.share = 16, .slack = 1_MiB};
    mapping_cache<books, tight, test_clock> cache;
    std::vector<pages> runs;
    for (int i = 0; i < 16; ++i) runs.push_back(cache.obtain(1_MiB));
    for (pages run : runs) CHECK(cache.give_back(run));
    CHECK(cache.kept() == 16_MiB); // no more than was in use
    std::uint64_t state = 1;
    runs.clear();
    for (int i = 0; i < 2000; ++i) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        std::size_t bytes = 64_KiB + (state >> 33) % 512 * 4096;
        if (runs.size() == 12 || (runs.size() > 4 && bytes % 8192 == 0)) {
            std::size_t which = (state >> 40) % runs.size();
            CHECK(cache.give_back(runs[which]));
            runs.erase(runs.begin() + static_cast<std::ptrdiff_t>(which));
        } else {
            runs.push_back(cache.obtain(bytes));
        }
        REQUIRE(cache.inner().bytes_held == cache.in_use() + cache.kept());
        REQUIRE(cache.inner().bytes_held <= 24_MiB + 24_MiB / 16 + 1_MiB);
    }
    for (pages run : runs) CHECK(cache.give_back(run));
    cache.drop_kept();
    CHECK((cache.inner().bytes_held == 0 && cache.in_use() == 0));
}

TEST_CASE("what was never needed is not kept beyond the slack") {
    mapping_cache<books, keeping{.slack = 1_MiB}, test_clock> cache;
    pages a = cache.obtain(1_MiB);
    for (std::size_t bytes : {2_MiB, 3_MiB, 4_MiB, 5_MiB}) {
        pages run = cache.obtain(bytes);
        CHECK(cache.give_back(run));
        CHECK(cache.inner().bytes_held <= bytes + 1_MiB + (bytes + 1_MiB) / 16 + 1_MiB);
    }
    CHECK(cache.give_back(a));
}

TEST_CASE("whoever calls next gives back what is old, the oldest first") {
    watched cache;
    pages a = cache.obtain(1_MiB), b = cache.obtain(2_MiB), c = cache.obtain(64_KiB), d = cache.obtain(128_KiB);
    CHECK(cache.give_back(a));
    test_clock::time += 600;
    CHECK(cache.give_back(b));
    test_clock::time += 400;
    CHECK(cache.give_back(c));
    CHECK(cache.kept() == 3_MiB + 64_KiB); // a second is not yet old
    test_clock::time += 1;
    CHECK(cache.give_back(d));
    CHECK(cache.kept() == 2_MiB + 192_KiB);
    CHECK_FALSE(is_mapped(a.data));
    test_clock::time += 599;
    CHECK(cache.obtain(64_KiB) == c);
    CHECK(cache.kept() == 2_MiB + 128_KiB);
    test_clock::time += 1;
    c = cache.remap(c, 80_KiB); // little: nothing is copied
    CHECK(cache.kept() == 128_KiB);
    test_clock::time += 1001;
    pages large = cache.obtain_cleared(4_MiB);
    CHECK(cache.kept() == 0);
    CHECK(cache.inner().bytes_held == 4_MiB + 80_KiB);
    CHECK(cache.give_back(large));
    CHECK(cache.give_back(c));
    cache.drop_kept();
}

TEST_CASE("many that are old go a few at a time, and all before more is asked for") {
    mapping_cache<books, keeping{.most = 64_MiB, .slack = 64_MiB}, test_clock> cache;
    std::vector<pages> runs;
    for (int i = 0; i < 40; ++i) runs.push_back(cache.obtain(128_KiB));
    for (pages run : runs) CHECK(cache.give_back(run));
    CHECK(cache.kept() == 40 * 128_KiB);
    test_clock::time += 2000;
    cache.inner().grant(1); // none for a kept run to grow
    pages large = cache.obtain(32_MiB);
    CHECK(large.bytes == 32_MiB);
    CHECK(cache.kept() == 0);
    CHECK(cache.give_back(large));
    cache.drop_kept();
}

TEST_CASE("the coarse clock tells milliseconds, and does not go back") {
    std::uint64_t first = ptm::coarse_clock::now();
    usleep(30'000);
    std::uint64_t later = ptm::coarse_clock::now();
    CHECK(later >= first + 10);
    CHECK(later < first + 60'000);
}

TEST_CASE("no more of the oldest goes than is too much") {
    mapping_cache<books, keeping{.most = 4_MiB, .slack = 16_MiB}, test_clock> cache;
    pages a = filled(cache.obtain(4_MiB)), b = cache.obtain(1_MiB), c = cache.obtain(64_KiB);
    CHECK(cache.give_back(a));
    CHECK(cache.give_back(b));
    CHECK(cache.kept() == 4_MiB);
    CHECK(cache.inner().bytes_held == 4_MiB + 64_KiB);
    CHECK(cache.obtain(3_MiB) == pages{a.data + 1_MiB, 3_MiB});
    CHECK(cache.obtain(1_MiB) == b);
    CHECK(cache.give_back(c));
    CHECK(cache.drop_beyond(40_KiB) == 24_KiB);
    CHECK(cache.drop_beyond(20_KiB) == 20_KiB);
    CHECK(cache.drop_beyond(10_KiB) == 20_KiB); // the rest was not worth a slot
}

// ---- neighbours -----------------------------------------------------------------------------------------------------

namespace {
using open_books = counted<failing<mmap_backend>>;
using joining = mapping_cache<open_books, generous, test_clock>;

// Gives back a run in quarters.
template <class C>
void quarter(C& cache, pages run, std::initializer_list<std::size_t> order) {
    const std::size_t part = run.bytes / 4;
    for (std::size_t i : order) REQUIRE(cache.give_back({run.data + i * part, part}));
}
}

TEST_CASE("neighbours become one run again, in whatever order they come back") {
    for (auto order : {std::initializer_list<std::size_t>{0, 1, 2, 3}, {3, 2, 1, 0}, {0, 2, 1, 3}, {3, 0, 2, 1}}) {
        joining cache;
        pages run = filled(cache.obtain(4_MiB));
        quarter(cache, run, order);
        CHECK(cache.kept() == 4_MiB);
        CHECK(cache.obtain(4_MiB) == run);
        CHECK(cache.inner().asked == 1);
        CHECK(cache.give_back(run));
        cache.drop_kept();
        CHECK(cache.inner().bytes_held == 0);
    }
}

TEST_CASE("neighbours are as old as the older, and what is cut off makes the rest no younger") {
    joining cache;
    pages run = cache.obtain(4_MiB);
    quarter(cache, run, {0});
    test_clock::time += 600;
    quarter(cache, run, {1});
    pages other = cache.obtain(1_MiB);
    CHECK(other.data == run.data);
    test_clock::time += 401;
    CHECK(cache.drop_beyond(SIZE_MAX) == 1_MiB);
    CHECK_FALSE(is_mapped(run.data + 1_MiB));
    CHECK(is_mapped(run.data + 2_MiB));
    CHECK(cache.give_back(other));
    quarter(cache, run, {2, 3});
    test_clock::time += 1000;
    CHECK(cache.drop_beyond(SIZE_MAX) == 0);
    test_clock::time += 1;
    CHECK(cache.drop_beyond(SIZE_MAX) == 3_MiB);
}

TEST_CASE("a backend that does not take neighbours for one run gets each as it was") {
    watched cache;
    pages run = cache.obtain(4_MiB);
    quarter(cache, run, {0, 1, 2, 3});
    CHECK(cache.obtain(1_MiB).bytes == 1_MiB);
    CHECK(cache.obtain(2_MiB).bytes == 2_MiB);
    CHECK(cache.inner().asked == 2); // one had to grow
}

// ---- moved together -------------------------------------------------------------------------------------------------

namespace {

// Two runs that are no neighbours, as what is between them is in use.
template <class C>
pages keep_two(C& cache, std::size_t bytes) {
    pages all = filled(cache.obtain(2 * bytes + 64_KiB));
    REQUIRE((cache.give_back({all.data, bytes}) && cache.give_back({all.end() - bytes, bytes})));
    return {all.data + bytes, 64_KiB};
}

// What does not move pages, or does half of it.
struct immobile : mmap_backend {
    int error = 0, refused = 0;
    bool move_to(pages run, std::byte* to) noexcept {
        if (error == 0) return mmap_backend::move_to(run, to);
        ++refused;
        mmap_backend::give_back({to, run.bytes});
        errno = error;
        return false;
    }
};

} // namespace

TEST_CASE("runs that are too small alone are moved together, with their pages") {
    joining cache;
    pages between = keep_two(cache, 4_MiB);
    pages run = cache.obtain(7_MiB);
    CHECK(resident(run) == 1792);
    CHECK(reads_as(run, 0xa5));
    CHECK(run.bytes == 7_MiB);
    CHECK((cache.kept() == 1_MiB && cache.in_use() == 7_MiB + 64_KiB));
    CHECK(cache.inner().bytes_held == 8_MiB + 64_KiB);
    CHECK(cache.give_back(run));
    CHECK(cache.give_back(between));
    cache.drop_kept();
    CHECK(cache.inner().bytes_held == 0);
}

TEST_CASE("what they do not have is fresh") {
    joining cache;
    keep_two(cache, 4_MiB);
    errno = EDOM;
    pages run = cache.obtain(10_MiB);
    CHECK(errno == EDOM);
    CHECK(cache.kept() == 0);
    CHECK(resident(run) == 2048);
    CHECK(reads_as({run.data, 8_MiB}, 0xa5));
    CHECK(reads_as({run.data + 8_MiB, 2_MiB}, 0));
    CHECK(cache.inner().bytes_held == 10_MiB + 64_KiB);
}

TEST_CASE("what was moved together reads as zero where that is asked for") {
    mapping_cache<open_books, keeping{.most = 16_MiB, .slack = 16_MiB}, test_clock> cache;
    keep_two(cache, 3_MiB);
    pages run = cache.obtain_cleared(8_MiB);
    CHECK(reads_as(run, 0));
    CHECK(cache.kept() == 0);
}

TEST_CASE("small runs are not moved together, nor is one alone") {
    joining cache;
    keep_two(cache, 1_MiB);
    CHECK(cache.obtain(2_MiB).bytes == 2_MiB); // one of them, grown
    CHECK(cache.kept() == 1_MiB);
    joining other;
    keep_runs(other, {3_MiB});
    pages run = other.obtain(5_MiB);
    CHECK(resident(run) == 768);
    CHECK(other.kept() == 0);
}

TEST_CASE("a system that does not move pages is asked once, and nothing is lost") {
    mapping_cache<counted<immobile>, generous, test_clock> cache;
    keep_two(cache, 4_MiB);
    cache.inner().error = EFAULT;
    pages run = filled(cache.obtain(7_MiB));
    CHECK(run.bytes == 7_MiB);
    CHECK(cache.inner().bytes_held == cache.in_use() + cache.kept());
    keep_two(cache, 4_MiB);
    pages other = filled(cache.obtain(14_MiB));
    CHECK(cache.inner().refused == 1);
    CHECK((cache.give_back(run) && cache.give_back(other)));
    cache.drop_kept();
    CHECK(cache.inner().bytes_held == cache.in_use());
}

TEST_CASE("pages that a system may have moved half way are not used again") {
    mapping_cache<immobile, generous, test_clock> cache;
    keep_two(cache, 4_MiB);
    cache.inner().error = ENOMEM;
    pages run = filled(cache.obtain(7_MiB));
    CHECK(run.bytes == 7_MiB);
    CHECK(cache.inner().refused == 1);
    CHECK(cache.kept() < 4_MiB); // what was moved is none of them
    CHECK(cache.give_back(run));
    cache.drop_kept();
}

TEST_CASE("a block of moved pages grows, with its contents") {
    for (std::size_t more : {std::size_t{4096}, 8_MiB}) {
        joining cache;
        keep_two(cache, 4_MiB);
        pages run = filled(cache.obtain(7_MiB), 0x5a);
        pages grown = cache.remap(run, 7_MiB + more);
        REQUIRE(grown.bytes == 7_MiB + more);
        CHECK(reads_as({grown.data, 7_MiB}, 0x5a));
        CHECK(cache.in_use() == grown.bytes + 64_KiB);
        CHECK(cache.inner().bytes_held == cache.in_use() + cache.kept());
        pages again = cache.remap(grown, grown.bytes + 4096);
        CHECK(reads_as({again.data, 7_MiB}, 0x5a));
        CHECK(cache.give_back(again));
        cache.drop_kept();
        CHECK(cache.inner().bytes_held == 64_KiB);
    }
}

namespace {
// Remaps nothing, as if all runs were joined.
struct rigid : mmap_backend {
    int error = EFAULT;
    pages remap(pages, std::size_t) noexcept {
        errno = error;
        return {};
    }
};
}

TEST_CASE("a run that the system does not remap is copied if it was joined, and otherwise as it was") {
    mapping_cache<counted<failing<rigid>>, generous, test_clock> cache;
    pages run = filled(cache.obtain(1_MiB), 0x5a);
    run = cache.remap(run, 1_MiB + 4096);
    REQUIRE(run.bytes == 1_MiB + 4096);
    CHECK(reads_as({run.data, 1_MiB}, 0x5a));
    CHECK((cache.in_use() == 1_MiB + 4096 && cache.kept() == 1_MiB));
    cache.inner().grant(1);
    errno = 0;
    CHECK_FALSE(cache.remap(run, 2_MiB));
    CHECK(errno == ENOMEM);
    CHECK(reads_as({run.data, 1_MiB}, 0x5a));
    cache.inner().grant(cache.inner().unlimited);
    cache.inner().error = EINVAL;
    CHECK_FALSE(cache.remap(run, 1_MiB + 8192));
    CHECK(reads_as({run.data, 1_MiB}, 0x5a));
    CHECK(cache.in_use() == 1_MiB + 4096);
}

// ---- contents ------------------------------------------------------------------------------------------------------

TEST_CASE("obtain_cleared reads as zero, reused, cut, grown or fresh") {
    watched cache;
    for (std::size_t bytes : {1_MiB, 896_KiB, 256_KiB, 1280_KiB, 2_MiB, 2_MiB + 4096, 8_MiB, 12_MiB}) {
        keep_runs(cache, {1_MiB, 12_MiB});
        pages run = cache.obtain_cleared(bytes);
        REQUIRE(run.bytes >= bytes);
        CHECK(reads_as(run, 0));
        CHECK(cache.give_back(filled(run)));
    }
    cache.drop_kept();
    CHECK(cache.inner().bytes_held == 0);
}

TEST_CASE("a large run that is to read as zero is fresh, and not touched") {
    watched cache;
    keep_runs(cache, {4_MiB});
    long before = faults();
    pages run = cache.obtain_cleared(4_MiB);
    CHECK(faults() - before < 16);
    CHECK(cache.kept() == 4_MiB);
    CHECK(cache.give_back(run));
    cache.drop_kept();
}

namespace {
struct dirty : mmap_backend {
    static constexpr can able = can::nothing;
    pages obtain(std::size_t bytes) noexcept { return filled(mmap_backend::obtain(bytes), 0xee); }
};
}

TEST_CASE("what does not read as zero in a backend does so all the same, cleared") {
    mapping_cache<dirty, generous> cache;
    pages fresh = cache.obtain_cleared(1_MiB);
    CHECK(reads_as(fresh, 0));
    CHECK(cache.give_back(filled(fresh)));
    pages again = cache.obtain_cleared(1_MiB);
    CHECK(again == fresh);
    CHECK(reads_as(again, 0));
    CHECK(reads_as(cache.obtain_cleared(8_MiB), 0));
}

TEST_CASE("a shrinking run leaves its tail to the cache, which hands it out") {
    watched cache;
    pages run = filled(cache.obtain(4_MiB));
    pages less = cache.remap(run, 1_MiB);
    CHECK(less == pages{run.data, 1_MiB});
    CHECK(reads_as(less, 0xa5));
    CHECK((cache.kept() == 3_MiB && cache.in_use() == 1_MiB));
    CHECK(cache.obtain(3_MiB) == pages{run.data + 1_MiB, 3_MiB});
    CHECK(cache.remap(less, 1_MiB - 4096) == pages{run.data, 1_MiB - 4096}); // too small to be kept
    CHECK(cache.kept() == 0);
    CHECK(cache.inner().bytes_held == 4_MiB - 4096);
    CHECK(cache.remap(less, 1_MiB - 4096).bytes == 1_MiB - 4096);
}

TEST_CASE("a growing run moves, and what is kept makes room for it") {
    mapping_cache<books, keeping{.slack = 1_MiB}, test_clock> cache;
    pages a = filled(cache.obtain(2_MiB)), b = cache.obtain(2_MiB);
    CHECK(cache.give_back(b));
    CHECK(cache.kept() == 2_MiB);
    a = cache.remap(a, 4_MiB);
    CHECK(reads_as({a.data, 2_MiB}, 0xa5));
    CHECK(cache.kept() == 1_MiB + 256_KiB); // a part: 4 MiB is all that ever was in use, a sixteenth, and the slack
    CHECK(cache.in_use() == 4_MiB);
    CHECK(cache.give_back(a));
    cache.drop_kept();
    CHECK(cache.inner().bytes_held == 0);
}

// ---- refusals ------------------------------------------------------------------------------------------------------

TEST_CASE("a growing run is copied to a kept one, and kept instead") {
    watched cache;
    pages run = filled(cache.obtain(1_MiB), 0x5a), large = filled(cache.obtain(4_MiB));
    CHECK(cache.give_back(large));
    long before = faults();
    pages grown = cache.remap(run, 2_MiB);
    CHECK(grown == pages{large.data, 2_MiB});
    CHECK(reads_as({grown.data, 1_MiB}, 0x5a));
    CHECK(reads_as({grown.data + 1_MiB, 1_MiB}, 0xa5)); // its pages are there
    CHECK(faults() - before < 16);
    CHECK((cache.in_use() == 2_MiB && cache.kept() == 3_MiB));
    CHECK(cache.obtain(1_MiB) == run);
    CHECK(cache.inner().asked == 2);
}

TEST_CASE("a run that grows by little moves with its pages, and so does one that is too large to be copied") {
    watched cache;
    pages run = filled(cache.obtain(3_MiB), 0x5a), large = filled(cache.obtain(8_MiB));
    CHECK(cache.give_back(large));
    run = cache.remap(run, 4_MiB - 4096);
    CHECK((run.bytes == 4_MiB - 4096 && cache.kept() == 8_MiB));
    CHECK(reads_as({run.data, 3_MiB}, 0x5a));

    mapping_cache<books, keeping{.most = 16_MiB, .slack = 16_MiB, .most_copied = 1_MiB}, test_clock> careful;
    pages just = filled(careful.obtain(1_MiB), 0x5a), more = filled(careful.obtain(1_MiB + 4096), 0x5a);
    keep_runs(careful, {8_MiB});
    more = careful.remap(more, 4_MiB);
    CHECK(careful.kept() == 8_MiB);
    CHECK(reads_as({more.data, 1_MiB + 4096}, 0x5a));
    just = careful.remap(just, 4_MiB);
    CHECK(careful.kept() == 5_MiB);
    CHECK(reads_as({just.data, 1_MiB}, 0x5a));
}

TEST_CASE("a growing run is copied to a whole kept one, where none can be cut") {
    mapping_cache<ptm::listed<mmap_backend>, generous, test_clock> cache;
    pages run = filled(cache.obtain(1_MiB), 0x5a);
    keep_runs(cache, {2_MiB, 8_MiB});
    std::size_t kept = cache.kept();
    pages grown = cache.remap(run, 4_MiB); // neither does
    CHECK(cache.kept() == kept);
    CHECK(cache.give_back(grown));

    run = filled(cache.obtain(3_MiB), 0x5a);
    kept = cache.kept();
    grown = cache.remap(run, 8_MiB - 4096);
    CHECK(grown.bytes >= 8_MiB - 4096);
    CHECK(reads_as({grown.data, 3_MiB}, 0x5a));
    CHECK(cache.kept() == kept - grown.bytes + run.bytes);
    cache.drop_kept();
}

namespace {
// Has no more than so many bytes at a time.
struct scarce : counted<mmap_backend> {
    std::size_t most = 4_MiB;
    pages obtain(std::size_t bytes) noexcept {
        return bytes_held + bytes <= most ? counted::obtain(bytes) : ptm::no_pages();
    }
    pages remap(pages run, std::size_t bytes) noexcept {
        return bytes_held - run.bytes + bytes <= most ? counted::remap(run, bytes) : ptm::no_pages();
    }
};
}

TEST_CASE("before a request fails, all that is kept goes back") {
    mapping_cache<scarce, generous> cache;
    keep_runs(cache, {1_MiB, 256_KiB});
    errno = EDOM;
    pages run = cache.obtain(3_MiB + 772_KiB);
    REQUIRE(run);
    CHECK(errno == EDOM);
    CHECK(cache.kept() == 0);
    pages small = cache.obtain(64_KiB);
    CHECK(cache.give_back(small));
    errno = EDOM;
    run = cache.remap(run, 4_MiB);
    REQUIRE(run);
    CHECK(errno == EDOM);
    CHECK(cache.kept() == 0);
    errno = 0;
    CHECK_FALSE(cache.obtain(4096));
    CHECK(errno == ENOMEM);
    errno = 0;
    CHECK_FALSE(cache.remap(run, 5_MiB));
    CHECK(errno == ENOMEM);
    CHECK(cache.give_back(run));
    CHECK(cache.drop_kept() == 4_MiB);
    CHECK(cache.inner().bytes_held == 0);
}

TEST_CASE("a cleared run is tried again, too, and a request beyond all addresses fails") {
    mapping_cache<scarce, generous> cache;
    keep_runs(cache, {2_MiB});
    pages run = cache.obtain_cleared(4_MiB);
    CHECK(reads_as(run, 0));
    errno = 0;
    CHECK_FALSE(cache.obtain(SIZE_MAX));
    CHECK(errno == ENOMEM);
    CHECK_FALSE(cache.obtain_cleared(SIZE_MAX));
    CHECK_FALSE(cache.remap(run, SIZE_MAX));
    CHECK(cache.in_use() == 4_MiB);
    CHECK(cache.give_back(run));
    cache.drop_kept();
}

TEST_CASE("what is old or too much goes back when that is asked for, and only that") {
    watched cache;
    pages last = cache.obtain(4_MiB);
    keep_runs(cache, {1_MiB, 2_MiB});
    CHECK(cache.drop_beyond(SIZE_MAX) == 0);
    test_clock::time += 600;
    REQUIRE(cache.give_back(last));
    test_clock::time += 600;
    errno = EDOM;
    CHECK(cache.drop_beyond(SIZE_MAX) == 3_MiB);
    CHECK(errno == EDOM);
    CHECK(cache.kept() == 4_MiB);
    CHECK(cache.drop_beyond(SIZE_MAX) == 0);
    pages two = cache.obtain(2_MiB);
    pages one = cache.obtain(1_MiB);
    CHECK((cache.give_back(one) && cache.give_back(two)));
    std::size_t all = cache.kept();
    CHECK(cache.drop_beyond(2_MiB) == all - 2_MiB); // the oldest
    CHECK(cache.kept() == 2_MiB);
    CHECK(cache.drop_kept() == 2_MiB);
}

TEST_CASE("what the system does not take back stays kept") {
    watched cache;
    keep_runs(cache, {1_MiB, 2_MiB});
    cache.inner().stubborn = true;
    CHECK(cache.drop_kept() == 0);
    CHECK(cache.kept() == 3_MiB);
    test_clock::time += 2000;
    pages run = cache.obtain(8_MiB);
    CHECK(run.bytes == 8_MiB);
    pages large = cache.obtain(32_MiB);
    CHECK_FALSE(cache.give_back(large));
    CHECK(cache.in_use() == 40_MiB);
    cache.inner().stubborn = false;
    CHECK(cache.give_back(large));
    CHECK(cache.give_back(run));
    cache.drop_kept();
    CHECK(cache.inner().bytes_held == 0);
}

TEST_CASE("the system's limit of addresses is met with what is kept") {
    CHECK(ptm_test::in_child([] {
              static mapping_cache<mmap_backend, keeping{.most = 512_MiB, .slack = 512_MiB}> cache;
              CHILD_CHECK(cache.give_back(cache.obtain(400_MiB)));
              std::size_t size = 0;
              if (std::FILE* f = std::fopen("/proc/self/statm", "r")) {
                  CHILD_CHECK(std::fscanf(f, "%zu", &size) == 1);
                  std::fclose(f);
              }
              const rlimit limit{size * 4096 + 200_MiB, size * 4096 + 200_MiB};
              if (size * 4096 > (std::size_t{1} << 40)) return; // a sanitizer's own addresses
              CHILD_CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
              CHILD_CHECK(cache.obtain(450_MiB).bytes == 450_MiB);
              CHILD_CHECK(!cache.obtain(450_MiB));
          }).nothing_wrong());
}

// ---- explicit huge pages -------------------------------------------------------------------------------------------

namespace {
struct with_huge : mmap_backend {
    pages obtain_huge(std::size_t bytes, std::size_t) noexcept { return ptm::huge_page_backend<>().obtain(bytes); }
};
}

TEST_CASE("explicit huge pages are not kept") {
    mapping_cache<with_huge, generous> cache;
    pages huge = cache.obtain_huge(2_MiB, 2_MiB);
    REQUIRE(huge);
    CHECK(cache.in_use() == 2_MiB);
    CHECK(cache.give_back(huge));
    CHECK(cache.kept() == 0);
    CHECK_FALSE(is_mapped(huge.data));
    pages small = cache.obtain(1_MiB);
    CHECK(cache.give_back(small));
    CHECK(cache.kept() == 1_MiB);
    cache.drop_kept();
}

// ---- threads and fork ----------------------------------------------------------------------------------------------

TEMPLATE_TEST_CASE_SIG("threads share what is kept, and no two have the same run", "", ((std::size_t Moved), Moved),
                       2_MiB, 64_KiB) {
    static mapping_cache<mmap_backend,
                         keeping{.most = 8_MiB, .slack = 1_MiB, .slots = 8, .least_moved = Moved, .age = 2}>
        cache;
    std::atomic<int> wrong = 0;
    auto work = [&wrong](unsigned seed) {
        std::vector<pages> mine;
        auto marked = [seed](pages run) {
            for (std::size_t at : {std::size_t{0}, run.bytes / 2, run.bytes - 1}) run.data[at] = std::byte(seed);
            return run;
        };
        auto sound = [seed](pages run) {
            bool same = true;
            for (std::size_t at : {std::size_t{0}, run.bytes / 2, run.bytes - 1})
                same &= run.data[at] == std::byte(seed);
            return same;
        };
        std::uint64_t state = seed;
        for (int i = 0; i < 1500; ++i) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            std::size_t bytes = 32_KiB + (state >> 33) % 128 * 4096, which = (state >> 50) % 8;
            if (mine.size() <= which) {
                pages run = state % 2 ? cache.obtain(bytes) : cache.obtain_cleared(bytes);
                if (state % 2 == 0 && (run.data[0] != std::byte{0} || run.end()[-1] != std::byte{0})) ++wrong;
                mine.push_back(marked(run));
            } else if (state % 5 == 0) {
                if (!sound(mine[which])) ++wrong;
                mine[which] = marked(cache.remap(mine[which], bytes));
            } else {
                if (!sound(mine[which]) || !cache.give_back(mine[which])) ++wrong;
                mine.erase(mine.begin() + static_cast<std::ptrdiff_t>(which));
            }
            if (i % 256 == 0) cache.drop_kept();
        }
        for (pages run : mine)
            if (!sound(run) || !cache.give_back(run)) ++wrong;
    };
    std::vector<std::thread> threads;
    for (unsigned seed = 1; seed <= 4; ++seed) threads.emplace_back(work, seed);
    for (std::thread& t : threads) t.join();
    CHECK(wrong == 0);
    CHECK(cache.in_use() == 0);
    cache.drop_kept();
    CHECK(cache.kept() == 0);
}

TEST_CASE("a child of fork has what was kept, if the fork was announced") {
    static mapping_cache<> cache;
    keep_runs(cache, {1_MiB});
    cache.before_fork();
    pages meanwhile = cache.obtain(1_MiB); // past what is kept: by the thread that forks
    CHECK(meanwhile.bytes == 1_MiB);
    CHECK(cache.kept() == 1_MiB);
    pid_t child = fork();
    cache.after_fork();
    if (child == 0) {
        bool kept = cache.obtain(1_MiB).bytes == 1_MiB && cache.kept() == 0;
        _exit(kept ? 0 : 1);
    }
    CHECK(ptm_test::detail::wait_for(child) == 0);
    CHECK(cache.give_back(meanwhile));
    CHECK(cache.drop_kept() == 2_MiB);
}

TEST_CASE("without that, a child that finds the cache taken goes past it") {
    static mapping_cache<> cache;
    keep_runs(cache, {1_MiB});
    cache.before_fork(); // stands for a thread that is inside when another one forks
    pid_t child = fork();
    if (child == 0) {
        pages run = cache.obtain(1_MiB);
        bool works = run.bytes == 1_MiB && cache.kept() == 1_MiB;
        works = works && cache.remap(run, 2_MiB).bytes == 2_MiB && cache.obtain_cleared(64_KiB).bytes == 64_KiB;
        works = works && cache.drop_kept() == 0;
        _exit(works ? 0 : 1);
    }
    cache.after_fork();
    CHECK(ptm_test::detail::wait_for(child) == 0);
    cache.after_fork(); // nothing
    CHECK(cache.drop_kept() == 1_MiB);
}
