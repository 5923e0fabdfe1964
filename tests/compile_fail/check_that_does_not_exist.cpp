// expect: corrupted_top
#include <ptm/check/check_set.hpp>

constexpr auto mine = ptm::checks::glibc_2_36 - ptm::checks::of(ptm::fault::corrupted_top);
