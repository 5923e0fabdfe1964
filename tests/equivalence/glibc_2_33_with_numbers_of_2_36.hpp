// The pieces and rules of glibc 2.33 with the numbers of 2.36: nothing that a trace shows may differ from 2.36.
#pragma once

#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_33.hpp>
#include <ptm/heap/glibc_2_36.hpp>

namespace equivalence {

struct glibc_2_33_with_numbers_of_2_36 : ptm::edit<ptm::glibc_2_33, ptm::set_tuned<ptm::glibc_2_36::tuned>> {};

} // namespace equivalence
