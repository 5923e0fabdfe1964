#include "support/configs.hpp"

#include <ptm/arena/statistics.hpp>

#include <utility>
#include <vector>

namespace {
using config = ptm_test::glass;
using arena = ptm_test::fresh_arena<config>;
}

TEST_CASE("an arena with nothing has figures of nothing") {
    arena a;
    ptm::arena_figures f = a.figures();
    CHECK(f.system_bytes == 0);
    CHECK(f.free_bytes() == 0);
    CHECK(f.used_bytes() == 0);
    CHECK(f.fast_chunks + f.binned_chunks == 0);
}

TEST_CASE("every byte is used, fast, binned or in top") {
    arena a;
    void *fast = a.allocate(24), *binned = a.allocate(3000), *used = a.allocate(100);
    a.deallocate(fast);
    a.deallocate(binned);
    ptm::arena_figures f = a.figures();
    CHECK(f.system_bytes == 0x21000);
    CHECK(f.most_system_bytes == 0x21000);
    CHECK(f.fast_chunks == 1);
    CHECK(f.fast_bytes == 32);
    CHECK(f.binned_chunks == 1);
    CHECK(f.binned_bytes == 3008);
    CHECK(f.top_bytes == 0x21000 - 32 - 3008 - 112);
    CHECK(f.used_bytes() == 112);
    CHECK(used != nullptr);
}

TEST_CASE("binned chunks are visited in the order of bins, unsorted ones first") {
    arena a;
    std::vector<void*> p;
    for (std::size_t n : {500u, 3000u, 200u}) {
        p.push_back(a.allocate(n));
        a.allocate(24);
    }
    a.deallocate(p[0]);
    a.deallocate(p[1]);
    a.allocate(6000); // sorts the two
    a.deallocate(p[2]);
    std::vector<std::pair<void*, unsigned>> seen, expected{{p[2], 1}, {p[0], 32}, {p[1], 95}};
    expected[2].second = ptm::bin_table<config::header>::index(ptm::chunk_size{3008});
    ptm::for_each_binned(a.state(), [&](auto* c, unsigned bin) { seen.emplace_back(config::header::to_user(c), bin); });
    CHECK(seen == expected);
}

TEST_CASE("counting reports a fast chunk that is not aligned") {
    arena a;
    void *first = a.allocate(24), *second = a.allocate(24);
    a.deallocate(first);
    a.deallocate(second);
    auto* slot = &a.chunk_of(second)->ring.forward;
    *slot = ptm::safe_links::encode(slot, ptm::offset(a.chunk_of(first), 8));
    CHECK(ptm_test::fault_of([&] { static_cast<void>(ptm::figures_of(a.state())); })
          == "int_mallinfo(): unaligned fastbin chunk detected");
}
