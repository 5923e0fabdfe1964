#include "support/configs.hpp"
#include "support/live_blocks.hpp"

#include <ptm/arena/align.hpp>

#include <vector>

namespace {
using namespace ptm::literals;
using config = ptm_test::glass;
using header = config::header;
using arena = ptm_test::fresh_arena<config>;

std::size_t chunk_bytes(void* p) { return ptm::bytes(header::size_of(header::from_user(p))); }
}

TEST_CASE("an aligned block leaves a leader and a tail that are free") {
    arena a;
    void* p = a.allocate(100, 64);
    CHECK(a.place_of(p) == 0x40);
    CHECK(chunk_bytes(p) == 112);
    CHECK(a.figures().fast_chunks == 2);
    CHECK(a.figures().fast_bytes == 48 + 64);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("a leader is never smaller than a chunk") {
    arena a;
    a.allocate(24 + 16); // the next user pointer is 0x40
    CHECK(a.place_of(a.allocate(100, 32)) == 0x40);
    arena b;
    void* p = b.allocate(100, 32); // 0x20 would leave 16 bytes
    CHECK(b.place_of(p) == 0x40);
    CHECK(ptm_test::verdict(b) == "sound");
}

TEST_CASE("a tail of the smallest size stays with the block") {
    arena a;
    void* p = a.allocate(100, 64);
    a.deallocate(p);
    a.consolidate();
    arena b;
    b.allocate(24 + 16);
    p = b.allocate(104, 32); // aligned already: 112 + 32 + 32, the tail is 64
    CHECK(chunk_bytes(p) == 112);
    CHECK(ptm_test::verdict(b) == "sound");
}

TEST_CASE("usual alignments are ordinary blocks") {
    arena a;
    for (std::size_t alignment : {1u, 2u, 8u, 16u}) CHECK(chunk_bytes(a.allocate(24, alignment)) == 32);
    CHECK(a.figures().fast_chunks == 0);
}

TEST_CASE("every alignment is kept, and every block is whole") {
    arena a;
    ptm_test::live_blocks live;
    for (std::size_t alignment = 1; alignment <= 1_MiB; alignment *= 2)
        for (std::size_t n : {0u, 1u, 24u, 100u, 5000u}) {
            void* p = a.allocate(n, alignment);
            REQUIRE(ptm::is_aligned(p, alignment));
            REQUIRE(a.usable_size(p) >= n);
            REQUIRE(live.add(p, n));
            REQUIRE(ptm_test::verdict(a) == "sound");
        }
    CHECK(live.intact());
    while (!live.empty()) a.deallocate(live.take(0).at);
    a.consolidate();
    CHECK(a.figures().used_bytes() == 0);
}

TEST_CASE("a mapped chunk is shifted in its mapping") {
    arena a;
    void* p = a.allocate(200000, 4096);
    CHECK(header::is_mapped(a.chunk_of(p)));
    CHECK(ptm::is_aligned(p, 4096));
    CHECK(ptm::bytes(header::previous_size(a.chunk_of(p))) == 4096 - 16);
    a.deallocate(p);
    CHECK(a.shared().mapped_bytes == 0);
}

TEST_CASE("what is cut off around a block merges at once, if the rules say so") {
    struct merging : ptm::edit<ptm_test::glass, ptm::set_ruled<ptm::rules{.alignment_merges = true}>> {};
    ptm_test::fresh_arena<merging> a;
    void* p = a.allocate(100, 64);
    CHECK(a.figures().fast_chunks == 0);
    CHECK(a.figures().binned_chunks == 1); // the leader
    CHECK(header::next(a.chunk_of(p)) == a.state().top);
    a.deallocate(p);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("a tail too small for a chunk is cut off when what follows is free, if the rules say so") {
    struct merging : ptm::edit<ptm_test::glass, ptm::set_ruled<ptm::rules{.alignment_merges = true}>> {};
    ptm_test::fresh_arena<merging> a;
    auto* c = a.chunk_of(a.allocate(2008));
    a.allocate(24);
    a.deallocate(header::to_user(c));
    c = ptm::allocate(a.state(), ptm::no_stash{}, ptm::want<merging>(1000)); // leaves a free chunk behind it
    ptm::chunk_size whole = header::size_of(c), shorter = whole - ptm::chunk_size{16};
    ptm::detail::merge_surplus(a.state(), c, shorter);
    CHECK(header::size_of(c) == shorter);
    CHECK_FALSE(header::in_use(header::next(c)));
    CHECK(ptm_test::verdict(a) == "sound");
}
