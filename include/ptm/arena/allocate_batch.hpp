// arena/allocate_batch.hpp - chunks of one size for a cache, from wherever they are cheapest to be had.
//
// Holes first: chunks that have the size already, then the smallest larger one, cut up as far as it goes; top only when
// no bin has anything. So a batch never makes the arena grow while there is a hole that any of it fits in. Of naturally
// aligned chunks, for which a hole needs up to the alignment more unless it happens to suit, some are looked at.
#pragma once

#include <ptm/arena/align.hpp>
#include <ptm/arena/allocate_run.hpp>

namespace ptm {

namespace detail {

// batch_from_small - those that have the size.
template <arena_config C>
std::size_t batch_from_small(arena_state<C>& a, chunk_size n, std::size_t count, auto&& take) noexcept {
    std::size_t served = 0;
    for (; served < count; ++served) {
        chunk_in<C>* c = a.small.take_exact(n);
        if (!c) break;
        take(hand_out_whole(a, c));
    }
    return served;
}

// best_hole - a free chunk of n bytes at least: of exactly a small n, the best of a large one's bin, or of the next bin
// that has any.
template <arena_config C>
chunk_in<C>* best_hole(arena_state<C>& a, chunk_size n) noexcept {
    using header = typename C::header;
    if (bin_table<header>::is_small(n)) return next_larger(a, chunk_size{bytes(n) - header::alignment});
    chunk_in<C>* c = best_of_own_bin(a, n);
    return c ? c : next_larger(a, n);
}

// cut_batch - c, a free chunk, becomes up to `count` chunks of n and a rest.
template <arena_config C>
std::size_t cut_batch(arena_state<C>& a, chunk_in<C>* c, chunk_size n, std::size_t count, auto&& take) noexcept {
    std::size_t fit = bytes(C::header::size_of(c)) / bytes(n);
    std::size_t k = fit < count ? fit : count;
    detach(a, c);
    hand_out<fault::corrupted_unsorted_larger_bin>(a, c, chunk_size{k * bytes(n)});
    cut_up(a, c, n, k, take);
    return k;
}

template <arena_config C>
std::size_t batch_from_top(arena_state<C>& a, chunk_size n, std::size_t count, auto&& take) noexcept {
    using header = typename C::header;
    std::size_t whole = bytes(header::size_of(a.top));
    if (whole < bytes(n) + bytes(header::smallest)) return 0;
    std::size_t fit = (whole - bytes(header::smallest)) / bytes(n);
    std::size_t k = fit < count ? fit : count;
    cut_up(a, from_top(a, chunk_size{k * bytes(n)}), n, k, take);
    return k;
}

} // namespace detail

// allocate_batch - between one and `count` chunks of n bytes, take(chunk) for each.
//
//   stash    says whether the arena may grow; nothing else is left there
//   returns  how many; 0: neither the arena nor the system has one; errno is as it was
//   cost     O(1) and a few stores for each chunk, unless chunks are to be sorted or the system is to be asked
//   faults   those of allocate
//   thread   the caller holds the arena's lock; the arena is prepared
template <arena_config C>
std::size_t allocate_batch(arena_state<C>& a, chunk_size n, std::size_t count, stash_policy<C> auto stash,
                           auto&& take) noexcept {
    if (bin_table<typename C::header>::is_small(n))
        if (std::size_t k = detail::batch_from_small(a, n, count, take)) return k;
    wanted w{bytes(n) - C::header::overhead, n};
    detail::sweep s;
    if (C::unsorted_bin::template in<C>::queues)
        if (chunk_in<C>* c = detail::from_unsorted(a, no_stash{}, w, s)) return take(c), std::size_t{1};
    if (chunk_in<C>* hole = detail::best_hole(a, n)) return detail::cut_batch(a, hole, n, count, take);
    if (std::size_t k = detail::batch_from_top(a, n, count, take)) return k;
    chunk_in<C>* c = stash.may_grow() ? allocate(a, no_stash{}, w) : nullptr;
    if (!c) return 0;
    take(c);
    return 1 + (count > 1 ? detail::batch_from_top(a, n, count - 1, take) : 0);
}

// allocate_apart - chunks of n, at most apart_bytes / 2, from top, as many as two cache lines have room for, beginning
// with a line: for a thread's first ones, which no other thread's lie beside. The gap before them goes to the bins.
//
//   returns  how many; 0: top has no room, and the arena is as it was
//   cost     O(1)
//   faults   those of a free
//   thread   the caller holds the arena's lock; the arena is prepared
template <arena_config C>
std::size_t allocate_apart(arena_state<C>& a, chunk_size n, auto&& take) noexcept {
    using header = typename C::header;
    std::size_t gap = bytes_to_aligned(header::to_user(a.top), cache_line_bytes);
    if (gap != 0 && gap < bytes(header::smallest)) gap += cache_line_bytes;
    if (bytes(header::size_of(a.top)) < gap + apart_bytes + bytes(header::smallest)) return 0;
    chunk_in<C>* before = gap != 0 ? detail::from_top(a, chunk_size{gap}) : nullptr;
    std::size_t k = apart_bytes / bytes(n);
    detail::cut_up(a, detail::from_top(a, chunk_size{apart_bytes}), n, k, take);
    if (before) merge_free(a, before, chunk_size{gap});
    return k;
}

namespace detail {

// aligned_fit - how many chunks of n a free chunk has room for, the first of them aligned; none without a chunk.
template <arena_config C>
std::size_t aligned_fit(chunk_in<C>* c, std::size_t alignment, chunk_size n) noexcept {
    if (!c) return 0;
    std::size_t ahead = bytes_between(c, aligned_within<C>(c, alignment)), whole = bytes(C::header::size_of(c));
    return ahead < whole ? (whole - ahead) / bytes(n) : 0;
}

// aligned_hole - one with room for a chunk of n that is aligned: the first that happens to suit of some that are looked
// at, ever larger ones, or one that is large enough for any alignment.
template <arena_config C>
chunk_in<C>* aligned_hole(arena_state<C>& a, std::size_t alignment, chunk_size n) noexcept {
    using header = typename C::header;
    constexpr unsigned most_looked_at = 16;
    chunk_size enough = room_for_aligned<header>(n, alignment).size;
    chunk_in<C>* hole = best_hole(a, n);
    for (unsigned k = 0; hole && aligned_fit<C>(hole, alignment, n) == 0; ++k)
        hole = best_hole(a, k < most_looked_at ? header::size_of(hole) + chunk_size{header::alignment} : enough);
    return hole;
}

// aligned_from_hole - a used chunk with room for up to k chunks of n, from an aligned_hole. k: as many as it has room
// for.
template <arena_config C>
chunk_in<C>* aligned_from_hole(arena_state<C>& a, stash_policy<C> auto stash, std::size_t alignment, chunk_size n,
                               std::size_t& k) noexcept {
    chunk_in<C>* hole = aligned_hole(a, alignment, n);
    std::size_t fit = aligned_fit<C>(hole, alignment, n);
    if (fit == 0) return nullptr;
    if (fit < k) k = fit;
    detach(a, hole);
    hand_out_whole(a, hole);
    return cut_aligned(a, stash, hole, alignment, chunk_size{k * bytes(n)});
}

} // namespace detail

// allocate_natural - between one and `count` naturally aligned chunks of n, side by side, take(chunk) for each. Those
// that have exactly n are marked; the last one may be larger.
//
//   stash    says whether the arena may grow; nothing else is left there
//   returns  how many; 0: neither the arena nor the system has one; errno is as it was
//   cost     that of one allocate_aligned, and a few stores for each chunk
//   faults   those of allocate and release
//   thread   the caller holds the arena's lock; the arena is prepared
template <arena_config C>
std::size_t allocate_natural(arena_state<C>& a, chunk_size n, std::size_t count, stash_policy<C> auto stash,
                             auto&& take) noexcept {
    using header = typename C::header;
    std::size_t alignment = header::natural_alignment(n), k = count;
    auto anew = [&] { return allocate_aligned(a, stash, alignment, k * bytes(n) - header::overhead); };
    chunk_in<C>* c = detail::aligned_from_hole(a, stash, alignment, n, k);
    if (!c) c = anew();
    if (!c && k > 1) k = 1, c = anew();
    if (!c) return 0;
    if (header::is_mapped(c)) return take(c), std::size_t{1};
    detail::cut_up(a, c, n, k, [&](chunk_in<C>* each) {
        if (header::size_of(each) == n) header::set_natural(each);
        take(each);
    });
    return k;
}

} // namespace ptm
