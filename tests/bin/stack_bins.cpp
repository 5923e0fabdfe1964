#include "support/playground.hpp"

#include "support/catch.hpp"

#include <ptm/bin/stack_bins.hpp>

#include <utility>
#include <vector>

namespace {
using context = ptm_test::safe_context;
using header = context::header;
using bins = ptm::stack_bins::in<context>;
using chunk = ptm::chunk_in<context>;
using ptm_test::fault_of;

constexpr ptm::chunk_size of(std::size_t n) { return ptm::chunk_size{n}; }

struct bench {
    ptm_test::playground<context> ground;
    bins b;

    chunk* add(std::size_t n) {
        chunk* c = ground.make(n);
        b.push(c, of(n), ptm::origin::user);
        return c;
    }
};

// The link of a fast chunk, made to lead to `target`.
void lead(chunk* c, const void* target) { c->ring.forward = ptm::safe_links::encode(&c->ring.forward, target); }
}

TEST_CASE("fast bins reach to requests of 160 bytes") {
    CHECK(ptm::bytes(bins::most) == 176);
    CHECK(bins::bins == 10);
}

TEST_CASE("fast bins give back what was put in last") {
    bench t;
    chunk *first = t.add(32), *second = t.add(32), *other = t.add(176);
    CHECK(t.b.pop(of(32)) == second);
    CHECK(t.b.pop_further(of(32)) == first);
    CHECK(t.b.pop(of(32)) == nullptr);
    CHECK(t.b.pop(of(176)) == other);
}

TEST_CASE("a fast bin is taken whole, newest first") {
    bench t;
    chunk *first = t.add(48), *second = t.add(48), *other = t.add(64);
    std::vector<chunk*> seen;
    t.b.take_bin(1, [&](chunk* c) {
        seen.push_back(c);
        c->ring = {1, 2}; // may be written at once
    });
    CHECK(seen == std::vector{second, first});
    CHECK(t.b.pop(of(48)) == nullptr);
    CHECK(t.b.pop(of(64)) == other);
}

TEST_CASE("fast bins are visited ascending, newest first") {
    bench t;
    chunk *a = t.add(64), *b = t.add(32), *c = t.add(64);
    std::vector<std::pair<chunk*, unsigned>> seen, expected{{b, 0}, {c, 2}, {a, 2}};
    t.b.for_each([&](chunk* each, unsigned bin) { seen.emplace_back(each, bin); });
    CHECK(seen == expected);
}

TEST_CASE("fast bins store links that cannot be read as addresses") {
    bench t;
    chunk *first = t.add(32), *second = t.add(32);
    CHECK(second->ring.forward != ptm::address_of(first));
    CHECK(ptm::safe_links::decode(&second->ring.forward, second->ring.forward) == first);
}

TEST_CASE("fast bins report a chunk pushed twice in a row") {
    bench t;
    chunk* c = t.add(32);
    CHECK(fault_of([&] { t.b.push(c, of(32), ptm::origin::user); }) == "double free or corruption (fasttop)");
}

TEST_CASE("fast bins look at the old head only when the arena frees") {
    bench t;
    chunk *head = t.add(32), *next = t.ground.make(32);
    header::set_size(head, of(64));
    CHECK(fault_of([&] { t.b.push(next, of(32), ptm::origin::arena); }) == "invalid fastbin entry (free)");
    CHECK(fault_of([&] { t.b.push(next, of(32), ptm::origin::user); }) == "none");
}

TEST_CASE("fast bins report a chunk of another size") {
    bench t;
    chunk* c = t.add(32);
    header::set_size(c, of(64));
    CHECK(fault_of([&] { t.b.pop(of(32)); }) == "malloc(): memory corruption (fast)");
    t.add(48);
    header::set_size(t.add(48), of(64));
    CHECK(fault_of([&] { t.b.take_bin(1, [](chunk*) {}); }) == "malloc_consolidate(): invalid chunk size");
}

TEST_CASE("fast bins report an unaligned link where it is used") {
    bench t;
    for (std::size_t n : {32u, 48u}) {
        chunk* c = t.add(n);
        lead(c, ptm::offset(c, 8));
        CHECK(t.b.pop(of(n)) == c);
    }
    CHECK(fault_of([&] { t.b.pop(of(32)); }) == "malloc(): unaligned fastbin chunk detected 2");
    CHECK(fault_of([&] { t.b.pop_further(of(48)); }) == "malloc(): unaligned fastbin chunk detected 3");
    CHECK(fault_of([&] { t.b.take_bin(1, [](chunk*) {}); })
          == "malloc_consolidate(): unaligned fastbin chunk detected");
}

TEST_CASE("try_pop and try_push leave for pop and push what is damaged") {
    bench t;
    chunk* c = t.add(32);
    CHECK_FALSE(t.b.try_push(c, of(32)));
    header::set_size(c, of(64));
    CHECK(t.b.try_pop(of(32)) == nullptr);
    header::set_size(c, of(32));
    lead(c, ptm::offset(c, 8));
    CHECK(t.b.try_pop(of(32)) == c);
    CHECK(t.b.try_pop(of(32)) == nullptr);
    CHECK(fault_of([&] { t.b.pop(of(32)); }) == "malloc(): unaligned fastbin chunk detected 2");
}
