// glibc's malloc was watched in small scenarios: where each block lay, from the start of the heap. So must it be here.
#include "support/scenario.hpp"

namespace {
using ptm_test::numbers;
using ptm_test::scenario;
}

TEST_CASE("example 1: the first requests") {
    scenario<ptm_test::fresh_heap<1>> s;
    CHECK(s.info() == numbers{0, 1, 0, 0, 0, 0});
    CHECK(s.m(24) == 0x2a0);
    CHECK(s.m(0) == 0x2c0);
    CHECK(s.m(25) == 0x2e0);
    CHECK(s.m(1000) == 0x310);
    CHECK(s.m(1032) == 0x700);
    CHECK(s.m(1033) == 0xb10);
    CHECK(numbers{s.u(1), s.u(2), s.u(3), s.u(4), s.u(5), s.u(6)} == numbers{24, 24, 40, 1000, 1032, 1048});
    CHECK(s.info() == numbers{135168, 1, 0, 0, 3872, 131296});
    CHECK(s.break_at() == 0x21000);
}

TEST_CASE("example 2: an aligned block first") {
    scenario<ptm_test::fresh_heap<2>> s;
    CHECK(s.aligned(64, 100) == 0x40);
    CHECK(s.u(1) == 104);
    CHECK(s.info() == numbers{135168, 1, 2, 112, 112, 135056});
    CHECK(s.m(24) == 0x380);
    CHECK(s.m(16) == 0x3a0);
    CHECK(s.m(500) == 0x3c0);
}

TEST_CASE("example 3: thread cache, then fast bin") {
    scenario<ptm_test::fresh_heap<3>> s;
    for (std::size_t i = 0; i < 10; ++i) CHECK(s.m(24) == 0x2a0 + 0x20 * i);
    for (std::size_t i = 1; i <= 10; ++i) s.f(i);
    CHECK(s.info()[2] == 3);
    CHECK(s.info()[3] == 96);
    for (std::size_t at : {0x360u, 0x340u, 0x320u, 0x300u, 0x2e0u, 0x2c0u, 0x2a0u, 0x3c0u, 0x380u, 0x3a0u})
        CHECK(s.m(24) == at);
}

TEST_CASE("example 4: the last remainder") {
    scenario<ptm_test::fresh_heap<4>> s;
    CHECK(s.m(3000) == 0x2a0);
    CHECK(s.m(16) == 0xe60);
    s.f(1);
    CHECK(s.m(100) == 0x2a0);
    CHECK(s.m(100) == 0x310);
    CHECK(s.m(600) == 0x380);
}

TEST_CASE("example 5: the order of a large bin") {
    scenario<ptm_test::fresh_heap<5>> s;
    for (std::size_t at : {0x2a0u, 0xaa0u, 0x12a0u, 0x1aa0u}) {
        CHECK(s.m(2000) == at);
        CHECK(s.m(16) == at + 0x7e0);
    }
    CHECK(s.m(2010) == 0x22a0);
    CHECK(s.m(16) == 0x2a90);
    for (std::size_t i : {1u, 3u, 5u, 7u, 9u}) s.f(i);
    CHECK(s.m(5000) == 0x2ab0);
    CHECK(s.m(2000) == 0x1aa0);
    CHECK(s.m(1980) == 0x12a0);
    CHECK(s.m(1900) == 0xaa0);
    CHECK(s.m(1900) == 0x2a0);
    CHECK(s.m(2000) == 0x22a0);
    CHECK(s.u(16) == 2024);
}

TEST_CASE("example 6: tails of realloc go to the thread cache") {
    scenario<ptm_test::fresh_heap<6>> s;
    CHECK(s.m(200) == 0x2a0);
    CHECK(s.m(16) == 0x370);
    CHECK(s.r(1, 100) == 0x2a0);
    CHECK(s.m(72) == 0x390);
    CHECK(s.r(3, 20) == 0x390);
    CHECK(s.m(40) == 0x3b0);
    CHECK(s.m(2000) == 0x3e0);
    CHECK(s.m(16) == 0xbc0);
    CHECK(s.r(5, 1000) == 0x3e0);
    CHECK(s.r(5, 1900) == 0xbe0);
    CHECK(s.r(5, 2500) == 0xbe0);
    CHECK(s.r(2, 40) == 0x15b0);
}

TEST_CASE("example 7: the adaptive threshold") {
    scenario<ptm_test::fresh_heap<7>> s;
    CHECK(s.m(131040) == 0x2a0);
    for (std::size_t n : {131052u, 131056u, 131057u}) s.m(n);
    for (std::size_t i : {2u, 3u, 4u}) {
        CHECK(s.mapped(i));
        CHECK(s.u(i) == 135152);
        CHECK(ptm::address_of(s.blocks[i - 1]) % 4096 == 16);
    }
    s.f(4);
    CHECK(s.m(131057) == 0x20290);
    s.m(135152);
    CHECK(s.mapped(6));
    CHECK(s.u(6) == 139248);
    s.m(33554408);
    CHECK(s.u(7) == 33554416);
    s.f(7);
    s.m(33554408);
    CHECK(s.mapped(8));
    for (std::size_t i : {2u, 3u, 6u, 8u}) s.f(i);
}

