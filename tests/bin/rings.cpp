#include "support/playground.hpp"

#include "support/catch.hpp"

#include <ptm/bin/rings.hpp>

#include <vector>

namespace {
using context = ptm_test::plain_context;
using rings = ptm::detail::rings<context>;
using chunk = ptm::chunk_in<context>;

std::vector<chunk*> members(const ptm::ring_node& head) {
    std::vector<chunk*> seen;
    rings::for_each(head, [&](chunk* c) { seen.push_back(c); });
    return seen;
}
}

TEST_CASE("a new ring is empty") {
    ptm::ring_node head{};
    rings::algorithms::init_header(&head);
    CHECK(rings::empty(head));
    CHECK(members(head).empty());
}

TEST_CASE("link_front puts a chunk before all others") {
    ptm_test::playground<context> ground;
    ptm::ring_node head{};
    rings::algorithms::init_header(&head);
    chunk *a = ground.make(32), *b = ground.make(48), *c = ground.make(32);
    for (chunk* each : {a, b, c}) rings::link_front(head, each);
    CHECK(members(head) == std::vector{c, b, a});
    CHECK(rings::back_chunk(head) == a);
    CHECK(rings::front(head) == context::header::ring_of(c));
}

TEST_CASE("unlink takes a chunk out of the middle") {
    ptm_test::playground<context> ground;
    ptm::ring_node head{};
    rings::algorithms::init_header(&head);
    chunk *a = ground.make(32), *b = ground.make(48), *c = ground.make(32);
    for (chunk* each : {a, b, c}) rings::link_front(head, each);
    rings::unlink(b);
    CHECK(members(head) == std::vector{c, a});
    rings::unlink(a);
    rings::unlink(c);
    CHECK(rings::empty(head));
}

TEST_CASE("unlink reports a neighbour that does not point back") {
    ptm_test::playground<context> ground;
    ptm::ring_node head{};
    rings::algorithms::init_header(&head);
    chunk *a = ground.make(32), *b = ground.make(48);
    rings::link_front(head, a);
    rings::link_front(head, b);
    a->ring.back = ptm::address_of(&a->ring);
    CHECK(ptm_test::fault_of([&] { rings::unlink(b); }) == "corrupted double-linked list");
}
