// expect: set_larg_bins
// expect: did you mean 'set_large_bins'
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_larg_bins<ptm::sorted_bins>> {};
