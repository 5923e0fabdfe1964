// arena/fill.hpp - blocks filled on purpose, to show up uses of memory that was never written or is no longer owned.
//
// Off unless the setting `perturb` is not 0. source: glibc's M_PERTURB.
#pragma once

#include <ptm/arena/poison.hpp>
#include <ptm/arena/state.hpp>

namespace ptm {

// fill_fresh - the requested bytes of a new block, with the complement of the byte. Returns c.
template <arena_config C>
PTM_ALWAYS_INLINE chunk_in<C>* fill_fresh(const shared_state<C>& s, chunk_in<C>* c, std::size_t request) noexcept {
    int byte = s.perturb;
    if (byte != 0 && c) [[unlikely]]
        fill_block<C>(c, byte ^ 0xff, request);
    return c;
}

template <arena_config C>
PTM_ALWAYS_INLINE chunk_in<C>* fill_fresh(arena_state<C>& a, chunk_in<C>* c, std::size_t request) noexcept {
    return fill_fresh(*a.shared, c, request);
}

// fill_freed - a block that is being freed, but for its last word.
template <arena_config C>
PTM_ALWAYS_INLINE void fill_freed(arena_state<C>& a, chunk_in<C>* c, chunk_size n) noexcept {
    int byte = a.shared->perturb;
    if (byte != 0) [[unlikely]]
        fill_block<C>(c, byte, bytes(n) - C::header::header_bytes);
}

} // namespace ptm
