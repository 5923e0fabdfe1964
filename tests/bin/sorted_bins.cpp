#include "support/playground.hpp"

#include "support/catch.hpp"

#include <ptm/bin/sorted_bins.hpp>

#include <vector>

namespace {
using context = ptm_test::plain_context;
using bins = ptm::sorted_bins::in<context>;
using chunk = ptm::chunk_in<context>;
using chunks = std::vector<chunk*>;
using ptm_test::fault_of;

constexpr ptm::chunk_size of(std::size_t n) { return ptm::chunk_size{n}; }

struct bench : ptm_test::stocked<bins, context> {
    chunks all() const {
        chunks seen;
        b.for_each([&](chunk* c, unsigned) { seen.push_back(c); });
        return seen;
    }
    chunks representatives() const {
        chunks seen;
        b.for_each([&](chunk* c, unsigned) {
            if (bins::represents(c)) seen.push_back(c);
        });
        return seen;
    }
};
}

TEST_CASE("a sorted bin descends") {
    bench t;
    chunk *a = t.add(1984), *b = t.add(2032), *c = t.add(2016), *d = t.add(2000);
    CHECK(t.all() == chunks{b, c, d, a});
    CHECK(t.representatives() == t.all());
}

TEST_CASE("of four equal ones the second is the newest and the first the oldest") {
    bench t;
    chunk *one = t.add(2016), *two = t.add(2016), *three = t.add(2016), *four = t.add(2016);
    CHECK(t.all() == chunks{one, four, three, two});
    CHECK(t.representatives() == chunks{one});
}

TEST_CASE("the best fit is the second of its size, if there is one") {
    bench t;
    chunk *a = t.add(1984), *b = t.add(1984), *c = t.add(2032);
    CHECK(t.b.best_fit(of(2048)) == nullptr);
    CHECK(t.b.best_fit(of(2032)) == c);
    CHECK(t.b.best_fit(of(2000)) == c);
    CHECK(t.b.best_fit(of(1984)) == b);
    t.b.remove(b);
    CHECK(t.b.best_fit(of(1984)) == a);
    CHECK(t.b.best_fit(of(4096)) == nullptr);
}

TEST_CASE("the best fit is sought in the own bin only") {
    bench t;
    t.add(4096);
    CHECK(t.b.best_fit(of(1024)) == nullptr);
}

TEST_CASE("a larger bin gives its last chunk") {
    bench t;
    chunk *a = t.add(2016), *b = t.add(2016), *large = t.add(1048576 / 2);
    CHECK(t.b.first_above(of(512)) == b);
    CHECK(t.b.first_above(of(1024)) == b);
    CHECK(t.b.first_above(of(2016)) == large);
    CHECK(t.b.first_above(of(1048576 / 2)) == nullptr);
    t.b.remove(b);
    CHECK(t.b.first_above(of(512)) == a);
}

TEST_CASE("the next of its size takes over from a representative") {
    bench t;
    chunk *one = t.add(2016), *two = t.add(2016), *small = t.add(1984), *large = t.add(2032);
    t.b.remove(one);
    CHECK(t.representatives() == chunks{large, two, small});
    t.b.remove(two);
    CHECK(t.representatives() == chunks{large, small});
    CHECK(t.b.best_fit(of(2000)) == large);
    t.b.remove(small);
    t.b.remove(large);
    CHECK(t.all().empty());
}

TEST_CASE("a sorted bin reports skip links that disagree when a size is inserted") {
    bench t;
    chunk *small = t.add(1984), *c = t.ground.make(2000);
    t.add(2032);
    small->skip.back = ptm::address_of(&small->skip);
    CHECK(fault_of([&] { t.b.insert(c); }) == "malloc(): largebin double linked list corrupted (nextsize)");
}

TEST_CASE("a sorted bin reports ring links that disagree when a size is inserted") {
    bench t;
    chunk *small = t.add(1984), *large = t.add(2032), *c = t.ground.make(2000);
    large->ring.forward = ptm::address_of(&large->ring);
    CHECK(fault_of([&] { t.b.insert(c); }) == "malloc(): largebin double linked list corrupted (bk)");
    CHECK(fault_of([&] { t.b.remove(small); }) == "corrupted double-linked list");
}

TEST_CASE("a sorted bin reports skip links that disagree when a representative leaves") {
    bench t;
    chunk *small = t.add(1984), *large = t.add(2032);
    large->skip.forward = ptm::address_of(&large->skip);
    CHECK(fault_of([&] { t.b.remove(small); }) == "corrupted double-linked list (not small)");
}

TEST_CASE("a chunk marked absent represents nothing") {
    bench t;
    chunk* c = t.ground.make(2048);
    c->skip = {1, 1};
    t.b.mark_absent(c);
    CHECK_FALSE(bins::represents(c));
}
