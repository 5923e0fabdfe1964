#include "support/playground.hpp"

#include "support/catch.hpp"

#include <ptm/bin/queue_bin.hpp>

#include <vector>

namespace {
using context = ptm_test::plain_context;
using bin = ptm::queue_bin::in<context>;
using chunk = ptm::chunk_in<context>;

void push(bin& b, chunk* c) { b.push<ptm::fault::free_corrupted_unsorted>(c); }
}

static_assert(ptm::unsorted_bin_policy<ptm::queue_bin, context>);

TEST_CASE("the queue gives back what was put in first") {
    ptm_test::playground<context> ground;
    bin b;
    b.clear();
    chunk *first = ground.make(64), *second = ground.make(2048);
    push(b, first);
    CHECK(b.is_only(first));
    push(b, second);
    CHECK_FALSE(b.is_only(first));
    CHECK(b.oldest() == first);
    b.remove(first);
    CHECK(b.oldest() == second);
    b.remove(second);
    CHECK(b.oldest() == nullptr);
}

TEST_CASE("the queue is visited from the newest to the oldest") {
    ptm_test::playground<context> ground;
    bin b;
    b.clear();
    std::vector<chunk*> made{ground.make(32), ground.make(48), ground.make(64)}, seen;
    for (chunk* c : made) push(b, c);
    b.for_each([&](chunk* c) { seen.push_back(c); });
    CHECK(seen == std::vector{made[2], made[1], made[0]});
}

TEST_CASE("the queue reports a front chunk that does not point back") {
    ptm_test::playground<context> ground;
    bin b;
    b.clear();
    chunk *first = ground.make(64), *second = ground.make(64);
    push(b, first);
    first->ring.back ^= 16;
    CHECK(ptm_test::fault_of([&] { push(b, second); }) == "free(): corrupted unsorted chunks");
    CHECK(ptm_test::fault_of([&] { b.push<ptm::no_check>(second); }) == "none");
}

TEST_CASE("the queue knows when the oldest chunk's links are wrong") {
    ptm_test::playground<context> ground;
    bin b;
    b.clear();
    chunk *first = ground.make(64), *second = ground.make(64);
    push(b, first);
    push(b, second);
    CHECK(b.links_agree(first));
    first->ring.forward = ptm::address_of(&second->ring);
    CHECK_FALSE(b.links_agree(first));
}
