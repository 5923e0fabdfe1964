#include "support/playground.hpp"

#include "support/catch.hpp"

#include <ptm/thread/cache.hpp>

#include <type_traits>

using context = ptm_test::plain_context;
using cache = ptm::no_cache::in<context>;

static_assert(ptm::cache_policy<ptm::no_cache, context>);
static_assert(std::is_empty_v<cache> && std::is_empty_v<cache::limits>);

TEST_CASE("no_cache takes nothing and gives nothing") {
    ptm_test::playground<context> ground;
    cache c;
    cache::limits bounds;
    bounds.set({});
    auto* free = ground.make(32);
    CHECK_FALSE(c.accept(free, ptm::chunk_size{32}, bounds));
    CHECK(c.get(24, bounds) == nullptr);
    int seen = 0;
    c.drain([&](auto*) { ++seen; });
    CHECK(seen == 0);
    CHECK_FALSE(ptm::no_cache::caches);
}
