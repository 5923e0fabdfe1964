#include "support/configs.hpp"
#include "support/live_blocks.hpp"

#include <ptm/arena/mapped.hpp>
#include <ptm/os/mapping_cache.hpp>

#include <cstring>

namespace {
using config = ptm_test::counted_glass;
using header = config::header;
using arena = ptm_test::fresh_arena<config>;

// Keeps what it gets, whatever is in use.
using generous = ptm::mapping_cache<ptm::counted<ptm::mmap_backend>, ptm::keeping{.slack = 8 << 20}>;
struct over_a_cache
    : ptm::edit<config, ptm::set_mapped_backend<generous>, ptm::set_tuned<ptm::tuning{.adaptive = false}>> {};
struct in_a_cache : ptm::edit<over_a_cache, ptm::set_main_backend<generous>> {};

struct unmovable : ptm::edit<config, ptm::set_mapped_backend<ptm_test::counted_glass::main_backend>> {};
}

TEST_CASE("a large request gets a mapping of its own") {
    arena a;
    void* p = a.allocate(200000);
    CHECK(header::is_mapped(a.chunk_of(p)));
    CHECK(ptm::address_of(p) % 4096 == 16);
    CHECK(a.usable_size(p) == 200704 - 16);
    CHECK(a.figures().system_bytes == 0);
    CHECK(a.shared().mapped_count == 1);
    CHECK(a.shared().mapped_bytes == 200704);
    a.deallocate(p);
    CHECK(a.shared().mapped_bytes == 0);
    CHECK(a.shared().most_mapped_bytes == 200704);
    CHECK(a.shared().mapped_backend.bytes_held == 0);
}

TEST_CASE("freeing a mapped chunk raises the threshold to its size") {
    arena a;
    a.deallocate(a.allocate(200000));
    CHECK(a.shared().mmap_threshold == 200704);
    CHECK(a.shared().trim_threshold == 401408);
    CHECK_FALSE(header::is_mapped(a.chunk_of(a.allocate(200000))));
    CHECK(header::is_mapped(a.chunk_of(a.allocate(200704))));
}

TEST_CASE("the threshold does not move when it is pinned, nor beyond its most") {
    arena a;
    a.shared().adaptive = false;
    a.deallocate(a.allocate(200000));
    CHECK(a.shared().mmap_threshold == 131072);
    a.shared().adaptive = true;
    a.deallocate(a.allocate(33554432 - 24)); // exactly 32 MiB
    CHECK(a.shared().mmap_threshold == 131072);
    a.deallocate(a.allocate(33554432 - 4096 - 24));
    CHECK(a.shared().mmap_threshold == 33554432 - 4096);
}

