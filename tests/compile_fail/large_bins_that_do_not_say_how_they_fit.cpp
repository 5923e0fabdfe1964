// expect: set_large_bins: not a large_bin_policy
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/heap/heap.hpp>

struct silent_bins {
    template <ptm::bin_context C>
    using in = ptm::sorted_bins::in<C>;
};

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_large_bins<silent_bins>> {};

void* block = ptm::heap<mine>::malloc(24);
