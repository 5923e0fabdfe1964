#include "support/playground.hpp"

#include "support/catch.hpp"

#include <ptm/thread/cached_lists.hpp>

#include <vector>

namespace {
using context = ptm_test::safe_context;
using header = context::header;
using lists = ptm::detail::cached_lists<context, 3>;
using chunk = ptm::chunk_in<context>;
using ptm_test::fault_of;

constexpr std::uintptr_t key = 0x1234;
constexpr auto unaligned = ptm::fault::cache_unaligned_chunk;

struct bench {
    ptm_test::playground<context> ground;
    lists l;

    chunk* push(unsigned i) {
        chunk* c = ground.make(64);
        l.push(i, c, key);
        return c;
    }
    std::vector<chunk*> in(unsigned i) {
        std::vector<chunk*> all;
        for (void* user = l.head(i); user; user = lists::below(user)) all.push_back(header::from_user(user));
        return all;
    }
};
}

TEST_CASE("lists are as large as their counts and heads") {
    STATIC_REQUIRE((sizeof(void*) != 8 || sizeof(ptm::detail::cached_lists<context, 64>) == 640));
    STATIC_REQUIRE((sizeof(void*) != 8 || sizeof(ptm::detail::cached_lists<context, 76>) == 760));
}

TEST_CASE("the newest of a list is its head, and the key is gone with it") {
    bench t;
    chunk *first = t.push(1), *second = t.push(1);
    CHECK(t.in(1) == std::vector{second, first});
    CHECK(t.l.count(1) == 2);
    CHECK(second->ring.back == key);
    CHECK(t.l.pop<unaligned>(1) == header::to_user(second));
    CHECK(second->ring.back == 0);
    CHECK(t.in(1) == std::vector{first});
    CHECK(t.in(0).empty());
}

TEST_CASE("chunks come and go behind others") {
    bench t;
    chunk *last = t.push(2), *first = t.push(2), *between = t.ground.make(64);
    t.l.push_behind(2, header::to_user(first), between, key);
    CHECK(t.in(2) == std::vector{first, between, last});
    CHECK(t.l.count(2) == 3);
    CHECK(t.l.pop_behind<unaligned>(2, header::to_user(first)) == header::to_user(between));
    CHECK(t.in(2) == std::vector{first, last});
    CHECK(t.l.pop_behind<unaligned>(2, header::to_user(first)) == header::to_user(last));
    CHECK(t.in(2) == std::vector{first});
}

TEST_CASE("full lists have nothing and take nothing") {
    constexpr lists full{lists::full{}};
    for (unsigned i = 0; i < lists::lists; ++i) {
        CHECK(full.head(i) == nullptr);
        CHECK(full.count(i) == 65535);
    }
}

TEST_CASE("draining goes list by list") {
    bench t;
    chunk *a = t.push(2), *b = t.push(0), *c = t.push(0);
    std::vector<chunk*> seen;
    t.l.drain([&](chunk* each) { seen.push_back(each); });
    CHECK(seen == std::vector{c, b, a});
    CHECK(t.l.count(0) + t.l.count(2) == 0);
}

TEST_CASE("who bears the key is looked for in the list named") {
    bench t;
    chunk *cached = t.push(1), *other = t.ground.make(64);
    t.push(1);
    CHECK(fault_of([&] { t.l.look_for(cached, 1, 7); }) == "free(): double free detected in tcache 2");
    CHECK(fault_of([&] { t.l.look_for(cached, 0, 7); }) == "none");
    CHECK(fault_of([&] { t.l.look_for(other, 1, 7); }) == "none");
    CHECK(fault_of([&] { t.l.look_for(other, 1, 1); }) == "free(): too many chunks detected in tcache");
}

TEST_CASE("a link that leads beside a chunk is reported by whoever follows it") {
    bench t;
    chunk *c = t.push(1), *other = t.ground.make(64);
    c->ring.forward = ptm::safe_links::encode(&c->ring.forward, ptm::offset(c, 8));
    CHECK(fault_of([&] { t.l.look_for(other, 1, 7); }) == "free(): unaligned chunk detected in tcache 2");
    CHECK(fault_of([&] { t.l.pop_behind<unaligned>(1, header::to_user(c)); })
          == "malloc(): unaligned tcache chunk detected");
}
