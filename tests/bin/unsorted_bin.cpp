#include "support/playground.hpp"

#include "support/catch.hpp"

#include <ptm/bin/unsorted_bin.hpp>

#include <type_traits>

using context = ptm_test::plain_context;
using bin = ptm::no_unsorted_bin::in<context>;

static_assert(ptm::unsorted_bin_policy<ptm::no_unsorted_bin, context>);
static_assert(!ptm::unsorted_bin_policy<int, context>);
static_assert(std::is_empty_v<bin>);

TEST_CASE("no_unsorted_bin keeps nothing") {
    ptm_test::playground<context> ground;
    bin b;
    b.clear();
    auto* c = ground.make(64);
    b.push<ptm::no_check>(c);
    CHECK(b.oldest() == nullptr);
    CHECK_FALSE(b.is_only(c));
    int seen = 0;
    b.for_each([&](auto*) { ++seen; });
    CHECK(seen == 0);
    CHECK_FALSE(bin::queues);
}
