#include "support/catch.hpp"

#include <ptm/check/verifier.hpp>

#include <string_view>

TEST_CASE("a verifier says the first invariant that does not hold") {
    ptm::detail::verifier v;
    v.must(true, "one");
    CHECK_FALSE(v.gave_up());
    CHECK(v.verdict() == nullptr);
    v.must(false, "two");
    v.must(true, "three");
    v.must(false, "four");
    CHECK(v.gave_up());
    CHECK(std::string_view{v.verdict()} == "two");
}
