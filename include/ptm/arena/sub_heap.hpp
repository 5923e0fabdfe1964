// arena/sub_heap.hpp - where side arenas live: aligned stretches of memory, several to an arena, each with a head that
// leads from any address in it to the arena.
//
//   first of an arena                                later ones
//   +----------+-----------+--------- ... -+ - - +   +----------+------------- ... ----------+ - - +
//   | sub_heap | the arena | chunks        |     |   | sub_heap | chunks            ... top  |     |
//   |          | itself    |         fence |     |   |          |                            |     |
//   +----------+-----------+--------- ... -+ - - +   +----------+------------- ... ----------+ - - +
//   ^ a multiple of C::arena_backend::reserved_bytes         previous <--                  ^ end   ^ reserved
//
// Invariants: top lies in the newest sub-heap and ends where that ends; every older one ends with a fence; the
// system_bytes of a side arena are the sizes of its sub-heaps. The head of a sub-heap changes under its arena's lock
// only, but for `arena`, which never changes: whoever owns a block may ask whose it is without a lock.
// source   glibc 2.36 arena.c, heap_info and new_heap
#pragma once

#include <cstddef>
#include <new>

#include <ptm/arena/state.hpp>
#include <ptm/check/predicates.hpp>

namespace ptm {

// has_sub_heaps - can a heap of this configuration have side arenas at all?
template <arena_config C>
inline constexpr bool has_sub_heaps = has(C::arena_backend::able, can::locate);

template <arena_config C>
struct sub_heap {
    arena_state<C>* arena;
    sub_heap* previous;               // the one that was filled before this, of the same arena
    typename C::arena_backend memory; // the stretch that this stands at the start of

    static_assert(representable<typename C::header>(C::arena_backend::reserved_bytes),
                  "sub_heap: the header cannot note sizes as large as arena_backend reserves");

    std::byte* begin() noexcept { return reinterpret_cast<std::byte*>(this); }
    std::byte* end() noexcept { return memory.frontier(); }
    std::size_t size() noexcept { return bytes_between(this, end()); }
};

// sub_heap_of - the one that an address of a side arena lies in.
template <arena_config C>
sub_heap<C>* sub_heap_of(const void* p) noexcept {
    return reinterpret_cast<sub_heap<C>*>(align_down(address_of(p), C::arena_backend::reserved_bytes));
}

namespace detail {

constexpr std::size_t larger(std::size_t a, std::size_t b) noexcept { return a > b ? a : b; }

// head_bytes - of every sub-heap.
template <arena_config C>
inline constexpr std::size_t head_bytes = larger(sizeof(sub_heap<C>), C::tuned.sub_heap_head);

// first_chunk_behind - the place of the first chunk behind `bytes` at the start of a sub-heap.
template <header_policy H>
constexpr std::size_t first_chunk_behind(std::size_t bytes) noexcept {
    return align_up(bytes + H::header_bytes, H::alignment) - H::header_bytes;
}

// first_chunk - of a sub-heap. Where the arena itself stands at its start, the chunks begin where its base says.
template <arena_config C>
chunk_in<C>* first_chunk(sub_heap<C>* h) noexcept {
    if (!h->previous) return C::header::at(h->arena->base, 0);
    return C::header::at(h, first_chunk_behind<typename C::header>(head_bytes<C>));
}

// size_for_sub_heap - bytes of a new sub-heap that is to hold `least` and has `pad` to spare; 0: too many. The sum may
// wrap, as there: a pad of SIZE_MAX takes one byte off.
template <arena_config C>
std::size_t size_for_sub_heap(shared_state<C>& s, std::size_t least, std::size_t pad) noexcept {
    std::size_t sum = least + pad, most = s.most_sub_heap;
    if (sum < s.least_sub_heap) return s.least_sub_heap;
    if (sum <= most) return sum;
    return least <= most ? most : 0;
}

} // namespace detail

// open_sub_heap - a new one, of no arena yet.
//
//   least    bytes, head included, that must fit
//   pad      bytes more, as far as there is room
//   returns  nullptr: the system refuses, or no sub-heap is that large; errno may have changed
template <arena_config C>
sub_heap<C>* open_sub_heap(shared_state<C>& s, std::size_t least, std::size_t pad) noexcept {
    std::size_t size = detail::size_for_sub_heap(s, least, pad);
    if (size == 0 || !s.may_hold(size)) return nullptr;
    typename C::arena_backend memory{};
    pages run = memory.obtain(align_up(size, memory.page_bytes()));
    if (!run) {
        memory.release(); // an address without memory
        return nullptr;
    }
    s.gained(run);
    C::poisoning::expose(run.data, detail::head_bytes<C>);
    return ::new (run.data) sub_heap<C>{nullptr, nullptr, memory};
}

// close_sub_heap - the head goes with its memory, so the backend is taken out of it first.
template <arena_config C>
void close_sub_heap(shared_state<C>& s, sub_heap<C>* h) noexcept {
    s.lost(h->size());
    C::poisoning::expose(h, h->size());
    typename C::arena_backend memory = h->memory;
    memory.release();
}

// grow_sub_heap - `more` bytes at the end, whole pages; false: no room, or the system refuses.
template <arena_config C>
bool grow_sub_heap(shared_state<C>& s, sub_heap<C>* h, std::size_t more) noexcept {
    std::size_t size = h->size();
    if (more > s.most_sub_heap - size || !s.may_hold(more)) return false;
    pages run = h->memory.obtain(more);
    if (run) s.gained(run);
    return bool(run);
}

// make_side_arena - a new arena in a sub-heap of its own, its lock open.
//
//   Arena    what to construct: arena_state<C> or a class derived from it
//   request  bytes that the first user of the arena is going to ask for
//   returns  nullptr: the system refuses; errno may have changed
template <class Arena, arena_config C>
Arena* make_side_arena(shared_state<C>& s, std::size_t request) noexcept {
    using header = typename C::header;
    constexpr std::size_t at = align_up(detail::head_bytes<C>, alignof(Arena));
    constexpr std::size_t arena_bytes = detail::larger(sizeof(Arena), C::tuned.arena_head);
    constexpr std::size_t least = at + arena_bytes + header::alignment;
    sub_heap<C>* h = open_sub_heap(s, request + least, s.top_pad);
    if (!h) h = open_sub_heap(s, least, s.top_pad);
    if (!h) return nullptr;
    C::poisoning::expose(offset(h, at), arena_bytes);
    Arena* a = ::new (offset(h, at)) Arena(s);
    h->arena = a;
    a->begin_in(offset(h, detail::first_chunk_behind<header>(at + arena_bytes)), h->end(), h->size());
    return a;
}

// for_each_sub_heap - visit(sub_heap), newest first. The arena is a side arena; its lock is held.
template <arena_config C>
void for_each_sub_heap(const arena_state<C>& a, auto&& visit) {
    for (sub_heap<C>* h = sub_heap_of<C>(a.top); h; h = h->previous) visit(h);
}

} // namespace ptm
