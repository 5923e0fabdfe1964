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

// aligned_within - the first place in c where an aligned chunk may begin and leave a leader that can be a chunk.
template <arena_config C>
chunk_in<C>* aligned_within(chunk_in<C>* c, std::size_t alignment) noexcept {
    using header = typename C::header;
    std::size_t user = align_up(address_of(header::to_user(c)), alignment);
    std::size_t ahead = user - header::header_bytes - address_of(c);
    if (ahead < bytes(header::smallest)) ahead += alignment;
    return header::at(c, ahead);
}

// shift_mapped - a mapped chunk begins later in its mapping; nothing is freed.
template <arena_config C>
chunk_in<C>* shift_mapped(chunk_in<C>* c, chunk_in<C>* aligned) noexcept {
    using header = typename C::header;
    std::size_t ahead = bytes_between(c, aligned);
    header::set_mapped(aligned, header::size_of(c) - chunk_size{ahead}, bytes(header::previous_size(c)) + ahead);
    return aligned;
}

template <arena_config C>
chunk_in<C>* cut_leader(arena_state<C>& a, stash_policy<C> auto stash, chunk_in<C>* c, chunk_in<C>* aligned) noexcept {
    using header = typename C::header;
    chunk_size leader{bytes_between(c, aligned)};
    header::set_used(aligned, header::size_of(c) - leader, a.side_arena);
    header::set_prev_in_use(header::next(aligned), true);
    header::set_size(c, leader);
    if (a.side_arena) header::mark_side_arena(c);
    release(a, stash, c);
    return aligned;
}

// cut_surplus - a tail of the smallest size stays with the chunk: the test is strict.
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

} // namespace detail

// allocate_aligned
//
//   alignment  bytes; a power of two, larger than header::alignment, at least header::smallest
//   request    bytes, at most largest_request
//   returns    nullptr and errno = ENOMEM when there is no memory
//   faults     those of allocate and release
//   thread     the caller holds the arena's lock; the arena is prepared
//   source     glibc 2.36 malloc.c, _int_memalign
template <arena_config C>
chunk_in<C>* allocate_aligned(arena_state<C>& a, stash_policy<C> auto stash, std::size_t alignment,
                              std::size_t request) noexcept {
    using header = typename C::header;
    chunk_size n = header::size_for(request);
    std::size_t room = bytes(n) + alignment + bytes(header::smallest);
    chunk_in<C>* c = allocate(a, stash, want<C>(room));
    if (!c) return nullptr;
    if (!is_aligned(header::to_user(c), alignment)) {
        chunk_in<C>* aligned = detail::aligned_within<C>(c, alignment);
        if (header::is_mapped(c)) return detail::shift_mapped<C>(c, aligned);
        c = detail::cut_leader(a, stash, c, aligned);
    }
    if (!header::is_mapped(c)) detail::cut_surplus(a, stash, c, n);
    return c;
}

} // namespace ptm