TEST_CASE("example 8: trimming") {
    using heap = ptm_test::fresh_heap<8>;
    scenario<heap> s;
    for (std::size_t at : {0x2a0u, 0xed10u, 0x1d780u, 0x2c1f0u, 0x3ac60u}) CHECK(s.m(60000) == at);
    CHECK(s.break_at() == 0x4d000);
    numbers breaks, tops;
    for (std::size_t i = 5; i > 0; --i) {
        s.f(i);
        breaks.push_back(s.break_at());
        tops.push_back(s.top());
    }
    CHECK(breaks == numbers{0x4d000, 0x4d000, 0x3e000, 0x2f000, 0x21000});
    CHECK(tops == numbers{74672, 134688, 133264, 131840, 134512});
    CHECK(heap::trim(0));
    CHECK(s.break_at() == 0x1000);
    CHECK(s.top() == 3440);
    CHECK(s.m(100) == 0x2a0);
}

TEST_CASE("example 9: somebody else takes memory at the break") {
    using heap = ptm_test::fresh_heap<9>;
    scenario<heap> s;
    CHECK(s.m(1000) == 0x2a0);
    heap::ready_arena().backend.obtain(4096);
    CHECK(s.m(120000) == 0x690);
    CHECK(s.m(20000) == 0x22010);
    CHECK(s.info()[0] == 294912);
    CHECK(s.info()[1] == 2);
    CHECK(s.break_at() == 0x48000);
    CHECK(s.m(100000) == 0x26e40);
    s.f(3);
    CHECK(heap::trim(0));
    CHECK(s.info()[0] == 262144);
    CHECK(s.info()[1] == 3);
    CHECK(s.top() == 2848);
    CHECK(s.break_at() == 0x40000);
}

TEST_CASE("example 10: alignment") {
    scenario<ptm_test::fresh_heap<10>> s;
    CHECK(s.m(24) == 0x2a0);
    CHECK(s.aligned(256, 100) == 0x300);
    CHECK(s.aligned(4096, 100) == 0x1000);
    CHECK(s.m(40) == 0x460);
    CHECK(s.m(100) == 0x490);
    s.f(2);
    s.f(3);
    CHECK(s.m(100) == 0x1000);
}

TEST_CASE("example 11: mallopt") {
    using heap = ptm_test::fresh_heap<11>;
    scenario<heap> s;
    CHECK(ptm::c_interface<heap>::mallopt(M_MXFAST, 160) == 1);
    for (std::size_t i = 0; i < 10; ++i) CHECK(s.m(150) == 0x2a0 + 0xa0 * i);
    for (std::size_t i = 1; i <= 9; ++i) s.f(i);
    CHECK(s.info()[2] == 2);
    CHECK(s.info()[3] == 320);
    CHECK(ptm::c_interface<heap>::mallopt(99, 0) == 1);
    CHECK(s.info()[1] == 2);
    CHECK(s.info()[2] == 0);
    CHECK(s.m(310) == 0x700);
    CHECK(s.zeroed(150) == 0x8e0);
    CHECK(s.m(150) == 0x660);
}

TEST_CASE("example 12: a stale last remainder") {
    scenario<ptm_test::fresh_heap<12>> s;
    s.m(3000);
    s.m(16);
    for (int i = 0; i < 8; ++i) {
        s.m(200);
        s.m(16);
    }
    s.f(1);
    s.m(5000);
    CHECK(s.m(100) == 0x2a0);
    CHECK(s.m(2888) == 0x310);
    std::size_t exact = s.blocks.size();
    for (std::size_t i = 0; i < 8; ++i) s.f(3 + 2 * i);
    s.m(5000);
    s.f(exact);
    CHECK(s.m(120) == 0x310);
}

TEST_CASE("example 13: the break is blocked") {
    using heap = ptm_test::counted_heap<13>;
    scenario<heap> s;
    CHECK(ptm::c_interface<heap>::mallopt(M_MMAP_THRESHOLD, 1000000000) == 1);
    CHECK(s.m(24) == 0x2a0);
    heap::ready_arena().backend.grant(0);
    std::size_t first = s.m(140000);
    CHECK(s.info()[0] == 1183744);
    CHECK(s.info()[1] == 2);
    CHECK(ptm::address_of(s.blocks[1]) % 4096 == 16);
    CHECK(s.m(900000) == first + 0x222f0);
    s.m(200000);
    CHECK(s.info()[0] == 1515520);
}
