// arena/allocate_run.hpp - many equal blocks in one go, neighbours in memory, and many blocks back in one go.
//
//   from top, or from one free chunk:   +------+------+------+- - -+----------+
//                                       | n    | n    | n    |     | n, or up |
//                                       +------+------+------+- - -+----------+
//                                                                   to a rest that can be no chunk more
//
// For those who know that they will need a hundred nodes: one search instead of a hundred, and a list that is walked in
// the order of its addresses. 64 blocks of 24 bytes and back take 92 instructions for each block in a
// synchronized_arena, where single calls take 293 (callgrind, GCC 12).
#pragma once

#include <cstddef>

#include <ptm/arena/allocate.hpp>
#include <ptm/arena/mapped.hpp>

namespace ptm {

namespace detail {

// slice_bytes - as much as is cut up at one time. Larger pieces would be mapped on their own.
template <arena_config C>
std::size_t slice_bytes(arena_state<C>& a) noexcept {
    constexpr std::size_t most = 64 * 1024;
    std::size_t threshold = a.shared->mmap_threshold;
    return threshold <= most ? threshold - (threshold != 0) : most;
}

// slices - how many chunks of n to cut from one piece, if `count` are wanted.
template <arena_config C>
std::size_t slices(arena_state<C>& a, chunk_size n, std::size_t count) noexcept {
    std::size_t most = slice_bytes(a) / bytes(n);
    if (most == 0) return 1;
    return count < most ? count : most;
}

// cut_up - c, a used chunk of at least k * n bytes, becomes k chunks: take(chunk).
template <arena_config C>
void cut_up(arena_state<C>& a, chunk_in<C>* c, chunk_size n, std::size_t k, auto&& take) noexcept {
    using header = typename C::header;
    chunk_size left = header::size_of(c);
    for (; k > 1; --k) {
        left = left - n;
        chunk_in<C>* after = header::at(c, bytes(n));
        header::set_used(after, left, a.side_arena);
        header::set_size(c, n);
        take(c);
        c = after;
    }
    take(c);
}

// allocate_piece - for k chunks of n, not in a mapping unless k is 1.
template <arena_config C>
chunk_in<C>* allocate_piece(arena_state<C>& a, chunk_size n, std::size_t k) noexcept {
    std::size_t whole = bytes(n) * k;
    chunk_in<C>* c = allocate(a, no_stash{}, wanted{whole - C::header::overhead, chunk_size{whole}});
    if (k == 1 || !c || !C::header::is_mapped(c)) return c;
    unmap_chunk(*a.shared, c);
    return nullptr;
}

// returns_with - does the block after c in a list come back together with c, as one chunk?
// faults   double_free_not_prev
template <arena_config C>
bool returns_with(const chunk_in<C>* c, std::size_t so_far, const void* block) noexcept {
    using header = typename C::header;
    const chunk_in<C>* after = header::at(c, so_far);
    if (header::from_user(block) != after) return false;
    expect<C, fault::double_free_not_prev>(header::prev_in_use(after), after);
    return representable<header>(so_far + bytes(header::size_of(after)));
}

// look_at_returned - what a free asks of a chunk before its arena sees it.
// faults   free_invalid_pointer, free_invalid_size
template <arena_config C>
void look_at_returned(const chunk_in<C>* c) noexcept {
    using header = typename C::header;
    look_at_freed<C>(c, header::size_of(c));
    expect<C, fault::free_invalid_size>(header::sound(c), c);
    look_at_uncached<C>(c, header::size_of(c));
}

// release_neighbours - the first block of a list, and those after it that lie right behind, as one chunk.
//   returns  how many
template <arena_config C, class T>
std::size_t release_neighbours(arena_state<C>& a, T* const* blocks, std::size_t count) noexcept {
    using header = typename C::header;
    chunk_in<C>* c = header::from_user(blocks[0]);
    look_at_returned<C>(c);
    std::size_t k = 1, whole = bytes(header::size_of(c));
    for (; k < count && returns_with<C>(c, whole, blocks[k]); ++k) {
        look_at_returned<C>(header::from_user(blocks[k]));
        whole += bytes(header::size_of(header::from_user(blocks[k])));
    }
    if (k > 1) header::set_size(c, chunk_size{whole});
    hide_freed<C>(a.system_bytes, c);
    release_to_arena(a, c, origin::user);
    return k;
}

// neighbours - chunks that lie side by side and come back as one, found in ascending or descending order; at first
// none.
template <arena_config C>
struct neighbours {
    using header = typename C::header;

    chunk_in<C>* begin = nullptr;
    chunk_in<C>* end = nullptr; // what lies behind

    neighbours() noexcept = default;
    explicit neighbours(chunk_in<C>* c) noexcept : begin(c), end(header::next(c)) {}

    // join - does c, of the same arena, lie right before or behind them? Then it is one of them.
    bool join(chunk_in<C>* c) noexcept {
        chunk_in<C>* after = header::next(c);
        if (c != end && after != begin) return false;
        if (!representable<header>(bytes_between(begin, end) + bytes(header::size_of(c)))) return false;
        (c == end ? end : begin) = c == end ? after : c;
        return true;
    }

    // release - thread: the caller holds the arena's lock.
    void release(arena_state<C>& a) noexcept {
        if (!begin) return;
        header::set_size(begin, chunk_size{bytes_between(begin, end)});
        release_to_arena(a, begin, origin::user);
        begin = end = nullptr;
    }
};

} // namespace detail

// allocate_run - `count` chunks of n bytes each, take(chunk) for each; those from one piece come in the order of
// their addresses, one right behind the other.
//
//   returns  how many there are: fewer when memory ends; errno is as it was
//   cost     that of one allocate for every 64 KiB, and a few stores for each chunk
//   faults   those of allocate
//   thread   the caller holds the arena's lock; the arena is prepared
template <arena_config C>
std::size_t allocate_run(arena_state<C>& a, chunk_size n, std::size_t count, auto&& take) noexcept {
    std::size_t served = 0;
    while (served < count) {
        std::size_t k = detail::slices(a, n, count - served);
        chunk_in<C>* c = detail::allocate_piece(a, n, k);
        if (!c && k > 1) c = detail::allocate_piece(a, n, k = 1);
        if (!c) break;
        detail::cut_up(a, c, n, k, take);
        served += k;
    }
    return served;
}

// release_run - blocks of this arena, none of them mapped, come back. Neighbours that follow one another in the
// list are one chunk before anything else is done with them.
//
//   faults   those of a free
//   thread   the caller holds the arena's lock
template <arena_config C, class T>
void release_run(arena_state<C>& a, T* const* blocks, std::size_t count) noexcept {
    while (count > 0) {
        std::size_t k = detail::release_neighbours(a, blocks, count);
        blocks += k;
        count -= k;
    }
}

} // namespace ptm
