#include "support/configs.hpp"

#include <ptm/arena/config.hpp>

namespace {
struct three_lines {
    using header = ptm::boundary_tag<ptm::plain_links>;
    using reporter = ptm::abort_reporter;
    [[maybe_unused]] static constexpr auto checked = ptm::checks::none;
};
struct with_wrong_lock : ptm_test::glass {
    using lock = int;
};
struct with_wrong_backend : ptm_test::glass {
    using main_backend = ptm::no_lock;
};
struct with_wrong_tuning : ptm_test::glass {
    [[maybe_unused]] static constexpr int tuned = 0;
};
struct with_wrong_rules : ptm_test::glass {
    [[maybe_unused]] static constexpr int ruled = 0;
};
}

TEST_CASE("an arena needs a model of every policy it names") {
    STATIC_REQUIRE(ptm::arena_config<ptm_test::glass>);
    STATIC_REQUIRE_FALSE(ptm::arena_config<three_lines>);
    STATIC_REQUIRE_FALSE(ptm::arena_config<with_wrong_lock>);
    STATIC_REQUIRE_FALSE(ptm::arena_config<with_wrong_backend>);
    STATIC_REQUIRE_FALSE(ptm::arena_config<with_wrong_tuning>);
    STATIC_REQUIRE_FALSE(ptm::arena_config<with_wrong_rules>);
    STATIC_REQUIRE_FALSE(ptm::arena_config<int>);
}
