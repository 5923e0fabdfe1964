// arena/consolidate.hpp - empties the fast bins: their chunks merge with their neighbours and join the unsorted ones.
#pragma once

#include <ptm/arena/coalesce.hpp>

namespace ptm {

// consolidate
//   cost     O(fast chunks)
//   faults   consolidate_unaligned_fast_chunk, consolidate_invalid_size, sizes_disagree_in_fast_bins
//   source   glibc 2.36 malloc.c, malloc_consolidate
template <arena_config C>
PTM_NOINLINE void consolidate(arena_state<C>& a) noexcept {
    using header = typename C::header;
    a.have_fast = false;
    for (unsigned i = 0; i < a.fast.bins; ++i)
        a.fast.take_bin(i, [&](chunk_in<C>* c) noexcept {
            span<C> s{c, header::size_of(c)};
            merge_back<fault::sizes_disagree_in_fast_bins>(a, s);
            settle(a, s, file_free<no_check, C>);
        });
    a.shared->observer(events::consolidated{});
}

} // namespace ptm
