#include <ptm/os/huge_page_backend.hpp>
#include <ptm/os/mmap.hpp>

#include <ptm/os/huge_page.hpp>

#include "support/catch.hpp"
#include "support/live_blocks.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <sys/mman.h>
#include <sys/resource.h>

using namespace ptm::literals;
using ptm::huge_page_backend;
using ptm::pages;

static_assert(std::is_empty_v<huge_page_backend<>>);
static_assert(huge_page_backend<>::page_bytes() == 2_MiB);

namespace {

bool is_mapped(std::byte* page) {
    unsigned char there = 0;
    return mincore(page, ptm::system_page_bytes(), &there) == 0;
}

long faults() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return used.ru_minflt;
}

// faults_of_touching - by every ordinary page of a run.
long faults_of_touching(pages run) {
    long before = faults();
    for (std::size_t at = 0; at < run.bytes; at += 4096) run.data[at] = std::byte{1};
    return faults() - before;
}

} // namespace

TEST_CASE("huge_page_backend aligns every run, wherever the system puts ordinary ones") {
    huge_page_backend<> backend;
    for (std::size_t bytes : {2_MiB, std::size_t{1}, 6_MiB, 3_MiB}) {
        void* shift = mmap(nullptr, 4096 * bytes % 69632 + 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        REQUIRE(shift != MAP_FAILED);
        pages run = backend.obtain(bytes);
        REQUIRE(run.bytes == bytes);
        CHECK(reinterpret_cast<std::uintptr_t>(run.data) % 2_MiB == 0);
        run.data[ptm::align_up(bytes, 2_MiB) - 1] = std::byte{1}; // whole pages, whatever was asked for
        CHECK(backend.give_back(run));
        CHECK_FALSE(is_mapped(run.data));
        CHECK_FALSE(is_mapped(run.data + ptm::align_up(bytes, 2_MiB) - ptm::system_page_bytes()));
        munmap(shift, 4096 * bytes % 69632 + 4096);
    }
}

TEST_CASE("huge_page_backend aligns to pages that the system never aligns by itself") {
    huge_page_backend<1_GiB> backend;
    pages run = backend.obtain(4096);
    REQUIRE(run);
    CHECK(reinterpret_cast<std::uintptr_t>(run.data) % 1_GiB == 0);
    run.data[1_GiB - 1] = std::byte{1};
    CHECK_FALSE(is_mapped(run.data + 1_GiB)); // what was too much went back
    CHECK(backend.give_back(run));
    CHECK_FALSE(is_mapped(run.data));
}

TEST_CASE("huge_page_backend remaps to an aligned place with all that was in the run") {
    huge_page_backend<> backend;
    pages run = backend.obtain(2_MiB), behind = backend.obtain(2_MiB);
    std::memset(run.data, 0x5a, 2_MiB);
    void* hurdle = mmap(run.data + 2_MiB, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    pages moved = backend.remap(run, 9_MiB);
    REQUIRE(moved.bytes == 9_MiB);
    CHECK(moved.data != run.data);
    CHECK_FALSE(is_mapped(run.data));
    CHECK(reinterpret_cast<std::uintptr_t>(moved.data) % 2_MiB == 0);
    CHECK(moved.data[2_MiB - 1] == std::byte{0x5a});
    CHECK(ptm_test::reads_as_zero(moved.data + 2_MiB, 8_MiB));
    std::memset(moved.data, 1, 10_MiB);
    CHECK(backend.remap(moved, 10_MiB) == pages{moved.data, 10_MiB}); // fits already
    pages less = backend.remap({moved.data, 10_MiB}, 3_MiB);
    CHECK(less == pages{moved.data, 3_MiB});
    CHECK_FALSE(is_mapped(moved.data + 4_MiB));
    CHECK(backend.give_back(less));
    CHECK(backend.give_back(behind));
    if (hurdle != MAP_FAILED) munmap(hurdle, 4096);
}

TEST_CASE("huge_page_backend does not wrap around") {
    huge_page_backend<> backend;
    pages run = backend.obtain(1);
    for (std::size_t bytes : {SIZE_MAX, SIZE_MAX - 2_MiB, std::size_t{PTRDIFF_MAX}}) {
        errno = 0;
        CHECK_FALSE(backend.obtain(bytes));
        CHECK(errno == ENOMEM);
        CHECK_FALSE(backend.remap(run, bytes));
    }
    CHECK(backend.give_back(run));
}

TEST_CASE("huge_page_backend has no explicit pages smaller than its own") {
    huge_page_backend<1_GiB> backend;
    errno = 0;
    CHECK_FALSE(backend.obtain_huge(2_MiB, 2_MiB));
    CHECK(errno == ENOMEM);
}

TEST_CASE("huge_page_backend faults once for each huge page, where the system gives them on advice") {
    if (ptm::advised_huge_page_bytes() != 2_MiB) {
        SUCCEED("this system gives no huge pages on advice");
        return;
    }
    huge_page_backend<> backend;
    pages run = backend.obtain(64_MiB);
    REQUIRE(run);
    ptm::mmap_backend ordinary;
    pages other = ordinary.obtain(64_MiB);
    REQUIRE(other);
    REQUIRE(madvise(other.data, other.bytes, MADV_NOHUGEPAGE) == 0);
    // 32 where memory is not in pieces, against 16384; a sanitizer's own memory adds the same to both.
    CHECK(faults_of_touching(run) < faults_of_touching(other) * 3 / 4);
    CHECK(backend.give_back(run));
    CHECK(ordinary.give_back(other));
}
