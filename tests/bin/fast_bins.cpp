#include "support/playground.hpp"

#include "support/catch.hpp"

#include <ptm/bin/fast_bins.hpp>

#include <type_traits>

using context = ptm_test::plain_context;
using bins = ptm::no_fast_bins::in<context>;

static_assert(ptm::fast_bin_policy<ptm::no_fast_bins, context>);
static_assert(!ptm::fast_bin_policy<int, context>);
static_assert(std::is_empty_v<bins>);

TEST_CASE("no_fast_bins keeps nothing") {
    ptm_test::playground<context> ground;
    bins b;
    b.push(ground.make(32), ptm::chunk_size{32}, ptm::origin::user);
    CHECK(b.pop(ptm::chunk_size{32}) == nullptr);
    CHECK(b.pop_further(ptm::chunk_size{32}) == nullptr);
    CHECK(b.try_pop(ptm::chunk_size{32}) == nullptr);
    CHECK_FALSE(b.try_push(nullptr, ptm::chunk_size{32}));
    int seen = 0;
    b.take_bin(0, [&](auto*) { ++seen; });
    b.for_each([&](auto*, unsigned) { ++seen; });
    CHECK(seen == 0);
    CHECK(ptm::bytes(bins::most) == 0);
}
