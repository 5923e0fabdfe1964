#include "support/playground.hpp"

#include "support/catch.hpp"

#include <ptm/bin/exact_bins.hpp>
#include <ptm/bin/small_bins.hpp>
#include <ptm/bin/unsorted_bin.hpp>

using context = ptm_test::plain_context;

TEST_CASE("a small_bin_policy takes exact sizes") {
    STATIC_REQUIRE(ptm::small_bin_policy<ptm::exact_bins, context>);
    STATIC_REQUIRE_FALSE(ptm::small_bin_policy<ptm::no_unsorted_bin, context>);
    STATIC_REQUIRE_FALSE(ptm::small_bin_policy<ptm::exact_bins, int>);
}
