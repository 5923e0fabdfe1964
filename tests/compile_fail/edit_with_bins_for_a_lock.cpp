// expect: set_lock
// expect-anywhere: lock_policy
// expect-anywhere: sorted_bins
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_lock<ptm::sorted_bins>> {};
