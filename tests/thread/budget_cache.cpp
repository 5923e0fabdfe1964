#include "support/heaps.hpp"
#include "support/playground.hpp"

#include "support/catch.hpp"

#include <ptm/thread/budget_cache.hpp>

#include <thread>
#include <vector>

namespace {
using context = ptm_test::safe_context;
using header = context::header;
using cache = ptm::budget_cache<>::in<context>;
using table = ptm::detail::size_lists<header, 32 * 1024, 4>;
using chunk = ptm::chunk_in<context>;
using chunks = std::vector<chunk*>;
using ptm_test::fault_of;

constexpr ptm::chunk_size of(std::size_t n) { return ptm::chunk_size{n}; }

struct bench {
    ptm_test::playground<context> ground{4u << 20};
    cache c;
    cache::limits bounds;

    explicit bench(std::size_t budget = 64 * 1024) { bounds.set({.cache_budget = budget}); }

    chunk* add(std::size_t n) {
        chunk* made = ground.make(n);
        c.accept(made, of(n), bounds);
        return made;
    }
    void* get(std::size_t chunk_bytes) { return c.get(chunk_bytes - header::overhead, bounds); }
    chunks flushed() {
        chunks seen;
        c.flush(bounds, [&](chunk* each) { seen.push_back(each); });
        return seen;
    }
};

void lead(chunk* c, const void* target) { c->ring.forward = ptm::safe_links::encode(&c->ring.forward, target); }
}

TEST_CASE("the lists of a budget cache are 64 sizes and four for every doubling") {
    STATIC_REQUIRE((sizeof(void*) != 8 || table::count == 64 + 4 * 5 + 1)); // 32 KiB need a chunk above 32 KiB
    STATIC_REQUIRE((sizeof(void*) != 8 || sizeof(cache) <= 960));
}

TEST_CASE("a budget cache is bounded by bytes alone") {
    bench t(1024);
    for (int i = 0; i < 32; ++i) CHECK(t.c.accept(t.ground.make(32), of(32), t.bounds));
    CHECK(t.c.held() == 1024);
    CHECK(t.c.cached(of(32)) == 32);
    CHECK_FALSE(t.c.accept(t.ground.make(32), of(32), t.bounds));
    CHECK(t.get(32) != nullptr);
    CHECK(t.c.held() == 992);
    CHECK_FALSE(t.c.accept_plain(t.ground.make(48), of(48), t.bounds));
    CHECK(t.c.accept_plain(t.ground.make(32), of(32), t.bounds));
}

TEST_CASE("a budget of nothing caches nothing, and there is a largest one") {
    bench t(0);
    CHECK_FALSE(t.c.accept(t.ground.make(32), of(32), t.bounds));
    CHECK_FALSE(t.c.worth_a_flush(of(32), t.bounds));
    bench most(SIZE_MAX);
    CHECK(most.bounds.budget == cache::most_budget);
}

TEST_CASE("sizes that no chunk has, and such above the largest, find no room") {
    bench t;
    CHECK(t.c.has_room(table::largest, t.bounds));
    CHECK_FALSE(t.c.has_room(table::largest + of(16), t.bounds));
    CHECK_FALSE(t.c.has_room(of(16), t.bounds));
    CHECK_FALSE(t.c.has_room(of(0), t.bounds));
    CHECK_FALSE(t.c.worth_a_flush(table::largest + of(16), t.bounds));
}

TEST_CASE("from a list of several sizes comes its newest if it is large enough, otherwise the next list's") {
    bench t;
    chunk *small = t.add(1056), *medium = t.add(1200), *next = t.add(1280), *far = t.add(1536);
    CHECK(t.get(1264) == header::to_user(next)); // the newest of the own list, 1200, is too small
    CHECK(t.get(1264) == nullptr);               // 1536 is two lists away
    CHECK(t.get(1200) == header::to_user(medium));
    CHECK(t.get(1072) == nullptr);
    CHECK(t.get(1056) == header::to_user(small));
    CHECK(t.get(1280) == header::to_user(far));
    CHECK(t.c.held() == 0);
}

TEST_CASE("the last list has no next one") {
    bench t;
    std::size_t most = ptm::bytes(table::largest);
    chunk* c = t.add(table::smallest_in(table::count - 1));
    CHECK(t.get(most) == nullptr);
    CHECK(t.get(most + 16) == nullptr);
    CHECK(t.get(ptm::bytes(header::size_of(c))) == header::to_user(c));
}

