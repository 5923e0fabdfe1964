#include <ptm/observe/default_poisoning.hpp>

#include "support/catch.hpp"

#include <type_traits>

TEST_CASE("default_poisoning is AddressSanitizer's in builds with it, and nothing elsewhere") {
    using expected = std::conditional_t<PTM_ADDRESS_SANITIZED == 1, ptm::asan_poisoning, ptm::no_poisoning>;
    STATIC_REQUIRE(std::is_same_v<ptm::default_poisoning, expected>);
    STATIC_REQUIRE(ptm::default_poisoning::poisons == (PTM_ADDRESS_SANITIZED == 1));
}
