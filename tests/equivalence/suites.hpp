// suites.hpp - which traces are played under which settings.
#pragma once

#include <string>
#include <vector>

#include "generator.hpp"
#include "runner.hpp"

namespace equivalence {

struct test_case {
    recipe made_of;
    lines environment;

    std::string name() const;     // "mixed-17": also a file name
    std::string settings() const; // the environment, for people
};

// Suites: "default", "tcache_off", "varied", "readable". Empty if there is no such suite.
//
//   seeds   of each character in the first two; 0: as many as usual
//   times   so many times the traces
std::vector<test_case> suite(const std::string& name, std::size_t seeds, std::size_t times);

// So many traces of one character, or of all in turn.
std::vector<test_case> series(const std::string& character, std::uint64_t first_seed, std::size_t traces,
                              std::size_t steps, const lines& environment);

} // namespace equivalence