TEST_CASE("a mapping that was kept may be larger than the chunk needs: all of it is the user's") {
    ptm_test::fresh_arena<over_a_cache> a;
    void* p = a.allocate(400'000);
    a.deallocate(p);
    CHECK(a.held() == 0);
    CHECK(a.shared().mapped_backend.kept() == 401'408);
    CHECK(a.allocate(392'000) == p); // a little less: the rest is not worth a mapping of its own
    CHECK(a.usable_size(p) == 401'408 - 16);
    CHECK(a.held() == 401'408);
    CHECK(a.shared().mapped_bytes == 401'408);
    a.deallocate(p);
    CHECK(a.shared().mapped_bytes == 0);
    CHECK(a.trim());
    CHECK(a.shared().mapped_backend.inner().bytes_held == 0);
}

TEST_CASE("what a kept mapping has beyond the limit is cut off") {
    ptm_test::fresh_arena<over_a_cache> a;
    a.deallocate(a.allocate(400'000));
    a.limit(380'000);
    CHECK_FALSE(a.allocate(390'000));
    void* p = a.allocate(360'000);
    REQUIRE(p);
    CHECK(a.held() == 360'448);
    a.deallocate(p);
    a.trim();
    CHECK(a.shared().mapped_backend.inner().bytes_held == 0);
    ptm_test::fresh_arena<in_a_cache> b; // the same for regions
    b.deallocate(b.allocate(100'000));
    b.limit(b.shared().mmap_threshold);
    CHECK(b.allocate(90'000));
    CHECK(b.held() <= b.limit());
    CHECK(ptm_test::verdict(b) == "sound");
}

TEST_CASE("a mapped block that shrinks leaves its tail to those that keep it") {
    ptm_test::fresh_arena<over_a_cache> a;
    void* p = a.allocate(1'000'000);
    p = a.reallocate(p, 500'000);
    CHECK(a.held() == 503'808);
    CHECK(a.shared().mapped_backend.kept() == 1'003'520 - 503'808);
    std::memset(p, 0x55, 500'000);
    void* q = a.allocate(450'000);
    std::memset(q, 0xaa, 450'000);
    CHECK(static_cast<unsigned char*>(p)[499'999] == 0x55);
    a.deallocate(p);
    a.deallocate(q);
    a.trim();
    CHECK(a.shared().mapped_backend.inner().bytes_held == 0);
}

TEST_CASE("there are at most so many mappings") {
    arena a;
    a.shared().mmap_max = 1;
    void *first = a.allocate(200000), *second = a.allocate(200000);
    CHECK(header::is_mapped(a.chunk_of(first)));
    CHECK_FALSE(header::is_mapped(a.chunk_of(second)));
}

TEST_CASE("a mapped block grows and shrinks in its mapping, and stays mapped") {
    arena a;
    void* p = a.allocate(200000);
    ptm_test::paint(p, 200000, 3);
    p = a.reallocate(p, 900000);
    CHECK(ptm_test::painted(p, 200000, 3));
    CHECK(a.shared().mapped_bytes == 901120);
    p = a.reallocate(p, 100);
    CHECK(ptm_test::painted(p, 100, 3));
    CHECK(header::is_mapped(a.chunk_of(p)));
    CHECK(a.shared().mapped_bytes == 4096);
    CHECK(a.shared().most_mapped_bytes == 901120);
    CHECK(a.reallocate(p, 200) == p);
    a.deallocate(p);
    CHECK(a.shared().mapped_backend.bytes_held == 0);
}

TEST_CASE("an aligned mapped block begins later in its mapping and frees all of it") {
    arena a;
    void* p = a.allocate(200000, 65536);
    CHECK(ptm::is_aligned(p, 65536));
    CHECK(a.usable_size(p) >= 200000);
    ptm_test::paint(p, 200000, 4);
    p = a.reallocate(p, 300000);
    CHECK(ptm_test::painted(p, 200000, 4));
    CHECK(a.shared().mapped_bytes == a.shared().mapped_backend.bytes_held);
    a.deallocate(p);
    CHECK(a.shared().mapped_backend.bytes_held == 0);
}

TEST_CASE("what cannot be remapped moves, or stays where it is large enough") {
    arena a;
    void* p = a.allocate(200000);
    ptm_test::paint(p, 200000, 5);
    a.shared().mapped_backend.grant(1); // the remapping fails, so does the second mapping
    a.shared().mapped_backend.grant(0);
    CHECK(a.reallocate(p, 150000) == p);
    void* moved = a.reallocate(p, 400000);
    CHECK(moved != p);
    CHECK_FALSE(header::is_mapped(a.chunk_of(moved)));
    CHECK(ptm_test::painted(moved, 200000, 5));
    CHECK(a.shared().mapped_bytes == 0);
}

TEST_CASE("a backend that cannot remap is not asked to") {
    ptm_test::fresh_arena<unmovable> a;
    void* p = a.allocate(200000);
    ptm_test::paint(p, 200000, 6);
    CHECK(ptm::remap_chunk(a.shared(), a.chunk_of(p), ptm::chunk_size{400000}) == nullptr);
    p = a.reallocate(p, 400000);
    CHECK(ptm_test::painted(p, 200000, 6));
    a.shared().mapped_backend.release();
}

TEST_CASE("no mapping is as large as the address space") {
    arena a;
    CHECK(ptm::map_chunk(a.shared(), ptm::chunk_size{SIZE_MAX - 15}) == nullptr);
    CHECK(a.shared().mapped_backend.calls == 0);
}

TEST_CASE("unmapping reports a chunk that is in no mapping") {
    arena a;
    void* p = a.allocate(200000);
    a.chunk_of(p)->previous_size = 48;
    CHECK(ptm_test::fault_of([&] { ptm::unmap_chunk(a.shared(), a.chunk_of(p)); })
          == "munmap_chunk(): invalid pointer");
    CHECK(ptm_test::fault_of([&] { ptm::remap_chunk(a.shared(), a.chunk_of(p), ptm::chunk_size{4096}); })
          == "mremap_chunk(): invalid pointer");
    a.chunk_of(p)->previous_size = 0;
    a.deallocate(p);
}
