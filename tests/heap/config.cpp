#include "support/configs.hpp"

#include <ptm/heap/config.hpp>

namespace {
// All that an arena needs, and no more.
struct without_cache {
    using header = ptm::boundary_tag<ptm::plain_links>;
    using main_backend = ptm::no_backend;
    using arena_backend = ptm::no_backend;
    using mapped_backend = ptm::no_backend;
    using fast_bins = ptm::no_fast_bins;
    using unsorted_bin = ptm::no_unsorted_bin;
    using small_bins = ptm::exact_bins;
    using large_bins = ptm::sorted_bins;
    using lock = ptm::no_lock;
    using observer = ptm::no_observer;
    using poisoning = ptm::no_poisoning;
    using reporter = ptm::trap_reporter;
    static constexpr auto checked = ptm::checks::none;
    static constexpr auto tuned = ptm::tuning{};
    static constexpr auto ruled = ptm::rules{};
};
struct with_cache : without_cache {
    using arenas = ptm::one_arena;
    using cache = ptm::no_cache;
    using hooks = ptm::no_hooks;
};
struct with_wrong_hooks : with_cache {
    using hooks = ptm::no_observer;
};
struct with_wrong_arenas : with_cache {
    using arenas = ptm::no_cache;
};
struct with_wrong_cache : without_cache {
    using arenas = ptm::one_arena;
    using cache = ptm::no_fast_bins;
    using hooks = ptm::no_hooks;
};
}

TEST_CASE("a heap needs what an arena needs, arenas, a cache and hooks") {
    STATIC_REQUIRE(ptm::arena_config<without_cache>);
    STATIC_REQUIRE_FALSE(ptm::heap_config<without_cache>);
    STATIC_REQUIRE(ptm::heap_config<with_cache>);
    STATIC_REQUIRE_FALSE(ptm::heap_config<with_wrong_arenas>);
    STATIC_REQUIRE_FALSE(ptm::heap_config<with_wrong_cache>);
    STATIC_REQUIRE_FALSE(ptm::heap_config<with_wrong_hooks>);
    STATIC_REQUIRE_FALSE(ptm::heap_config<int>);
}
