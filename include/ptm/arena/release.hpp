// arena/release.hpp - a chunk comes back: to the stash, to a fast bin, or merged with its neighbours.
#pragma once

#include <cstdint>

#include <ptm/arena/fill.hpp>
#include <ptm/arena/stash.hpp>
#include <ptm/arena/trim.hpp>
#include <ptm/core/errno_guard.hpp>

namespace ptm {

// large_enough_to_tidy - freeing a region of this size is worth a look at the fast bins and at top. Bytes.
inline constexpr std::size_t large_enough_to_tidy = 65536;

// looks_at_freed - is there any check that needs no lock?
template <arena_config C>
inline constexpr bool looks_at_freed = C::checked(fault::free_invalid_pointer) || C::checked(fault::free_invalid_size);

// look_at_freed - can this be a chunk of size n at all? Needs no lock.
// faults   free_invalid_pointer, free_invalid_size
template <arena_config C>
PTM_ALWAYS_INLINE void look_at_freed(const chunk_in<C>* c, chunk_size n) noexcept {
    using header = typename C::header;
    if constexpr (C::ruled.size_doubted_late) return expect<C, fault::free_invalid_pointer>(user_aligned<header>(c), c);
    expect<C, fault::free_invalid_pointer>(!wraps<header>(c, n) && user_aligned<header>(c), c);
    expect<C, fault::free_invalid_size>(size_possible<header>(n), c);
}

// look_at_uncached - what is left to be asked of a chunk that no cache took. Needs no lock.
// faults   free_invalid_size
template <arena_config C>
PTM_ALWAYS_INLINE void look_at_uncached(const chunk_in<C>* c, chunk_size n) noexcept {
    using header = typename C::header;
    if constexpr (C::ruled.size_doubted_late) {
        bool possible = n >= header::smallest && bytes(n - header::smallest) <= SIZE_MAX - address_of(c);
        expect<C, fault::free_invalid_size>(possible, c);
    }
}

namespace detail {

// faults   free_invalid_next_size_fast; those of the bins
template <arena_config C>
PTM_ALWAYS_INLINE void release_fast(arena_state<C>& a, chunk_in<C>* c, chunk_size n, origin who) noexcept {
    using header = typename C::header;
    expect<C, fault::free_invalid_next_size_fast>(word_plausible<header>(header::next(c), a.system_bytes), c);
    fill_freed(a, c, n);
    a.have_fast = true;
    a.fast.push(c, n, who);
}

// faults   double_free_top, double_free_out, double_free_not_prev, free_invalid_next_size_normal
template <arena_config C>
PTM_ALWAYS_INLINE void look_at_merged(arena_state<C>& a, chunk_in<C>* c) noexcept {
    using header = typename C::header;
    chunk_in<C>* after = header::next(c);
    expect<C, fault::double_free_top>(c != a.top, c);
    bool beyond = a.contiguous && address_of(after) >= address_of(header::next(a.top));
    expect<C, fault::double_free_out>(!beyond, c);
    expect<C, fault::double_free_not_prev>(header::prev_in_use(after), c);
    expect<C, fault::free_invalid_next_size_normal>(word_plausible<header>(after, a.system_bytes), c);
}

template <arena_config C>
PTM_NOINLINE void tidy(arena_state<C>& a) noexcept {
    errno_guard keep;
    if (a.have_fast) consolidate(a);
    if constexpr (has_sub_heaps<C>)
        if (a.side_arena) return static_cast<void>(trim_sub_heaps(a, a.shared->top_pad, a.shared->trim_threshold));
    if (bytes(C::header::size_of(a.top)) >= a.shared->trim_threshold) trim_top(a, a.shared->top_pad);
}

// settle_freed - a chunk that has merged with the one before it merges with what follows; a large result makes the
// arena tidy up.
template <arena_config C>
PTM_ALWAYS_INLINE void settle_freed(arena_state<C>& a, span<C> s) noexcept {
    if (bytes(settle(a, s, file_freed<C>)) >= large_enough_to_tidy) tidy(a);
}

} // namespace detail

// merge_free - a chunk joins its free neighbours or top; a large result makes the arena tidy up.
//   faults   those of a double free and of damaged neighbours
//   source   glibc 2.36 malloc.c, _int_free; errno survives
template <arena_config C>
PTM_NOINLINE void merge_free(arena_state<C>& a, chunk_in<C>* c, chunk_size n) noexcept {
    detail::look_at_merged(a, c);
    fill_freed(a, c, n);
    span<C> s{c, n};
    merge_back<fault::sizes_disagree_while_consolidating>(a, s);
    detail::settle_freed(a, s);
}

// release_to_arena - what remains to be done when no thread's cache took the chunk.
//   thread   the caller holds the lock of the chunk's arena
template <arena_config C>
PTM_ALWAYS_INLINE void release_to_arena(arena_state<C>& a, chunk_in<C>* c, origin who) noexcept {
    chunk_size n = C::header::size_of(c);
    if (bytes(n) <= a.shared->most_fast)
        detail::release_fast(a, c, n, who);
    else
        merge_free(a, c, n);
}

// release - a piece that the arena itself lets go: a tail, a leader, an old top. It takes the same way as a free by the
// user, the calling thread's cache included.
template <arena_config C>
PTM_NOINLINE void release(arena_state<C>& a, stash_policy<C> auto stash, chunk_in<C>* c) noexcept {
    chunk_size n = C::header::size_of(c);
    look_at_freed<C>(c, n);
    if (!stash.accept(c, n)) release_to_arena(a, c, origin::arena);
}

} // namespace ptm
