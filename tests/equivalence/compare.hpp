// compare.hpp - two logs, line by line.
#pragma once

#include <cstddef>
#include <string>

#include "runner.hpp"

namespace equivalence {

struct comparison {
    std::size_t compared = 0;  // lines
    std::size_t differing = 0; // a line that only one log has differs
    std::size_t first = 0;     // of the differing lines, counted from 0

    bool equal() const { return differing == 0; }
};

comparison compare(const lines& one, const lines& other);

// show_difference - prints the first differing line of both, and the lines before it.
void show_difference(const comparison& c, const outcomes& both);

// step_of - the number a line of a log begins with, or 0.
std::size_t step_of(const std::string& line);

} // namespace equivalence
