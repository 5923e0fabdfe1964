// arena/allocate.hpp - the search for a chunk, in the order of how cheap each place is to ask:
//
//   fast bin -> small bin -> sort the unsorted ones, taking what fits -> own large bin -> any larger bin -> top
//            -> merge the fast chunks and sort again -> the system
//
// source   glibc 2.36 malloc.c, _int_malloc: the same places in the same order, with the same choice in each
#pragma once

#include <ptm/arena/consolidate.hpp>
#include <ptm/arena/extend.hpp>
#include <ptm/arena/fill.hpp>
#include <ptm/arena/split.hpp>
#include <ptm/arena/stash.hpp>
#include <ptm/core/checked.hpp>

namespace ptm {

namespace detail {

// sweep - what a search remembers from one pass over the unsorted chunks to the next.
struct sweep {
    bool stashed = false;  // a chunk that fits went to the stash
    std::size_t filed = 0; // chunks sorted into bins

    static constexpr unsigned most_in_one_pass = 10000;
};

// from_fast - and what else the fast bin holds goes to the stash, as far as there is room.
// faults   fast_unaligned_chunk, fast_wrong_bin, fast_unaligned_chunk_stashing
template <arena_config C>
PTM_ALWAYS_INLINE chunk_in<C>* from_fast(arena_state<C>& a, stash_policy<C> auto stash, chunk_size n) noexcept {
    if (bytes(n) > a.shared->most_fast) return nullptr;
    chunk_in<C>* c = a.fast.pop(n);
    if (!c) return nullptr;
    while (stash.has_room(n)) {
        chunk_in<C>* further = a.fast.pop_further(n);
        if (!further) break;
        stash.put(further, n);
    }
    return c;
}

// from_small - and the other chunks of that size go to the stash, as far as there is room.
// faults   small_links_disagree for the one handed out
template <arena_config C>
PTM_ALWAYS_INLINE chunk_in<C>* from_small(arena_state<C>& a, stash_policy<C> auto stash, chunk_size n) noexcept {
    chunk_in<C>* c = a.small.take_exact(n);
    if (!c) return nullptr;
    hand_out_whole(a, c);
    while (stash.has_room(n)) {
        chunk_in<C>* further = a.small.take_exact(n);
        if (!further) break;
        stash.put(hand_out_whole(a, further), n);
    }
    return c;
}

// look_at_unsorted - is the oldest unsorted chunk sane?
template <arena_config C>
PTM_ALWAYS_INLINE void look_at_unsorted(arena_state<C>& a, chunk_in<C>* c) noexcept {
    using header = typename C::header;
    std::size_t n = bytes(header::size_of(c));
    const chunk_in<C>* after = header::next(c);
    bool sound = header::sound(c);
    expect<C, fault::unsorted_invalid_size>(n > header::header_bytes && n <= a.system_bytes && sound, c);
    std::size_t after_word = header::word_of(after);
    bool plausible = after_word >= header::header_bytes && bytes(header::size_of(after)) <= a.system_bytes;
    expect<C, fault::unsorted_invalid_next_size>(plausible && header::sound(after), after);
    expect<C, fault::unsorted_mismatching_prev_size>(header::footer_of(c) == header::size_of(c), c);
    expect<C, fault::unsorted_links_disagree>(a.unsorted.links_agree(c), c);
    expect<C, fault::unsorted_invalid_prev_in_use>(!header::prev_in_use(after), after);
}

// from_last_remainder - small requests in a row come from one chunk: c, the rest of the last split, if it is the only
// unsorted chunk and leaves a rest again.
template <arena_config C>
PTM_ALWAYS_INLINE bool suits_as_last_remainder(arena_state<C>& a, chunk_in<C>* c, chunk_size n) noexcept {
    using header = typename C::header;
    return bin_table<header>::is_small(n) && c == a.last_remainder && a.unsorted.is_only(c)
        && header::size_of(c) > n + header::smallest;
}

template <arena_config C>
PTM_ALWAYS_INLINE chunk_in<C>* from_last_remainder(arena_state<C>& a, chunk_in<C>* c, chunk_size n) noexcept {
    chunk_size whole = C::header::size_of(c);
    a.unsorted.remove(c);
    a.last_remainder = cut_front(a, c, n);
    file_free<no_check>(a, a.last_remainder, whole - n);
    return c;
}

// from_unsorted - sorts the unsorted chunks into their bins, oldest first, until one fits exactly. With a stash, those
// that fit are collected there, and the one found last is the one handed out.
template <arena_config C>
PTM_ALWAYS_INLINE chunk_in<C>* from_unsorted(arena_state<C>& a, stash_policy<C> auto stash, wanted w,
                                             sweep& s) noexcept {
    using header = typename C::header;
    for (unsigned passed = 0; passed < sweep::most_in_one_pass;) {
        chunk_in<C>* c = a.unsorted.oldest();
        if (!c) break;
        look_at_unsorted(a, c);
        if (suits_as_last_remainder(a, c, w.size)) return fill_fresh(a, from_last_remainder(a, c, w.size), w.request);
        a.unsorted.remove(c);
        if (header::size_of(c) == w.size) {
            hand_out_whole(a, c);
            if (!stash.has_room(w.size)) return fill_fresh(a, c, w.request);
            stash.put(c, w.size);
            s.stashed = true;
            continue;
        }
        file_sorted(a, c, header::size_of(c));
        ++s.filed;
        if (s.stashed && a.shared->cache_unsorted_limit > 0 && s.filed > a.shared->cache_unsorted_limit) break;
        ++passed;
    }
    return s.stashed ? stash.take(w.size) : nullptr;
}

// best_of_own_bin - the best fit in the large bin of n; it stays there, as that of next_larger does.
template <arena_config C>
PTM_ALWAYS_INLINE chunk_in<C>* best_of_own_bin(arena_state<C>& a, chunk_size n) noexcept {
    return bin_table<typename C::header>::is_small(n) ? nullptr : a.large.best_fit(n);
}

// next_larger - the smallest chunk of the next bin that has one.
template <arena_config C>
PTM_ALWAYS_INLINE chunk_in<C>* next_larger(arena_state<C>& a, chunk_size n) noexcept {
    chunk_in<C>* c = a.small.first_above(n);
    return c ? c : a.large.first_above(n);
}

// from_own_large_bin, from_larger_bin - the same, out of the bin, cut to n and handed out.
template <arena_config C>
PTM_ALWAYS_INLINE chunk_in<C>* from_own_large_bin(arena_state<C>& a, chunk_size n) noexcept {
    chunk_in<C>* c = best_of_own_bin(a, n);
    if (!c) return nullptr;
    detach(a, c);
    return hand_out<fault::corrupted_unsorted_own_bin>(a, c, n);
}

template <arena_config C>
PTM_ALWAYS_INLINE chunk_in<C>* from_larger_bin(arena_state<C>& a, chunk_size n) noexcept {
    chunk_in<C>* c = next_larger(a, n);
    if (!c) return nullptr;
    detach(a, c);
    return hand_out<fault::corrupted_unsorted_larger_bin>(a, c, n);
}

// from_top - the front of top, if a top remains.
// faults   corrupted_top_size
template <arena_config C>
PTM_ALWAYS_INLINE chunk_in<C>* from_top(arena_state<C>& a, chunk_size n) noexcept {
    using header = typename C::header;
    bool sound = header::sound(a.top) || a.top == a.no_top(); // which nobody sealed
    expect<C, fault::corrupted_top_size>(bytes(header::size_of(a.top)) <= a.system_bytes && sound, a.top);
    return cut_top(a, n);
}

template <arena_config C>
PTM_ALWAYS_INLINE chunk_in<C>* from_bins_or_top(arena_state<C>& a, chunk_size n) noexcept {
    if (chunk_in<C>* c = from_own_large_bin(a, n)) return c;
    if (chunk_in<C>* c = from_larger_bin(a, n)) return c;
    return from_top(a, n);
}

// search - everything after the two quick places.
template <arena_config C>
PTM_NOINLINE chunk_in<C>* search(arena_state<C>& a, stash_policy<C> auto stash, wanted w) noexcept {
    if (w.request > largest_request) return nullptr; // also a sum that an alignment made too large
    if (C::ruled.large_merges_fast && a.have_fast && !bin_table<typename C::header>::is_small(w.size)) consolidate(a);
    sweep s;
    for (;;) {
        if (chunk_in<C>* c = from_unsorted(a, stash, w, s)) return c;
        if (chunk_in<C>* c = from_bins_or_top(a, w.size)) return fill_fresh(a, c, w.request);
        if (!a.have_fast && !stash.may_grow() && !deserves_mapping(*a.shared, w.size)) return nullptr;
        if (!a.have_fast) return fill_fresh(a, from_system(a, stash, w.size), w.request);
        consolidate(a);
    }
}

} // namespace detail

// allocate - a chunk for `w` that belongs to the user from now on.
//
//   stash    the calling thread's cache; chunks of the same size met on the way may go there
//   returns  nullptr when neither the arena nor the system has it; the arena is intact, errno as it was
//   cost     O(1) for a fast or small hit; else O(unsorted chunks)
//   faults   those of the places searched
//   thread   the caller holds the arena's lock; the arena is prepared
template <arena_config C>
PTM_ALWAYS_INLINE chunk_in<C>* allocate(arena_state<C>& a, stash_policy<C> auto stash, wanted w) noexcept {
    if (chunk_in<C>* c = detail::from_fast(a, stash, w.size)) return fill_fresh(a, c, w.request);
    if (bin_table<typename C::header>::is_small(w.size))
        if (chunk_in<C>* c = detail::from_small(a, stash, w.size)) return fill_fresh(a, c, w.request);
    return detail::search(a, stash, w);
}

} // namespace ptm
