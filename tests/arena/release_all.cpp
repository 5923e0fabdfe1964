#include "support/regions.hpp"

#include <ptm/arena/release_all.hpp>
#include <ptm/heap/glibc_2_42.hpp>

namespace {
using ptm_test::verdict;

struct reserved : ptm::edit<ptm_test::glass, ptm::set_mapped_backend<ptm::no_backend>> {};

static_assert(ptm::knows_its_memory<ptm_test::in_regions> && ptm::knows_its_memory<ptm_test::in_buffer>);
static_assert(ptm::knows_its_memory<reserved>);
static_assert(!ptm::knows_its_memory<ptm_test::glass>, "nobody lists its mapped chunks");
static_assert(!ptm::knows_its_memory<ptm::glibc_2_36>, "others move the program break, too");

alignas(64) std::byte buffer[100'000];

void fill(auto& a) {
    for (std::size_t i = 0; i < 60; ++i) REQUIRE(a.allocate(i * 37 % 2000) != nullptr);
}
}

TEST_CASE("release gives every region back") {
    ptm::arena<ptm_test::in_regions> a;
    for (int round = 0; round < 3; ++round) {
        fill(a);
        CHECK(a.allocate(100'000) != nullptr);
        a.release();
        CHECK(a.backend().bytes_held == 0);
        CHECK(a.held() == 0);
        CHECK(a.live() == 0);
        CHECK(a.figures().system_bytes == 0);
        CHECK(verdict(a) == "sound");
    }
}

TEST_CASE("release empties a buffer, and it is all there again") {
    ptm::arena<ptm_test::in_buffer> a{ptm::buffer_backend({buffer, sizeof buffer})};
    void* first = a.allocate(90'000);
    REQUIRE(first != nullptr);
    a.release();
    CHECK(a.allocate(90'000) == first);
}

TEST_CASE("release unmaps a reserved stretch") {
    ptm::arena<reserved> a;
    fill(a);
    a.release();
    CHECK(a.backend().base() == nullptr);
    fill(a);
    CHECK(verdict(a) == "sound");
}

TEST_CASE("the settings of an arena survive its release") {
    ptm::arena<ptm_test::in_regions> a;
    a.shared().perturb = 0x5a;
    a.limit(100'000);
    fill(a);
    a.release();
    CHECK(a.shared().perturb == 0x5a);
    CHECK(a.limit() == 100'000);
}

TEST_CASE("releasing an arena that has nothing does nothing") {
    ptm::arena<ptm_test::in_regions> a;
    a.release();
    CHECK(a.backend().calls == 0);
    CHECK(verdict(a) == "sound");
}
