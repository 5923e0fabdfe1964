#include "support/configs.hpp"

#include <ptm/arena/allocate.hpp>

#include <cerrno>
#include <vector>

namespace {
using config = ptm_test::glass;
using header = config::header;
using arena = ptm_test::fresh_arena<config>;

// Blocks of the given sizes, each with a small one behind it that keeps them apart, freed in this order.
std::vector<void*> free_apart(arena& a, const std::vector<std::size_t>& sizes) {
    std::vector<void*> blocks;
    for (std::size_t n : sizes) {
        blocks.push_back(a.allocate(n));
        a.allocate(200);
    }
    for (void* p : blocks) a.deallocate(p);
    return blocks;
}
}

TEST_CASE("blocks come from the front of top, one behind the other") {
    arena a;
    CHECK(a.place_of(a.allocate(24)) == 0x10);
    CHECK(a.place_of(a.allocate(0)) == 0x30);
    CHECK(a.place_of(a.allocate(25)) == 0x50);
    CHECK(a.place_of(a.allocate(1000)) == 0x80);
    CHECK(a.place_of(a.allocate(1)) == 0x470);
}

TEST_CASE("a fast chunk comes back last in, first out") {
    arena a;
    auto p = free_apart(a, {24, 24, 24});
    for (std::size_t i : {2u, 1u, 0u}) CHECK(a.allocate(20) == p[i]);
}

TEST_CASE("an unsorted chunk of the exact size is taken before others are sorted") {
    arena a;
    auto p = free_apart(a, {500, 600, 700});
    CHECK(a.allocate(600) == p[1]);
    CHECK(a.state().unsorted.oldest() == a.chunk_of(p[2]));
    CHECK(a.allocate(500) == p[0]);
}

TEST_CASE("small bins come back first in, first out") {
    arena a;
    auto p = free_apart(a, {500, 500});
    a.allocate(4000); // sorts
    CHECK(a.allocate(500) == p[0]);
    CHECK(a.allocate(500) == p[1]);
}

TEST_CASE("the smallest larger chunk is split") {
    arena a;
    auto p = free_apart(a, {900, 700, 800});
    CHECK(a.allocate(600) == p[1]);
    CHECK(header::size_of(a.chunk_of(p[1])) == header::size_for(600));
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("small requests in a row are cut from the last remainder") {
    arena a;
    auto p = free_apart(a, {3000});
    void* first = a.allocate(100);
    CHECK(first == p[0]);
    CHECK(a.allocate(100) == ptm::offset(first, 112));
    CHECK(a.allocate(50) == ptm::offset(first, 224));
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("the last remainder must leave more than a smallest chunk") {
    arena a;
    free_apart(a, {3000});
    void* rest = ptm::offset(a.allocate(2000), 2016); // 3008 - 2016 = 992, made by a large request
    CHECK(a.allocate(960) == rest);                   // 968 + 32 > 992: whole
    CHECK(a.figures().binned_chunks == 0);
}

TEST_CASE("a large request first merges the fast chunks") {
    arena a;
    auto* first = a.allocate(72);
    std::vector<void*> p;
    for (int i = 0; i < 15; ++i) p.push_back(a.allocate(72));
    a.allocate(24);
    for (void* each : p) a.deallocate(each);
    CHECK(a.figures().fast_chunks == 15);
    CHECK(a.allocate(1100) == ptm::offset(first, 80));
    CHECK(a.figures().fast_chunks == 0);
}

TEST_CASE("when top is too small the fast chunks are merged before the system is asked") {
    arena a;
    a.shared().top_pad = 0;
    std::vector<void*> p;
    for (int i = 0; i < 12; ++i) p.push_back(a.allocate(72));
    std::size_t left = a.figures().top_bytes;
    void* rest = a.allocate(left - 32 - 8); // leaves a top of the smallest size
    CHECK(a.figures().top_bytes == 32);
    for (void* each : p) a.deallocate(each);
    std::size_t before = a.figures().system_bytes;
    CHECK(a.allocate(800) == p[0]);
    CHECK(a.figures().system_bytes == before);
    CHECK(rest != nullptr);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("a search sorts at most so many chunks") {
    arena a;
    a.shared().mmap_max = 0;
    std::vector<std::size_t> sizes(10'010, 200);
    free_apart(a, sizes);
    a.allocate(3000);
    std::size_t unsorted = 0;
    a.state().unsorted.for_each([&](auto*) { ++unsorted; });
    CHECK(unsorted == 10);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("a request too large fails at once and changes nothing") {
    arena a;
    auto p = free_apart(a, {24});
    errno = 0;
    CHECK(a.allocate(ptm::largest_request + 1) == nullptr);
    CHECK(errno == ENOMEM);
    CHECK(a.figures().fast_chunks == 1);
    CHECK(a.allocate(24) == p[0]);
}

TEST_CASE("the largest request fails for want of memory, having merged") {
    arena a;
    free_apart(a, {24});
    errno = 0;
    CHECK(a.allocate(ptm::largest_request) == nullptr);
    CHECK(errno == ENOMEM);
    CHECK(a.figures().fast_chunks == 0);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("each look at an unsorted chunk has its sentence") {
    struct {
        const char* sentence;
        void (*damage)(ptm::chunk_in<config>*, arena&);
    } const rows[] = {
        {"malloc(): invalid size (unsorted)", [](auto* c, arena&) { header::set_size(c, ptm::chunk_size{16}); }},
        {"malloc(): invalid next size (unsorted)", [](auto* c, arena&) { header::next(c)->word = 8; }},
        {"malloc(): mismatching next->prev_size (unsorted)",
         [](auto* c, arena&) { header::next(c)->previous_size += 16; }},
        {"malloc(): unsorted double linked list corrupted", [](auto* c, arena&) { c->ring.forward ^= 16; }},
        {"malloc(): invalid next->prev_inuse (unsorted)",
         [](auto* c, arena&) { header::set_prev_in_use(header::next(c), true); }},
    };
    for (auto& row : rows) {
        arena a;
        auto p = free_apart(a, {500});
        row.damage(a.chunk_of(p[0]), a);
        CHECK(ptm_test::fault_of([&] { ptm::allocate(a.state(), ptm::no_stash{}, ptm::want<config>(3000)); })
              == row.sentence);
    }
}

TEST_CASE("a top larger than the arena is reported") {
    arena a;
    a.allocate(24);
    header::set_top(a.state().top, ptm::chunk_size{0x7ffffff0});
    CHECK(ptm_test::fault_of([&] { ptm::allocate(a.state(), ptm::no_stash{}, ptm::want<config>(3000)); })
          == "malloc(): corrupted top size");
}
