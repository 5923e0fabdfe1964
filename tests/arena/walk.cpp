#include "support/regions.hpp"

#include <ptm/arena/walk.hpp>

#include <map>

namespace {
template <class A>
std::map<void*, std::size_t> seen_in(A& a) {
    std::map<void*, std::size_t> found;
    a.for_each_block([&](void* p, std::size_t usable) { found[p] = usable; });
    return found;
}

template <class A>
void all_blocks_are_seen(A& a) {
    std::map<void*, std::size_t> live;
    for (std::size_t i = 0; i < 200; ++i) {
        void* p = a.allocate(i * 131 % 3000);
        live[p] = a.usable_size(p);
        if (i % 3 != 0) continue;
        a.deallocate(live.begin()->first);
        live.erase(live.begin());
    }
    CHECK(seen_in(a) == live);
    CHECK(a.live() == live.size());
}
}

TEST_CASE("a walk sees every block, in regions and at a frontier") {
    ptm_test::fresh_arena<ptm_test::in_regions> in_regions;
    all_blocks_are_seen(in_regions);
    ptm_test::fresh_arena<> at_a_frontier;
    all_blocks_are_seen(at_a_frontier);
}

TEST_CASE("a walk over an arena without memory sees nothing") {
    ptm_test::fresh_arena<ptm_test::in_regions> a;
    CHECK(seen_in(a).empty());
    a.deallocate(a.allocate(1));
    CHECK(seen_in(a).empty());
}

TEST_CASE("a walk visits chunks by address, and says which are used") {
    ptm_test::fresh_arena<> a;
    void* p = a.allocate(2000);
    void* q = a.allocate(3000);
    a.allocate(100);
    a.deallocate(q);
    std::vector<std::pair<void*, bool>> chunks;
    ptm::for_each_chunk(a.state(), [&](auto* c, bool used) { chunks.emplace_back(c, used); });
    REQUIRE(chunks.size() == 3);
    CHECK(chunks[0] == std::pair<void*, bool>{a.chunk_of(p), true});
    CHECK(chunks[1] == std::pair<void*, bool>{a.chunk_of(q), false});
    CHECK(chunks[2].second);
}
