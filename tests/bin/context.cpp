#include "support/playground.hpp"

#include "support/catch.hpp"

#include <type_traits>

namespace {
struct without_reporter {
    using header = ptm::boundary_tag<ptm::plain_links>;
    [[maybe_unused]] static constexpr auto checked = ptm::checks::all;
};
struct without_checks {
    using header = ptm::boundary_tag<ptm::plain_links>;
    using reporter = ptm::abort_reporter;
};
struct wrong_header {
    using header = ptm::plain_links;
    using reporter = ptm::abort_reporter;
    [[maybe_unused]] static constexpr auto checked = ptm::checks::all;
};

static_assert(!ptm::bin_context<without_reporter>);
static_assert(!ptm::bin_context<without_checks>);
static_assert(!ptm::bin_context<wrong_header>);
static_assert(!ptm::bin_context<int>);
}

TEST_CASE("three lines make a bin context") {
    STATIC_REQUIRE(ptm::bin_context<ptm_test::plain_context>);
    STATIC_REQUIRE(std::is_same_v<ptm::chunk_in<ptm_test::plain_context>, ptm::boundary_tag<ptm::plain_links>::chunk>);
}

TEST_CASE("no_check is in no set of checks") {
    CHECK_FALSE(ptm::checks::all(ptm::no_check));
    CHECK_FALSE(ptm::checks::none(ptm::no_check));
}
