// support/seed.hpp - random runs that can be replayed.
//
//     TEST_CASE("a random run") {
//         PTM_TEST_SEED(random);                                   // std::mt19937_64 random
//         for (std::size_t i = 0; i < ptm_test::steps(10'000); ++i) ...
//     }
//
// The seed is that of the whole process: PTM_SEED from the environment, else a new one. It is printed before the
// first random run, and again by every assertion that fails in one. PTM_LONG in the environment asks for longer runs.
#pragma once

#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <random>

namespace ptm_test {

// seed - the seed of this process; printed when it is first asked for.
std::uint64_t seed();

// Whether this process made a random run.
bool seed_was_used();

// steps - how many steps a random run takes: `usual`, and twenty times that in a long run.
std::size_t steps(std::size_t usual);

} // namespace ptm_test

// PTM_TEST_SEED(name) - defines a std::mt19937_64 `name`, and makes failing assertions of this scope tell the seed.
#define PTM_TEST_SEED(name)                                                                                            \
    INFO("PTM_SEED=" << ::ptm_test::seed() << " replays this run");                                                    \
    ::std::mt19937_64 name { ::ptm_test::seed() }
