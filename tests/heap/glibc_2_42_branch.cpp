#include "support/scenario.hpp"

#include <ptm/heap/glibc_2_42_branch.hpp>

namespace {
template <class Config>
struct in_test : ptm_test::in_glass<Config> {};

// freed_and_back - is a block of the largest cached size in the cache after it was freed?
template <class Config>
bool cached() {
    using heap = ptm_test::tested_heap<in_test<Config>>;
    ptm_test::scenario<heap> s;
    s.m(24);
    s.m(1032);
    s.m(24);
    s.f(2);
    return heap::figures().binned_chunks == 0;
}
}

TEST_CASE("the branch differs from the release in the largest cached size") {
    STATIC_REQUIRE(ptm::heap_config<ptm::glibc_2_42_branch>);
    CHECK_FALSE(cached<ptm::glibc_2_42>());
    CHECK(cached<ptm::glibc_2_42_branch>());
}
