// The scenarios of examples.cpp, where glibc 2.42 was seen to place blocks elsewhere; some more of its own.
#include "support/scenario.hpp"

#include <ptm/heap/glibc_2_42.hpp>

#include <cerrno>
#include <type_traits>

namespace {
using config = ptm::glibc_2_42;
constinit ptm::heap<config> a_name_for_it;

template <int>
struct numbered : ptm_test::in_glass<config> {};
template <int>
struct numbered_counted
    : ptm::edit<ptm_test::in_glass<config>,
                ptm::set_main_backend<ptm::counted<ptm::failing<ptm::reserve_backend<(64 << 20)>>>>> {};

template <int I>
using heap = ptm_test::tested_heap<numbered<I>>;
template <int I>
using scenario = ptm_test::scenario<heap<I>>;
using ptm_test::numbers;
}

TEST_CASE("glibc_2_42 is a complete configuration with every check") {
    STATIC_REQUIRE(ptm::heap_config<config>);
    STATIC_REQUIRE(config::checked == ptm::checks::all);
    STATIC_REQUIRE(std::is_empty_v<decltype(a_name_for_it)>);
    STATIC_REQUIRE(config::tuned.fallback_least == 1048576);
    STATIC_REQUIRE(config::tuned.fallback_multiple == 0);
    CHECK(a_name_for_it.usable_size(nullptr) == 0);
}

TEST_CASE("2.42, example 1: the first requests") {
    scenario<1> s;
    for (auto [request, at] :
         {std::pair{24, 0x310}, {0, 0x330}, {25, 0x350}, {1000, 0x380}, {1032, 0x770}, {1033, 0xb80}})
        CHECK(s.m(static_cast<std::size_t>(request)) == static_cast<std::size_t>(at));
    CHECK(s.info() == numbers{135168, 1, 0, 0, 3984, 131184});
}

TEST_CASE("2.42, example 2: an aligned block first") {
    scenario<2> s;
    CHECK(s.aligned(64, 100) == 0x340);
    CHECK(s.u(1) == 104);
    CHECK(s.info() == numbers{135168, 2, 0, 0, 880, 134288});
    CHECK(s.m(24) == 0x310);
    CHECK(s.u(2) == 40);
    CHECK(s.m(16) == 0x3b0);
    CHECK(s.m(500) == 0x3d0);
}

TEST_CASE("2.42, example 6: tails of realloc are there when the block grows again") {
    scenario<6> s;
    CHECK(s.m(200) == 0x310);
    CHECK(s.m(16) == 0x3e0);
    CHECK(s.r(1, 100) == 0x310);
    CHECK(s.m(72) == 0x400);
    CHECK(s.r(3, 20) == 0x400);
    CHECK(s.m(40) == 0x420);
    CHECK(s.m(2000) == 0x450);
    CHECK(s.m(16) == 0x380);
    for (std::size_t n : {1000u, 1900u, 2500u}) CHECK(s.r(5, n) == 0x450);
    CHECK(s.r(2, 40) == 0x3a0);
}

TEST_CASE("2.42, example 10: alignment") {
    scenario<10> s;
    CHECK(s.m(24) == 0x310);
    CHECK(s.aligned(256, 100) == 0x400);
    CHECK(s.aligned(4096, 100) == 0x1000);
    CHECK(s.m(40) == 0x330);
    CHECK(s.m(100) == 0x360);
    s.f(2);
    s.f(3);
    CHECK(s.m(100) == 0x1000);
}

TEST_CASE("2.42, example 11: mallopt") {
    scenario<11> s;
    using c = ptm::c_interface<heap<11>>;
    CHECK(c::mallopt(M_MXFAST, 160) == 1);
    for (std::size_t i = 0; i < 10; ++i) CHECK(s.m(150) == 0x310 + 0xa0 * i);
    for (std::size_t i = 1; i <= 9; ++i) s.f(i);
    CHECK(s.info()[2] == 2);
    CHECK(c::mallopt(99, 0) == 1);
    CHECK(s.info()[1] == 2);
    CHECK(s.m(310) == 0x770);
    CHECK(s.zeroed(150) == 0x6d0);
    CHECK(s.m(150) == 0x630);
}

