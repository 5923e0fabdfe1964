// generator.hpp - traces of many characters, each a function of its name, a seed and a number of steps alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace equivalence {

struct recipe {
    std::string character;
    std::uint64_t seed;
    std::size_t steps;
};

std::vector<std::string> character_names();          // with one thread
std::vector<std::string> threaded_character_names(); // with many

// generate - the trace's text; empty if there is no such character.
std::string generate(const recipe& r);

} // namespace equivalence
