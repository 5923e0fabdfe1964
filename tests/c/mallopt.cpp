#include "support/heaps.hpp"

#include <ptm/c/mallopt.hpp>

namespace {
template <class H>
int set(int parameter, int value) {
    return ptm::set_parameter<H>(parameter, value);
}
}

TEST_CASE("mallopt sets what it is told to") {
    using heap = ptm_test::fresh_heap<410>;
    auto& s = heap::shared();
    CHECK(set<heap>(M_TRIM_THRESHOLD, 1000) == 1);
    CHECK(set<heap>(M_TOP_PAD, 2000) == 1);
    CHECK(set<heap>(M_MMAP_THRESHOLD, 3000) == 1);
    CHECK(set<heap>(M_MMAP_MAX, 4) == 1);
    CHECK(set<heap>(M_PERTURB, 5) == 1);
    CHECK(set<heap>(M_MXFAST, 64) == 1);
    CHECK(s.trim_threshold == 1000);
    CHECK(s.top_pad == 2000);
    CHECK(s.mmap_threshold == 3000);
    CHECK(s.mmap_max == 4);
    CHECK(s.perturb == 5);
    CHECK(s.most_fast == 64);
}

TEST_CASE("mallopt refuses fast requests out of bounds, and nothing else") {
    using heap = ptm_test::fresh_heap<411>;
    CHECK(set<heap>(M_MXFAST, 160) == 1);
    CHECK(set<heap>(M_MXFAST, 161) == 0);
    CHECK(set<heap>(M_MXFAST, -1) == 0);
    CHECK(heap::shared().most_fast == 160);
    CHECK(set<heap>(M_MXFAST, 0) == 1);
    CHECK(heap::shared().most_fast == 0);
    for (int unknown : {2, 3, 4, 99, -5, -7, -8, -100}) CHECK(set<heap>(unknown, -1) == 1);
}

TEST_CASE("each of four parameters ends the adaptive threshold, other ones do not") {
    using heap = ptm_test::fresh_heap<412>;
    for (int parameter : {M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_MMAP_MAX}) {
        heap::shared().adaptive = true;
        CHECK(set<heap>(parameter, 131072) == 1);
        CHECK_FALSE(heap::shared().adaptive);
    }
    heap::shared().adaptive = true;
    set<heap>(M_PERTURB, 0);
    set<heap>(M_MXFAST, 32);
    set<heap>(99, 1);
    CHECK(heap::shared().adaptive);
}

TEST_CASE("a negative size is a very large one") {
    using heap = ptm_test::fresh_heap<413>;
    set<heap>(M_TRIM_THRESHOLD, -1);
    CHECK(heap::shared().trim_threshold == SIZE_MAX);
    set<heap>(M_TOP_PAD, -1);
    heap::malloc(24);
    CHECK(heap::figures().system_bytes == 4096);
    set<heap>(M_MMAP_MAX, -1);
    CHECK_FALSE(ptm_test::glass::header::is_mapped(ptm_test::glass::header::from_user(heap::malloc(200000))));
}

TEST_CASE("every call merges the fast chunks, also one that is refused") {
    using heap = ptm_test::fresh_heap<414>;
    for (auto [parameter, value] : {std::pair{99, 0}, std::pair{M_MXFAST, -1}, std::pair{M_PERTURB, 0}}) {
        void* p[9];
        for (void*& each : p) each = heap::malloc(24);
        for (void* each : p) heap::free(each);
        REQUIRE(heap::figures().fast_chunks > 0);
        set<heap>(parameter, value);
        CHECK(heap::figures().fast_chunks == 0);
    }
    CHECK(ptm_test::verdict(heap{}) == "sound");
}
