#include <ptm/tune/rules.hpp>

#include "support/catch.hpp"

#include <type_traits>

// A value with names, so that a configuration writes rules{.alignment_merges = true}.
static_assert(std::is_aggregate_v<ptm::rules> && std::is_trivially_copyable_v<ptm::rules>);

TEST_CASE("without a word the rules are those of glibc 2.36") {
    constexpr ptm::rules r;
    CHECK_FALSE(r.freed_small_to_own_bin);
    CHECK_FALSE(r.alignment_merges);
    CHECK_FALSE(r.size_doubted_late);
    CHECK_FALSE(r.realloc_keeps_close_fits);
    CHECK_FALSE(r.aligned_alloc_is_strict);
    CHECK(r.tunables == ptm::tunable_rules::glibc_2_36);
    CHECK_FALSE(r.cache_after_the_end);
    CHECK_FALSE(r.trims_every_top);
}
