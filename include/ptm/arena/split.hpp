// arena/split.hpp - handing out a chunk that is free: whole, or its front while the rest stays free.
#pragma once

#include <ptm/arena/coalesce.hpp>

namespace ptm {

// hand_out_whole - c, already out of its bin, becomes a used chunk with the size it has.
template <arena_config C>
PTM_ALWAYS_INLINE chunk_in<C>* hand_out_whole(arena_state<C>& a, chunk_in<C>* c) noexcept {
    using header = typename C::header;
    header::set_prev_in_use(header::next(c), true);
    if (a.side_arena) header::mark_side_arena(c);
    return c;
}

// cut_front - the first `n` bytes of c, a free chunk of `whole` bytes out of its bin, become a used chunk.
//   returns  the rest, whole - n bytes, which the caller makes a chunk of
template <arena_config C>
PTM_ALWAYS_INLINE chunk_in<C>* cut_front(arena_state<C>& a, chunk_in<C>* c, chunk_size n) noexcept {
    C::header::set_used(c, n, a.side_arena);
    return C::header::at(c, bytes(n));
}

// cut_top - the front of top becomes a used chunk of n, if what is left can be a top.
template <arena_config C>
PTM_ALWAYS_INLINE chunk_in<C>* cut_top(arena_state<C>& a, chunk_size n) noexcept {
    using header = typename C::header;
    chunk_in<C>* c = a.top;
    chunk_size whole = header::size_of(c);
    if (whole < n + header::smallest) return nullptr;
    a.top = cut_front(a, c, n);
    header::set_top(a.top, whole - n);
    return c;
}

// hand_out - as much of c, detached and at least n bytes, as a request for n needs; a rest that can be a chunk is
// filed.
//   returns  c
// faults   Broken, as file_free
template <fault Broken, arena_config C>
PTM_ALWAYS_INLINE chunk_in<C>* hand_out(arena_state<C>& a, chunk_in<C>* c, chunk_size n) noexcept {
    using header = typename C::header;
    chunk_size rest = header::size_of(c) - n;
    if (rest < header::smallest) return hand_out_whole(a, c);
    chunk_in<C>* remainder = cut_front(a, c, n);
    file_free<Broken>(a, remainder, rest);
    if (bin_table<header>::is_small(n)) a.last_remainder = remainder;
    return c;
}

} // namespace ptm
