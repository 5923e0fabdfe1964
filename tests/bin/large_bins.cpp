#include "support/playground.hpp"

#include "support/catch.hpp"

#include <ptm/bin/exact_bins.hpp>
#include <ptm/bin/large_bins.hpp>
#include <ptm/bin/sorted_bins.hpp>
#include <ptm/bin/tree_bins.hpp>

using context = ptm_test::plain_context;

TEST_CASE("a large_bin_policy knows the best fit") {
    STATIC_REQUIRE(ptm::large_bin_policy<ptm::sorted_bins, context>);
    STATIC_REQUIRE(ptm::large_bin_policy<ptm::tree_bins, context>);
    STATIC_REQUIRE_FALSE(ptm::large_bin_policy<ptm::exact_bins, context>);
    STATIC_REQUIRE_FALSE(ptm::large_bin_policy<ptm::sorted_bins, int>);
}