TEST_CASE("an aligned request is met by the newest of exactly its size") {
    bench t;
    chunk* c = t.add(2048);
    while (!ptm::is_aligned(header::to_user(c), 64)) {
        t.ground.make(48);
        c = t.add(2048);
    }
    CHECK(t.c.get_aligned(2000, 64, t.bounds) == nullptr); // 2016 would be exact
    CHECK(t.c.get_aligned(2040, 64, t.bounds) == header::to_user(c));
    CHECK(t.c.get_aligned(100'000, 64, t.bounds) == nullptr);
    CHECK(t.c.get_aligned(SIZE_MAX, 64, t.bounds) == nullptr);
}

TEST_CASE("a flush halves the lists that hold most, from their oldest, until half of the budget is free") {
    bench t(10'000);
    chunks large, small;
    for (int i = 0; i < 4; ++i) large.push_back(t.add(2000));
    for (int i = 0; i < 20; ++i) small.push_back(t.add(64));
    CHECK(t.c.held() == 8000 + 1280);
    CHECK(t.flushed() == chunks{large[1], large[0], large[2]}); // 64-byte chunks hold less than half of that
    CHECK(t.c.held() == 2000 + 1280);
    CHECK(t.flushed().empty());
    CHECK(t.get(2000) == header::to_user(large[3]));
    for (int i = 20; i-- > 0;) CHECK(t.get(64) == header::to_user(small[static_cast<std::size_t>(i)]));
}

TEST_CASE("a flush ends although the sizes of cached chunks were overwritten") {
    bench t(10'000);
    for (int i = 0; i < 4; ++i) header::set_size(t.add(2000), of(i % 2 == 0 ? 4096 : 32));
    CHECK(t.flushed().size() <= 4);
    while (t.get(2000)) {}
    t.c.flush(t.bounds, [](chunk*) {});
    CHECK(t.c.has_room(of(64), t.bounds));
}

TEST_CASE("a refill doubles with every miss up to a number of bytes, and a flush slows it down") {
    bench t(8192);
    auto refill = [&](std::size_t n) {
        std::size_t put = 0;
        for (t.c.begin_refill(of(n)); t.c.wants_more(of(n), t.bounds); ++put)
            t.c.put(t.ground.make(n), of(n), t.bounds);
        t.c.end_refill();
        return put;
    };
    std::vector<std::size_t> steps;
    for (int i = 0; i < 6; ++i) {
        steps.push_back(refill(256));
        t.c.drain([](chunk*) {});
    }
    CHECK(steps == std::vector<std::size_t>{0, 1, 3, 7, 15, 16});
    CHECK(refill(8192) == 0);
    CHECK(refill(8192) == 0);
    CHECK(refill(1'000'000) == 0);
    while (t.c.accept(t.ground.make(256), of(256), t.bounds)) {}
    CHECK(refill(256) == 0); // no room
    t.flushed();
    CHECK(refill(256) == 7); // six misses counted for three
}

TEST_CASE("a second free of a chunk in a budget cache is found, whatever its size says by now") {
    bench t;
    chunk* first = t.add(1200);
    for (int i = 0; i < 6; ++i) t.add(1200);
    CHECK_FALSE(t.c.accept_plain(first, of(1200), t.bounds));
    CHECK(fault_of([&] { t.c.accept(first, of(32), t.bounds); }) == "free(): double free detected in tcache 2");
}

TEST_CASE("a chunk leaves a budget cache without its mark, by whichever way") {
    bench t(4096);
    chunk *a = t.add(2048), *b = t.add(2048);
    CHECK(t.c.suspects(a, t.bounds));
    t.flushed();
    CHECK_FALSE(t.c.suspects(a, t.bounds));
    CHECK(t.c.suspects(b, t.bounds));
    CHECK(t.get(2048) == header::to_user(b));
    CHECK_FALSE(t.c.suspects(b, t.bounds));
    CHECK(t.c.accept(b, of(2048), t.bounds));
}

TEST_CASE("an unaligned chunk in a budget cache is reported where it is met") {
    bench t;
    t.add(2048);
    chunk *c = t.add(2048), *other = t.ground.make(2048);
    lead(c, ptm::offset(c, 8));
    other->ring.back = t.bounds.key;
    CHECK(fault_of([&] { t.c.accept(other, of(2048), t.bounds); }) == "free(): unaligned chunk detected in tcache 2");
    CHECK(t.get(2048) == header::to_user(c));
    CHECK(fault_of([&] { t.get(2048); }) == "malloc(): unaligned tcache chunk detected");
    CHECK(fault_of([&] { t.c.drain([](chunk*) {}); }) == "tcache_thread_shutdown(): unaligned tcache chunk detected");
}

// ---- in a heap -----------------------------------------------------------------------------------------------------

namespace {
template <int>
struct budgeted : ptm::edit<ptm_test::glass, ptm::set_cache<ptm::budget_cache<>>,
                            ptm::set_tuned<ptm::tuning{.fast_request = 0, .cache_budget = 8192}>> {};
template <int I>
using heap_of = ptm_test::tested_heap<budgeted<I>>;
}

TEST_CASE("a heap with a budget cache keeps no more than the budget from its arenas") {
    using heap = heap_of<0>;
    heap::free(heap::malloc(1)); // the cache itself
    std::size_t before = heap::figures().used_bytes();
    std::vector<void*> blocks;
    for (std::size_t i = 0; i < 2000; ++i) blocks.push_back(heap::malloc(24 + i % 50 * 40));
    for (void* p : blocks) {
        heap::free(p);
        REQUIRE(ptm_test::verdict(heap{}) == "sound");
    }
    std::size_t kept = heap::figures().used_bytes() - before + 32;
    CHECK(kept > 2048);
    CHECK(kept <= 8192);
    heap::leave();
    CHECK(heap::figures().used_bytes() == 0);
    CHECK(ptm_test::verdict(heap{}) == "sound");
}

TEST_CASE("a miss brings neighbours, which are handed out without a visit to the arena") {
    using heap = heap_of<1>;
    std::vector<void*> blocks;
    std::size_t visits = 0;
    for (int i = 0; i < 100; ++i) {
        std::size_t used = heap::figures().used_bytes();
        blocks.push_back(heap::malloc(100));
        visits += heap::figures().used_bytes() != used;
    }
    CHECK(visits <= 8); // 1, 2, 4, ... 36 of 112 bytes
    for (std::size_t i = 0; i < 100; ++i)
        for (std::size_t k = 0; k < i; ++k) REQUIRE(blocks[i] != blocks[k]);
    for (void* p : blocks) heap::free(p);
    heap::leave();
    CHECK(heap::figures().used_bytes() == 0);
}

TEST_CASE("calloc and aligned requests are met from a budget cache") {
    using heap = heap_of<2>;
    void* p = heap::malloc(500);
    std::memset(p, 0x5a, heap::usable_size(p));
    heap::free(p);
    auto* zeroed = static_cast<unsigned char*>(heap::calloc(5, 100));
    CHECK(zeroed == p);
    for (std::size_t i = 0; i < 500; ++i) REQUIRE(zeroed[i] == 0);
    heap::free(zeroed);
    CHECK(heap::calloc(SIZE_MAX, 2) == nullptr);
    CHECK(heap::aligned_alloc(32, SIZE_MAX) == nullptr);
    void* aligned = heap::aligned_alloc(64, 500);
    heap::free(aligned);
    CHECK(heap::aligned_alloc(64, 500) == aligned);
    heap::free(aligned);
    heap::leave();
    CHECK(heap::figures().used_bytes() == 0);
}

TEST_CASE("a second free is found by a heap, also in the free that makes it flush") {
    using heap = heap_of<3>;
    std::vector<void*> blocks;
    for (int i = 0; i < 5; ++i) blocks.push_back(heap::malloc(2000));
    for (void* p : blocks) heap::free(p); // the fifth makes the cache flush
    CHECK(fault_of([&] { heap::free(blocks[4]); }) == "free(): double free detected in tcache 2");
    CHECK(fault_of([&] { heap::free(blocks[3]); }) == "free(): double free detected in tcache 2");
}

TEST_CASE("blocks of other threads' arenas come home in a flush, and when a thread ends") {
    using heap = heap_of<4>;
    std::vector<void*> blocks, others;
    for (int i = 0; i < 50; ++i) blocks.push_back(heap::malloc(400));
    auto make = [&] {
        for (int i = 0; i < 50; ++i) others.push_back(heap::malloc(400));
    };
    std::thread(make).join();
    auto end = [&] {
        for (std::size_t i = 0; i < 50; ++i) {
            heap::free(blocks[i]);
            heap::free(others[i]);
        }
    };
    std::thread(end).join();
    heap::leave();
    CHECK(ptm_test::verdict(heap{}) == "sound");
    CHECK(ptm_test::block_bytes<heap>() == 0);
}
