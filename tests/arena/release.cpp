#include "support/configs.hpp"

#include <ptm/arena/release.hpp>

#include <vector>

namespace {
using config = ptm_test::glass;
using header = config::header;
using chunk = ptm::chunk_in<config>;
using arena = ptm_test::fresh_arena<config>;

std::string_view freeing(arena& a, chunk* c) {
    return ptm_test::fault_of([&] {
        ptm::look_at_freed<config>(c, header::size_of(c));
        ptm::release_to_arena(a.state(), c, ptm::origin::user);
    });
}

// Three blocks of n bytes and one that keeps top away.
struct three {
    arena a{};
    chunk *first, *second, *third;

    explicit three(std::size_t n)
        : first(a.chunk_of(a.allocate(n))), second(a.chunk_of(a.allocate(n))), third(a.chunk_of(a.allocate(n))) {
        a.allocate(24);
    }
};
}

TEST_CASE("small blocks become fast chunks, up to the setting") {
    arena a;
    void *fast = a.allocate(120), *not_fast = a.allocate(121);
    a.allocate(24);
    a.deallocate(fast);
    a.deallocate(not_fast);
    CHECK(a.figures().fast_chunks == 1);
    CHECK(a.figures().fast_bytes == 128);
    CHECK(a.figures().binned_bytes == 144);
}

TEST_CASE("a large merged region merges the fast chunks too") {
    arena a;
    void *fast = a.allocate(24), *large = a.allocate(70000);
    a.allocate(24);
    a.deallocate(fast);
    CHECK(a.figures().fast_chunks == 1);
    a.deallocate(large);
    CHECK(a.figures().fast_chunks == 0);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("a large top is given back, but for its pad") {
    arena a;
    std::vector<void*> p;
    for (int i = 0; i < 5; ++i) p.push_back(a.allocate(60000));
    std::size_t most = a.figures().system_bytes;
    while (!p.empty()) {
        a.deallocate(p.back());
        p.pop_back();
    }
    ptm::arena_figures f = a.figures();
    CHECK(f.system_bytes < most);
    CHECK(f.most_system_bytes == most);
    CHECK(f.top_bytes == f.system_bytes);
    CHECK(f.top_bytes >= 131072);
    CHECK(f.top_bytes <= 131072 + 32 + 4096);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("an unbounded trim threshold keeps everything") {
    arena a;
    a.shared().trim_threshold = SIZE_MAX;
    a.shared().mmap_max = 0;
    void* p = a.allocate(1000000);
    std::size_t most = a.figures().system_bytes;
    a.deallocate(p);
    CHECK(a.figures().system_bytes == most);
}

TEST_CASE("freeing reports what cannot be a chunk") {
    three t(500);
    CHECK(freeing(t.a, header::at(t.first, 8)) == "free(): invalid pointer");
    t.first->word = SIZE_MAX;
    CHECK(freeing(t.a, t.first) == "free(): invalid pointer");
    t.first->word = 17;
    CHECK(freeing(t.a, t.first) == "free(): invalid size");
    t.first->word = 0x209;
    CHECK(freeing(t.a, t.first) == "free(): invalid size");
}

TEST_CASE("freeing a fast chunk looks at the next one's size") {
    three t(24);
    t.second->word = 16;
    CHECK(freeing(t.a, t.first) == "free(): invalid next size (fast)");
    t.second->word = 0x7fffff1;
    CHECK(freeing(t.a, t.first) == "free(): invalid next size (fast)");
}

TEST_CASE("freeing twice in a row is reported") {
    three t(24);
    CHECK(freeing(t.a, t.first) == "none");
    CHECK(freeing(t.a, t.first) == "double free or corruption (fasttop)");
    three u(500);
    CHECK(freeing(u.a, u.first) == "none");
    CHECK(freeing(u.a, u.first) == "double free or corruption (!prev)");
}

TEST_CASE("freeing top, or what reaches beyond it, is reported") {
    three t(500);
    CHECK(freeing(t.a, t.a.state().top) == "double free or corruption (top)");
    header::set_size(t.first, ptm::chunk_size{t.a.figures().system_bytes});
    CHECK(freeing(t.a, t.first) == "double free or corruption (out)");
}

TEST_CASE("freeing looks at the next one's size") {
    three t(500);
    t.second->word = 1;
    CHECK(freeing(t.a, t.first) == "free(): invalid next size (normal)");
    three u(500);
    u.second->word = 0x7fffff1;
    CHECK(freeing(u.a, u.first) == "free(): invalid next size (normal)");
}

TEST_CASE("freeing looks at the newest unsorted chunk") {
    three t(500);
    CHECK(freeing(t.a, t.first) == "none");
    t.first->ring.back ^= 32;
    CHECK(freeing(t.a, t.third) == "free(): corrupted unsorted chunks");
}

TEST_CASE("a piece of the arena's own goes past a stash that is full") {
    three t(24);
    ptm::release(t.a.state(), ptm::no_stash{}, t.first);
    CHECK(t.a.figures().fast_chunks == 1);
    header::set_size(t.first, ptm::chunk_size{48});
    CHECK(ptm_test::fault_of([&] { ptm::release(t.a.state(), ptm::no_stash{}, t.second); })
          == "invalid fastbin entry (free)");
}
