// arena/coalesce.hpp - a free chunk and its neighbours become one.
#pragma once

#include <ptm/arena/region.hpp>
#include <ptm/check/predicates.hpp>

namespace ptm {

// detach - takes a free chunk out of whatever bin it is in.
// faults   sizes_disagree, links_disagree, skip_links_disagree
template <arena_config C>
void detach(arena_state<C>& a, chunk_in<C>* c) noexcept {
    using header = typename C::header;
    expect<C, fault::sizes_disagree>(footer_agrees<header>(c), c);
    if (bin_table<header>::is_small(header::size_of(c)))
        a.small.remove(c);
    else
        a.large.remove(c);
}

// file_sorted - into the bin of its size.
template <arena_config C>
PTM_ALWAYS_INLINE void file_sorted(arena_state<C>& a, chunk_in<C>* c, chunk_size n) noexcept {
    if (bin_table<typename C::header>::is_small(n))
        a.small.insert(c);
    else
        a.large.insert(c);
}

// file_free - makes c a free chunk of n bytes and puts it where free chunks go first.
// faults   Broken, when the newest unsorted chunk does not point back
template <fault Broken, arena_config C>
PTM_ALWAYS_INLINE void file_free(arena_state<C>& a, chunk_in<C>* c, chunk_size n) noexcept {
    using header = typename C::header;
    if constexpr (C::unsorted_bin::template in<C>::queues) {
        a.unsorted.template push<Broken>(c);
        if (!bin_table<header>::is_small(n)) a.large.mark_absent(c);
        header::set_free(c, n);
    } else {
        header::set_free(c, n);
        file_sorted(a, c, n);
    }
}

// file_freed - the same for a chunk that comes out of a free.
// faults   free_corrupted_unsorted, free_corrupted_small
template <arena_config C>
PTM_ALWAYS_INLINE void file_freed(arena_state<C>& a, chunk_in<C>* c, chunk_size n) noexcept {
    if constexpr (C::ruled.freed_small_to_own_bin)
        if (bin_table<typename C::header>::is_small(n)) {
            C::header::set_free(c, n);
            return a.small.template insert<fault::free_corrupted_small>(c);
        }
    file_free<fault::free_corrupted_unsorted>(a, c, n);
}

// merge_back - takes in the chunk before, if that is free.
// faults   Mismatch, when its size is not the one noted behind it; those of detach
template <fault Mismatch, arena_config C>
PTM_ALWAYS_INLINE void merge_back(arena_state<C>& a, span<C>& s) noexcept {
    using header = typename C::header;
    if (header::prev_in_use(s.begin)) return;
    chunk_size before = header::previous_size(s.begin);
    s = {header::previous(s.begin), before + s.size};
    expect<C, Mismatch>(header::size_of(s.begin) == before, s.begin);
    detach(a, s.begin);
}

// settle - merges s with what comes after it, top or a free chunk, and files the result: file(a, chunk, size). What
// fills a whole region goes back with it.
//   returns  the size of what came out, top included if it was merged with
// faults   those of file and of detach
template <arena_config C>
PTM_ALWAYS_INLINE chunk_size settle(arena_state<C>& a, span<C> s, auto file) noexcept {
    using header = typename C::header;
    chunk_in<C>* after = s.end();
    if (after == a.top) {
        s.size = s.size + header::size_of(after);
        header::set_top(s.begin, s.size);
        a.top = s.begin;
        return s.size;
    }
    if (header::in_use(after)) {
        if (detail::drop_if_whole(a, s.begin, after)) return s.size;
        header::set_prev_in_use(after, false);
    } else {
        detach(a, after);
        s.size = s.size + header::size_of(after);
        if (detail::drop_if_whole(a, s.begin, s.end())) return s.size;
    }
    file(a, s.begin, s.size);
    return s.size;
}

} // namespace ptm
