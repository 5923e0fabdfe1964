#include "support/configs.hpp"

#include <ptm/arena/allocate.hpp>
#include <ptm/arena/release.hpp>
#include <ptm/arena/stash.hpp>

#include <vector>

namespace {
using config = ptm_test::glass;
using header = config::header;
using chunk = ptm::chunk_in<config>;

// list_stash - room for `most` chunks of each size, and what is in it for all to see.
struct list_stash {
    std::vector<chunk*>* held;
    std::size_t most;

    bool has_room(ptm::chunk_size) noexcept { return held->size() < most; }
    bool may_grow() noexcept { return true; }
    void put(chunk* c, ptm::chunk_size) noexcept { held->push_back(c); }
    chunk* take(ptm::chunk_size) noexcept {
        chunk* c = held->back();
        held->pop_back();
        return c;
    }
    bool accept(chunk* c, ptm::chunk_size n) noexcept {
        if (!has_room(n)) return false;
        put(c, n);
        return true;
    }
};

static_assert(ptm::stash_policy<ptm::no_stash, config>);
static_assert(ptm::stash_policy<list_stash, config>);
static_assert(!ptm::stash_policy<int, config>);

struct bench {
    ptm_test::fresh_arena<config> a;
    std::vector<chunk*> held{};

    chunk* allocate(std::size_t n, std::size_t most) {
        return ptm::allocate(a.state(), list_stash{&held, most}, ptm::want<config>(n));
    }
    // Several free chunks of the same size that do not touch, given back in order of address.
    std::vector<chunk*> free_some(std::size_t n, int count) {
        std::vector<void*> blocks;
        std::vector<chunk*> chunks;
        for (int i = 0; i < count; ++i) {
            blocks.push_back(a.allocate(n));
            a.allocate(24);
        }
        for (void* p : blocks) {
            chunks.push_back(a.chunk_of(p));
            a.deallocate(p);
        }
        return chunks;
    }
};
}

TEST_CASE("no_stash has no room and takes nothing") {
    ptm::no_stash s;
    chunk* none = nullptr;
    CHECK_FALSE(s.has_room(header::smallest));
    CHECK_FALSE(s.accept(none, header::smallest));
    CHECK(s.take(header::smallest) == nullptr);
}

TEST_CASE("a fast bin's further chunks go to the stash, order reversed") {
    bench t;
    auto c = t.free_some(24, 4);
    CHECK(t.allocate(24, 2) == c[3]);
    CHECK(t.held == std::vector{c[2], c[1]});
    CHECK(t.a.figures().fast_chunks == 1);
}

TEST_CASE("a small bin's further chunks go to the stash") {
    bench t;
    auto c = t.free_some(500, 4);
    t.a.allocate(5000); // sorts them
    CHECK(t.allocate(500, 2) == c[0]);
    CHECK(t.held == std::vector{c[1], c[2]});
    CHECK(ptm_test::verdict(t.a) == "sound");
}

TEST_CASE("of the unsorted ones that fit, the last found is handed out") {
    bench t;
    auto c = t.free_some(500, 4);
    CHECK(t.allocate(500, 7) == c[3]);
    CHECK(t.held == std::vector{c[0], c[1], c[2]});
    CHECK(ptm_test::verdict(t.a) == "sound");
}

TEST_CASE("a full stash ends the search among the unsorted ones") {
    bench t;
    auto c = t.free_some(500, 4);
    CHECK(t.allocate(500, 1) == c[1]);
    CHECK(t.held == std::vector{c[0]});
    CHECK(t.a.figures().binned_chunks == 2);
}

TEST_CASE("a limit on sorting ends the search once something was stashed") {
    bench t;
    t.a.shared().cache_unsorted_limit = 1;
    std::vector<void*> blocks;
    for (std::size_t n : {500u, 600u, 700u, 800u, 900u}) {
        blocks.push_back(t.a.allocate(n));
        t.a.allocate(24);
    }
    for (void* p : blocks) t.a.deallocate(p);
    CHECK(t.allocate(500, 7) == t.a.chunk_of(blocks[0]));
    CHECK(t.held.empty());
    std::size_t sorted = 0;
    t.a.state().small.for_each([&](chunk*, unsigned) { ++sorted; });
    CHECK(sorted == 2);
}

TEST_CASE("a piece that the arena lets go is offered to the stash") {
    bench t;
    chunk* c = t.a.chunk_of(t.a.allocate(500));
    t.a.allocate(24);
    ptm::release(t.a.state(), list_stash{&t.held, 1}, c);
    CHECK(t.held == std::vector{c});
    CHECK(t.a.figures().binned_chunks == 0);
    ptm::release(t.a.state(), list_stash{&t.held, 1}, t.a.chunk_of(t.a.allocate(2000)));
    CHECK(t.held.size() == 1);
}
