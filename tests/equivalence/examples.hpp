// examples.hpp - traces written by hand, each step with what the log must say: worked examples of glibc's malloc.
//
//   m 0 24              => h+2a0 ; u=24
//
// Behind "=>" stand pieces of text separated by ';'. Each must stand, between blanks, in one of the step's log lines.
#pragma once

#include <cstddef>
#include <string>

#include "runner.hpp"

namespace equivalence {

struct example_result {
    std::size_t expectations = 0;
    lines failures; // for people

    bool good() const { return failures.empty() && expectations > 0; }
};

example_result check_example(const std::string& trace, const outcome& o);

} // namespace equivalence
