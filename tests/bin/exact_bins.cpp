#include "support/playground.hpp"

#include "support/catch.hpp"

#include <ptm/bin/exact_bins.hpp>

#include <utility>
#include <vector>

namespace {
using context = ptm_test::plain_context;
using bins = ptm::exact_bins::in<context>;
using chunk = ptm::chunk_in<context>;

constexpr ptm::chunk_size of(std::size_t n) { return ptm::chunk_size{n}; }

using bench = ptm_test::stocked<bins, context>;
}

TEST_CASE("exact bins give back what was put in first") {
    bench t;
    chunk *first = t.add(64), *second = t.add(64), *other = t.add(80);
    CHECK(t.b.take_exact(of(64)) == first);
    CHECK(t.b.take_exact(of(64)) == second);
    CHECK(t.b.take_exact(of(64)) == nullptr);
    CHECK(t.b.take_exact(of(80)) == other);
}

TEST_CASE("exact bins find the next size there is") {
    bench t;
    chunk *small = t.add(32), *oldest = t.add(512), *newer = t.add(512);
    CHECK(t.b.first_above(of(16)) == small);
    CHECK(t.b.first_above(of(32)) == oldest);
    CHECK(t.b.first_above(of(512)) == nullptr);
    t.b.remove(oldest);
    CHECK(t.b.first_above(of(32)) == newer);
    t.b.remove(newer);
    CHECK(t.b.first_above(of(32)) == nullptr);
    CHECK(t.b.first_above(of(4096)) == nullptr);
}

TEST_CASE("exact bins are visited ascending, each from newest to oldest") {
    bench t;
    chunk *a = t.add(1008), *b = t.add(48), *c = t.add(48);
    std::vector<std::pair<chunk*, unsigned>> seen, expected{{c, 3}, {b, 3}, {a, 63}};
    t.b.for_each([&](chunk* each, unsigned bin) { seen.emplace_back(each, bin); });
    CHECK(seen == expected);
}

TEST_CASE("exact bins report links that disagree") {
    bench t;
    chunk *first = t.add(64), *second = t.add(64);
    second->ring.forward = ptm::address_of(&second->ring);
    CHECK(ptm_test::fault_of([&] { t.b.take_exact(of(64)); }) == "malloc(): smallbin double linked list corrupted");
    CHECK(ptm_test::fault_of([&] { t.b.remove(first); }) == "corrupted double-linked list");
}
