// arena/walk.hpp - the chunks of an arena one after the other, as they lie in memory.
#pragma once

#include <ptm/arena/region.hpp>
#include <ptm/arena/sub_heap.hpp>

namespace ptm {

namespace detail {

// ends_here - top, or a fence; in a sub-heap also the word behind one.
template <arena_config C>
bool ends_here(const arena_state<C>& a, const chunk_in<C>* c) noexcept {
    std::size_t n = bytes(C::header::size_in(C::header::peek(c)));
    return c == a.top || n == C::header::header_bytes || (a.side_arena && n == 0);
}

// for_each_first_chunk - visit(chunk): where a run of chunks begins, as far as the arena knows. One without regions or
// sub-heaps knows only the first of the runs at its frontier.
template <arena_config C>
void for_each_first_chunk(const arena_state<C>& a, auto&& visit) {
    using header = typename C::header;
    if constexpr (has_sub_heaps<C>)
        if (a.side_arena) return for_each_sub_heap(a, [&](sub_heap<C>* h) { visit(first_chunk(h)); });
    if constexpr (keeps_regions<C>)
        a.regions.for_each([&](const region& r) { visit(chunks_of<C>(r)); });
    else if (a.has_memory())
        visit(header::at(a.base, misalignment<header>(a.base)));
}

} // namespace detail

// for_each_chunk - visit(chunk, used), in memory order within each run of chunks, without top. Chunks in fast bins and
// caches count as used: nothing in them says otherwise. visit may change the user's bytes only.
//   thread   the caller holds the arena's lock
template <arena_config C>
void for_each_chunk(const arena_state<C>& a, auto&& visit) {
    detail::for_each_first_chunk(a, [&](chunk_in<C>* c) {
        for (; !detail::ends_here(a, c); c = C::header::next(c)) visit(c, C::header::in_use(c));
    });
}

} // namespace ptm
