// arena/align.hpp - a chunk whose user pointer is a multiple of more than the usual alignment.
//
// A chunk with room for the worst case is allocated; what lies before and behind the aligned part is freed again:
//
//   +-----------------+----------------------+-----------------+
//   | leader, freed   | the aligned chunk    | tail, freed     |
//   +-----------------+----------------------+-----------------+
#pragma once

#include <ptm/arena/allocate.hpp>

namespace ptm {

namespace detail {

// aligned_within - the first place in c where an aligned chunk may begin: c itself, or where the leader can be a chunk.
template <arena_config C>
chunk_in<C>* aligned_within(chunk_in<C>* c, std::size_t alignment) noexcept {
    using header = typename C::header;
    std::size_t user = align_up(address_of(header::to_user(c)), alignment);
    std::size_t ahead = user - header::header_bytes - address_of(c);
    if (ahead != 0 && ahead < bytes(header::smallest)) ahead += alignment;
    return header::at(c, ahead);
}

// shift_mapped - a mapped chunk begins later in its mapping, if it must; nothing is freed.
template <arena_config C>
chunk_in<C>* shift_mapped(chunk_in<C>* c, std::size_t alignment) noexcept {
    using header = typename C::header;
    chunk_in<C>* aligned = aligned_within<C>(c, alignment);
    std::size_t ahead = bytes_between(c, aligned);
    if (ahead == 0) return c;
    header::set_mapped(aligned, header::size_of(c) - chunk_size{ahead}, bytes(header::previous_size(c)) + ahead);
    return aligned;
}

template <arena_config C>
void cut_leader(arena_state<C>& a, stash_policy<C> auto stash, chunk_in<C>* c, chunk_in<C>* aligned) noexcept {
    using header = typename C::header;
    chunk_size leader{bytes_between(c, aligned)};
    header::set_used(aligned, header::size_of(c) - leader, a.side_arena);
    header::set_prev_in_use(header::next(aligned), true);
    header::set_size(c, leader);
    if (a.side_arena) header::mark_side_arena(c);
    if constexpr (C::ruled.alignment_merges)
        merge_free(a, c, leader);
    else
        release(a, stash, c);
}

// cut_surplus - frees a tail; one of the smallest size stays with the chunk: the test is strict.
template <arena_config C>
void cut_surplus(arena_state<C>& a, stash_policy<C> auto stash, chunk_in<C>* c, chunk_size n) noexcept {
    using header = typename C::header;
    chunk_size whole = header::size_of(c);
    if (whole <= n + header::smallest) return;
    chunk_in<C>* tail = header::at(c, bytes(n));
    header::set_used(tail, whole - n, a.side_arena);
    header::set_size(c, n);
    release(a, stash, tail);
}

// room_for_aligned - for a chunk of n, wherever in it the aligned part begins.
template <header_policy H>
wanted room_for_aligned(chunk_size n, std::size_t alignment) noexcept {
    std::size_t room = bytes(n) + alignment + bytes(H::smallest);
    return {room, H::size_for(room)};
}

// merge_surplus - a tail merges with what follows, if that makes it a chunk; it is not filled as a freed block.
template <arena_config C>
void merge_surplus(arena_state<C>& a, chunk_in<C>* c, chunk_size n) noexcept {
    using header = typename C::header;
    chunk_in<C>* after = header::next(c);
    chunk_size rest = header::size_of(c) - n;
    if (bytes(rest) == 0) return;
    if (rest < header::smallest && after != a.top && header::in_use(after)) return;
    header::set_size(c, n);
    settle_freed(a, span<C>{header::at(c, bytes(n)), rest});
}

// free_surplus - the way that the configuration has for tails.
template <arena_config C>
void free_surplus(arena_state<C>& a, stash_policy<C> auto stash, chunk_in<C>* c, chunk_size n) noexcept {
    if constexpr (C::ruled.alignment_merges)
        merge_surplus(a, c, n);
    else
        cut_surplus(a, stash, c, n);
}

// cut_aligned - of c, a used chunk with room for it, the aligned part; what lies before and behind is freed.
template <arena_config C>
chunk_in<C>* cut_aligned(arena_state<C>& a, stash_policy<C> auto stash, chunk_in<C>* c, std::size_t alignment,
                         chunk_size n) noexcept {
    chunk_in<C>* aligned = aligned_within<C>(c, alignment);
    if (aligned != c) cut_leader(a, stash, c, aligned);
    free_surplus(a, stash, aligned, n);
    return aligned;
}

} // namespace detail

// map_aligned - as allocate_aligned, for a request that no arena can serve: see map_alone.
template <arena_config C>
chunk_in<C>* map_aligned(shared_state<C>& s, std::size_t alignment, std::size_t request) noexcept {
    using header = typename C::header;
    chunk_in<C>* c = map_alone(s, detail::room_for_aligned<header>(header::size_for(request), alignment));
    return c ? detail::shift_mapped<C>(c, alignment) : nullptr;
}

// allocate_aligned
//
//   alignment  bytes; a power of two, larger than header::alignment, at least header::smallest
//   request    bytes, at most largest_request
//   returns    nullptr when there is no memory; errno is as it was
//   faults     those of allocate and release
//   thread     the caller holds the arena's lock; the arena is prepared
//   source     glibc 2.36 malloc.c, _int_memalign
template <arena_config C>
chunk_in<C>* allocate_aligned(arena_state<C>& a, stash_policy<C> auto stash, std::size_t alignment,
                              std::size_t request) noexcept {
    using header = typename C::header;
    chunk_size n = header::size_for(request);
    chunk_in<C>* c = allocate(a, stash, detail::room_for_aligned<header>(n, alignment));
    if (!c) return nullptr;
    if (header::is_mapped(c)) return detail::shift_mapped<C>(c, alignment);
    return detail::cut_aligned(a, stash, c, alignment, n);
}

} // namespace ptm
