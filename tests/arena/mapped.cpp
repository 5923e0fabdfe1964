#include "support/configs.hpp"
#include "support/live_blocks.hpp"

#include <ptm/arena/mapped.hpp>

namespace {
using config = ptm_test::counted_glass;
using header = config::header;
using arena = ptm_test::fresh_arena<config>;

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
