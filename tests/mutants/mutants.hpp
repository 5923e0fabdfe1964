// mutants/mutants.hpp - all mutants, by what is wrong in them.
#pragma once

#include "mutants/mutant.hpp"

#include <vector>

namespace mutants {

const std::vector<mutant>& in_headers();
const std::vector<mutant>& in_bins();
const std::vector<mutant>& in_memory(); // backends, and observers that write to what they are told of
const std::vector<mutant>& in_slabs();

// said_of_shelves - of those that the last ones are made from.
std::string said_of_shelves();

} // namespace mutants
