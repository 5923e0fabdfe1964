#include <ptm/report/throwing_reporter.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"

using ptm::fault;

namespace {
const int damaged = 0;
}

TEST_CASE("throwing_reporter without a landing does what it does otherwise") {
    auto aborts = ptm_test::in_child([] { ptm::throwing_reporter::fatal(fault::double_free_top, &damaged); });
    CHECK(aborts.killed_by(SIGABRT));
    CHECK(aborts.errors == "double free or corruption (top)\n");
    using or_trap = ptm::throwing_reporter_or<ptm::trap_reporter>;
    auto traps = ptm_test::in_child([] { or_trap::fatal(fault::double_free_top, &damaged); });
    CHECK(traps.killed_by_trap());
}

TEST_CASE("throwing_reporter jumps to the landing and says what and where") {
    ptm::landing here;
    if (sigsetjmp(here.way_out, 0) == 0) {
        ptm::throwing_reporter::fatal(fault::links_disagree, &damaged);
        FAIL("fatal() came back");
    }
    CHECK(here.kind == fault::links_disagree);
    CHECK(here.where == &damaged);
}

TEST_CASE("the innermost landing is the one made last that still lives") {
    CHECK(ptm::landing::innermost() == nullptr);
    {
        ptm::landing outer;
        {
            ptm::landing inner;
            CHECK(ptm::landing::innermost() == &inner);
        }
        CHECK(ptm::landing::innermost() == &outer);
    }
    CHECK(ptm::landing::innermost() == nullptr);
}
