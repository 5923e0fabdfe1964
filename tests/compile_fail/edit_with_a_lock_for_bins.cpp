// expect: set_large_bins: not a large_bin_policy
// expect-anywhere: spin_lock
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/sync/spin_lock.hpp>

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_large_bins<ptm::spin_lock>> {};
