#include <ptm/core/bits.hpp>

#include "support/seed.hpp"

#include <cstdint>

TEST_CASE("powers of two are those with one bit") {
    CHECK_FALSE(ptm::is_power_of_two(0));
    CHECK(ptm::is_power_of_two(1));
    CHECK_FALSE(ptm::is_power_of_two(3));
    CHECK_FALSE(ptm::is_power_of_two(SIZE_MAX));
    for (std::size_t n = 2; n != 0; n <<= 1) {
        CHECK(ptm::is_power_of_two(n));
        CHECK_FALSE(ptm::is_power_of_two(n + 1));
    }
}

TEST_CASE("rounding leaves multiples alone") {
    CHECK(ptm::align_down(48, 16) == 48);
    CHECK(ptm::align_up(48, 16) == 48);
    CHECK(ptm::align_up(49, 16) == 64);
    CHECK(ptm::align_down(63, 16) == 48);
    CHECK(ptm::align_up(7, 1) == 7);
}

TEST_CASE("rounding up wraps beyond the largest multiple") {
    CHECK(ptm::align_up(SIZE_MAX, 16) == 0);
    CHECK(ptm::align_up(SIZE_MAX - 15, 16) == SIZE_MAX - 15);
}

TEST_CASE("what is rounded is a multiple, and less than a unit away") {
    PTM_TEST_SEED(random);
    for (std::size_t i = 0; i < ptm_test::steps(2000); ++i) {
        const std::size_t unit = std::size_t{1} << random() % 20;
        const std::size_t n = static_cast<std::size_t>(random()) >> 8;
        const std::size_t down = ptm::align_down(n, unit), up = ptm::align_up(n, unit);
        REQUIRE(ptm::is_aligned(down, unit));
        REQUIRE(ptm::is_aligned(up, unit));
        REQUIRE((down <= n && n - down < unit));
        REQUIRE((up >= n && up - n < unit));
    }
}
