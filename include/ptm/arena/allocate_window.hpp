// arena/allocate_window.hpp - an aligned window of an arena's memory, for others to cut up.
#pragma once

#include <ptm/arena/allocate_batch.hpp>

namespace ptm {

// allocate_window - a used chunk of `window` bytes, or up to a smallest chunk more, whose user pointer is a multiple of
// `window`; never in a mapping of its own. A hole that happens to suit is taken first, so that one window's place is
// another one's next.
//
//   window   bytes; a power of two, at least header::smallest
//   stash    says whether the arena may grow; nothing else is left there
//   returns  nullptr: neither the arena nor the system has one; errno is as it was
//   cost     that of allocate_aligned
//   faults   those of allocate and release
//   thread   the caller holds the arena's lock; the arena is prepared
template <arena_config C>
chunk_in<C>* allocate_window(arena_state<C>& a, std::size_t window, stash_policy<C> auto stash) noexcept {
    std::size_t k = 1;
    chunk_in<C>* c = detail::aligned_from_hole(a, stash, window, chunk_size{window}, k);
    if (!c) c = allocate_aligned(a, stash, window, window - C::header::overhead);
    if (!c || !C::header::is_mapped(c)) return c;
    unmap_chunk(*a.shared, c);
    return nullptr;
}

} // namespace ptm
