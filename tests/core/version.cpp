#include <ptm/core/version.hpp>

#include "support/catch.hpp"

#include <string>

TEST_CASE("the version string is made of the three numbers") {
    const std::string expected = std::to_string(PTM_VERSION_MAJOR) + "." + std::to_string(PTM_VERSION_MINOR) + "."
        + std::to_string(PTM_VERSION_PATCH);
    CHECK(expected == PTM_VERSION_STRING);
}
