#include "support/configs.hpp"
#include "support/live_blocks.hpp"

#include <ptm/arena/resize.hpp>

#include <cerrno>

namespace {
using config = ptm_test::glass;
using header = config::header;
using arena = ptm_test::fresh_arena<config>;

std::size_t chunk_bytes(void* p) { return ptm::bytes(header::size_of(header::from_user(p))); }
}

TEST_CASE("shrinking keeps the place and frees the tail") {
    arena a;
    void* p = a.allocate(200);
    a.allocate(24);
    CHECK(a.reallocate(p, 60) == p);
    CHECK(chunk_bytes(p) == 80);
    CHECK(a.figures().fast_bytes == 128);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("a tail that is too small stays") {
    arena a;
    void* p = a.allocate(200);
    a.allocate(24);
    CHECK(a.reallocate(p, 190) == p);
    CHECK(chunk_bytes(p) == 208);
    CHECK(a.figures().fast_bytes == 0);
}

TEST_CASE("the last block grows into top") {
    arena a;
    void* p = a.allocate(200);
    CHECK(a.reallocate(p, 5000) == p);
    CHECK(chunk_bytes(p) == 5008);
    CHECK(a.state().top == header::next(a.chunk_of(p)));
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("a block grows into a free one behind it, and what is too much is freed") {
    arena a;
    void *p = a.allocate(200), *next = a.allocate(1000);
    a.allocate(24);
    a.deallocate(next);
    CHECK(a.reallocate(p, 600) == p);
    CHECK(chunk_bytes(p) == 608);
    CHECK(a.figures().binned_bytes == 208 + 1008 - 608);
    CHECK(a.reallocate(p, 1190) == p);
    CHECK(chunk_bytes(p) == 1216);
    CHECK(a.figures().binned_bytes == 0);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("a block that cannot grow moves with its contents") {
    arena a;
    void* p = a.allocate(200);
    a.allocate(24);
    ptm_test::paint(p, 200, 9);
    void* moved = a.reallocate(p, 1000);
    CHECK(moved != p);
    CHECK(ptm_test::painted(moved, 200, 9));
    CHECK(a.figures().binned_bytes == 208);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("a new chunk right behind joins the old one, and what is too much is freed") {
    arena a;
    void *p = a.allocate(24), *next = a.allocate(72);
    a.allocate(24);
    ptm_test::paint(p, 24, 10);
    a.deallocate(next); // fast: it looks used to its neighbour
    CHECK(a.reallocate(p, 72) == p);
    CHECK(chunk_bytes(p) == 80);
    CHECK(ptm_test::painted(p, 24, 10));
    CHECK(a.figures().fast_bytes == 32);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("when top is too small it grows, and then lies right behind") {
    arena a;
    a.shared().top_pad = 0;
    void* p = a.allocate(50000);
    CHECK(a.reallocate(p, 50000 + a.figures().top_bytes) == p);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("nullptr grows to a new block, and no bytes are a block too") {
    arena a;
    void* p = a.reallocate(nullptr, 100);
    CHECK(chunk_bytes(p) == 112);
    CHECK(a.reallocate(p, 0) == p);
    CHECK(chunk_bytes(p) == 32);
}

TEST_CASE("resizing reports sizes that cannot be") {
    arena a;
    void *p = a.allocate(200), *next = a.allocate(200);
    auto resize = [&] { ptm::resize(a.state(), ptm::no_stash{}, a.chunk_of(p), ptm::chunk_size{512}); };
    a.chunk_of(next)->word = 16;
    CHECK(ptm_test::fault_of(resize) == "realloc(): invalid next size");
    a.chunk_of(p)->word = 16;
    CHECK(ptm_test::fault_of(resize) == "realloc(): invalid old size");
    a.chunk_of(p)->word = 0x7fffff1;
    CHECK(ptm_test::fault_of(resize) == "realloc(): invalid old size");
}

TEST_CASE("expand grows into top and into a free chunk, and gives a tail back") {
    arena a;
    void* p = a.allocate(200);
    CHECK(a.expand(p, 5000));
    CHECK(chunk_bytes(p) == 5008);
    void* next = a.allocate(1000);
    a.allocate(24);
    a.deallocate(next);
    CHECK(a.expand(p, 5500));
    CHECK(chunk_bytes(p) == 5520);
    CHECK(a.expand(p, 300));
    CHECK(chunk_bytes(p) == 320);
    CHECK(a.expand(p, 300));
    CHECK(a.figures().binned_bytes == 5008 + 1008 - 320);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("what cannot expand is as it was") {
    ptm_test::fresh_arena<ptm_test::counted_glass> a;
    void *p = a.allocate(200), *next = a.allocate(300);
    a.allocate(24);
    ptm_test::paint(p, 200, 3);
    errno = 4321;
    CHECK_FALSE(a.expand(p, 250));
    a.deallocate(next);
    CHECK_FALSE(a.expand(p, 600)); // the free chunk is too small
    CHECK_FALSE(a.expand(p, ptm::largest_request + 1));
    CHECK_FALSE(a.expand(p, SIZE_MAX));
    CHECK(errno == 4321);
    CHECK(chunk_bytes(p) == 208);
    CHECK(ptm_test::painted(p, 200, 3));
    void* last = a.allocate(50'000);
    std::size_t calls = a.backend().calls;
    CHECK_FALSE(a.expand(last, 50'000 + a.figures().top_bytes)); // and nobody asks the system
    CHECK(a.backend().calls == calls);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("a mapped block expands as far as its mapping goes") {
    arena a;
    void* p = a.allocate(200'000);
    REQUIRE(a.shared().mapped_count == 1);
    std::size_t usable = arena::usable_size(p);
    CHECK(a.expand(p, usable));
    CHECK_FALSE(a.expand(p, usable + 1));
    CHECK(a.expand(p, 10));
    CHECK(arena::usable_size(p) == usable);
}

TEST_CASE("expanding reports sizes that cannot be") {
    arena a;
    void *p = a.allocate(200), *next = a.allocate(200);
    a.chunk_of(next)->word = 16;
    CHECK(ptm_test::fault_of([&] { a.expand(p, 500); }) == "realloc(): invalid next size");
}