TEST_CASE("2.42, example 13: the break is blocked") {
    using heap = ptm_test::tested_heap<numbered_counted<13>>;
    ptm_test::scenario<heap> s;
    CHECK(ptm::c_interface<heap>::mallopt(M_MMAP_THRESHOLD, 1000000000) == 1);
    CHECK(s.m(24) == 0x310);
    heap::ready_arena().backend.grant(0);
    std::size_t first = s.m(140000);
    CHECK(s.info()[0] == 1183744);
    CHECK(s.m(900000) == first + 0x222f0);
    s.m(200000);
    CHECK(s.info()[0] == 2232320);
}

TEST_CASE("2.42: a thread without small requests has no cache") {
    scenario<20> s;
    CHECK(s.m(2000) == 0x10);
    s.f(1);
    CHECK(s.m(2000) == 0x10);
    CHECK(s.r(2, 100) == 0x10);
    CHECK(s.r(2, 50) == 0x10);
    CHECK(s.info()[2] == 1); // the tail is in a fast bin: neither realloc nor free made a cache
    CHECK(s.m(1033) == 0x50);
    CHECK(s.m(100) == 0x770);
}

TEST_CASE("2.42: a close fit stays as it is") {
    scenario<21> s;
    CHECK(s.m(100) == 0x310);
    for (std::size_t n : {96u, 89u, 72u}) {
        s.r(1, n);
        CHECK(s.u(1) == (n == 72 ? 72u : 104u));
    }
    s.m(200000);
    for (std::size_t n : {196608u, 196592u, 190000u}) {
        s.r(2, n);
        CHECK(s.u(2) == (n == 190000 ? 192496u : 200688u));
    }
    s.f(2);
}

TEST_CASE("2.42: calloc and memalign take from the cache, what they give is clean and aligned") {
    scenario<22> s;
    std::size_t aligned = s.aligned(64, 100);
    s.m(100);
    std::memset(s.blocks[1], 1, s.u(2));
    s.f(1);
    s.f(2);
    CHECK(s.aligned(64, 100) == aligned);
    s.zeroed(90);
    CHECK(s.blocks[3] == s.blocks[1]);
    REQUIRE(s.u(4) == 104);
    for (std::size_t i = 0; i < 104; ++i) CHECK(static_cast<char*>(s.blocks[3])[i] == 0);
}

TEST_CASE("2.42: aligned_alloc wants a power of two, memalign does not") {
    scenario<23> s;
    using c = ptm::c_interface<heap<23>>;
    for (std::size_t alignment : {0u, 24u}) {
        errno = 0;
        CHECK(c::aligned_alloc(alignment, 100) == nullptr);
        CHECK(errno == EINVAL);
        CHECK(c::memalign(alignment, 100) != nullptr);
    }
    CHECK(ptm::address_of(c::aligned_alloc(512, 100)) % 512 == 0);
}

TEST_CASE("2.42: a small chunk that is freed goes to its own bin") {
    scenario<24> s;
    for (int i = 0; i < 8; ++i) s.m(500);
    s.m(24);
    for (std::size_t i = 8; i > 0; --i) s.f(i);
    std::size_t small = 0;
    heap<24>::ready_arena().small.for_each([&](auto*, unsigned) { ++small; });
    CHECK(small == 1);
    CHECK(heap<24>::ready_arena().unsorted.oldest() == nullptr);
}

TEST_CASE("2.42: the size of a freed block is doubted only when no cache takes it") {
    scenario<25> s;
    using header = config::header;
    s.m(5000);
    auto* c = header::from_user(s.blocks[0]);
    auto whole = header::size_of(c);
    header::set_size(c, ptm::chunk_size{16});
    CHECK(ptm_test::fault_of([&] { s.f(1); }) == "free(): invalid size");
    header::set_size(c, whole);
    CHECK(ptm_test::fault_of([&] { heap<25>::free(ptm::offset(s.blocks[0], 8)); }) == "free(): invalid pointer");
}
