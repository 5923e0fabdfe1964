#include "support/playground.hpp"

#include "support/catch.hpp"

#include <ptm/thread/array_cache.hpp>

#include <vector>

namespace {
using context = ptm_test::safe_context;
using header = context::header;
using cache = ptm::array_cache::in<context>;
using chunk = ptm::chunk_in<context>;
using ptm_test::fault_of;

constexpr ptm::chunk_size of(std::size_t n) { return ptm::chunk_size{n}; }

struct bench {
    ptm_test::playground<context> ground;
    cache c;
    cache::limits bounds;

    explicit bench(const ptm::tuning& t = {}) { bounds.set(t); }

    chunk* add(std::size_t n) {
        chunk* made = ground.make(n);
        c.accept(made, of(n), bounds);
        return made;
    }
};

void lead(chunk* c, const void* target) { c->ring.forward = ptm::safe_links::encode(&c->ring.forward, target); }
}

TEST_CASE("the block of a thread has glibc's size") {
    STATIC_REQUIRE((sizeof(void*) != 8 || sizeof(cache) == 640));
    STATIC_REQUIRE((sizeof(void*) != 8 || cache::most_request == 1032));
}

TEST_CASE("a bin takes as many chunks as the limit says") {
    bench t({.cache_count = 2});
    CHECK(t.c.accept(t.ground.make(32), of(32), t.bounds));
    CHECK(t.c.accept(t.ground.make(32), of(32), t.bounds));
    CHECK_FALSE(t.c.accept(t.ground.make(32), of(32), t.bounds));
    CHECK(t.c.accept(t.ground.make(48), of(48), t.bounds));
    CHECK(t.c.cached(of(32)) == 2);
}

TEST_CASE("a count of nothing caches nothing") {
    bench t({.cache_count = 0});
    CHECK_FALSE(t.c.has_room(of(32), t.bounds));
    CHECK_FALSE(t.c.accept_plain(t.ground.make(32), of(32), t.bounds));
}

TEST_CASE("the largest request decides with its bin") {
    bench t({.cache_request = 100});
    CHECK(t.bounds.request == 104);
    CHECK(t.c.has_room(of(112), t.bounds));
    CHECK_FALSE(t.c.has_room(of(128), t.bounds));
}

TEST_CASE("limits beyond what the bins can hold are cut") {
    bench t({.cache_count = 1000000, .cache_request = 5000});
    CHECK(t.bounds.request == 1032);
    CHECK(t.bounds.count == 65535);
}

TEST_CASE("a chunk bears the mark while it is cached, and only then") {
    bench t;
    chunk* c = t.add(32);
    CHECK(c->ring.back == t.bounds.mark.word);
    CHECK(t.c.get(24, t.bounds) == header::to_user(c));
    CHECK(c->ring.back == 0);
}

TEST_CASE("links in a cache cannot be read as addresses") {
    bench t;
    chunk *first = t.add(32), *second = t.add(32);
    CHECK(second->ring.forward != ptm::address_of(header::to_user(first)));
    CHECK(t.c.take(of(32)) == second);
    CHECK(t.c.take(of(32)) == first);
}

TEST_CASE("drain goes by size, newest first") {
    bench t;
    chunk *a = t.add(1040), *b = t.add(32), *c = t.add(32);
    std::vector<chunk*> seen;
    t.c.drain([&](chunk* each) { seen.push_back(each); });
    CHECK(seen == std::vector{c, b, a});
    CHECK(t.c.cached(of(32)) == 0);
}

TEST_CASE("a second free of a cached chunk is found, at any depth and in a full bin") {
    bench t;
    chunk* first = t.add(32);
    for (int i = 0; i < 6; ++i) t.add(32);
    CHECK_FALSE(t.c.accept_plain(first, of(32), t.bounds));
    CHECK(fault_of([&] { t.c.accept(first, of(32), t.bounds); }) == "free(): double free detected in tcache 2");
}

TEST_CASE("a chunk that bears the mark by chance is taken") {
    bench t;
    t.add(32);
    chunk* c = t.ground.make(32);
    c->ring.back = t.bounds.mark.word;
    CHECK_FALSE(t.c.accept_plain(c, of(32), t.bounds));
    CHECK(t.c.accept(c, of(32), t.bounds));
}

TEST_CASE("a list longer than its limit is reported") {
    bench t({.cache_count = 1});
    chunk *kept = t.add(32), *c = t.ground.make(32), *further = t.ground.make(32);
    lead(kept, header::to_user(further));
    lead(further, nullptr);
    c->ring.back = t.bounds.mark.word;
    CHECK(fault_of([&] { t.c.accept(c, of(32), t.bounds); }) == "free(): too many chunks detected in tcache");
}

TEST_CASE("an unaligned cached chunk is reported where it is met") {
    bench t;
    chunk *c = t.add(32), *other = t.ground.make(32);
    lead(c, ptm::offset(c, 8));
    other->ring.back = t.bounds.mark.word;
    CHECK(fault_of([&] { t.c.accept(other, of(32), t.bounds); }) == "free(): unaligned chunk detected in tcache 2");
    CHECK(t.c.get(24, t.bounds) == header::to_user(c));
    CHECK(fault_of([&] { t.c.get(24, t.bounds); }) == "malloc(): unaligned tcache chunk detected");
    CHECK(fault_of([&] { t.c.drain([](chunk*) {}); }) == "tcache_thread_shutdown(): unaligned tcache chunk detected");
}

TEST_CASE("the mark of a cached chunk may be the block that it is cached in") {
    using marked = ptm::array_cache_marked<ptm::mark_of_block>::in<context>;
    STATIC_REQUIRE(sizeof(marked) == sizeof(cache));
    ptm_test::playground<context> ground;
    marked one, other;
    marked::limits bounds;
    bounds.set({});
    chunk* c = ground.make(32);
    CHECK(one.accept(c, of(32), bounds));
    CHECK(c->ring.back == ptm::address_of(&one));
    CHECK(one.suspects(c, bounds));
    CHECK_FALSE(other.suspects(c, bounds)); // a second free by another thread is not found
    CHECK(fault_of([&] { one.accept(c, of(32), bounds); }) == "free(): double free detected in tcache 2");
}
