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

    // Is the log the same on every system? Where mappings lie and, unless it is set, how many arenas there may be is
    // the system's choice: such traces are compared live, never with kept logs.
    bool may_be_kept() const;
};

// Suites: "default", "tcache_off", "huge_pages", "explicit_huge_pages", "varied", "tiers" (of 2.42), "readable",
// "threads", "threads_varied". Empty if there is no such suite.
//
//   seeds   of each character, or traces under each setting in the varied suites; 0: as many as usual
//   times   so many times the traces
std::vector<test_case> suite(const std::string& name, std::size_t seeds, std::size_t times);

// So many traces of one character, or in turn of all with one thread ("all") or with many ("threads").
std::vector<test_case> series(const std::string& character, std::uint64_t first_seed, std::size_t traces,
                              std::size_t steps, const lines& environment);

} // namespace equivalence
