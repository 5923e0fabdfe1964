// arena/clear.hpp - calloc: a chunk that reads as zero, clearing only what may have been written before.
#pragma once

#include <ptm/arena/allocate.hpp>
#include <ptm/arena/sub_heap.hpp>

namespace ptm {

namespace detail {

// worn - what an arena knows, before an allocation, about memory that was handed out at some time: top and the bytes
// from there on that may have been. Beyond them is memory as the backend gave it.
template <arena_config C>
struct worn {
    chunk_in<C>* top;
    std::size_t bytes_of_top;
};

// worn_bytes - from top to where its memory has ended at most.
template <arena_config C>
std::size_t worn_bytes(arena_state<C>& a) noexcept {
    if constexpr (has_sub_heaps<C>)
        if (a.side_arena) {
            sub_heap<C>* h = sub_heap_of<C>(a.top);
            return bytes_between(a.top, h->begin() + h->memory.committed());
        }
    return has(C::main_backend::able, can::grow) ? bytes_between(a.top, a.base + a.most_system_bytes) : 0;
}

template <arena_config C>
worn<C> look_at_top(arena_state<C>& a) noexcept {
    return {a.top, larger(bytes(C::header::size_of(a.top)), worn_bytes(a))};
}

// backend_clears - does the memory behind top read as zero until it is handed out for the first time?
template <arena_config C>
bool backend_clears(const arena_state<C>& a) noexcept {
    return has(a.side_arena ? C::arena_backend::able : C::main_backend::able, can::zeroed);
}

// dirty_bytes - user bytes of c that may not be zero.
template <arena_config C>
std::size_t dirty_bytes(arena_state<C>& a, chunk_in<C>* c, worn<C> before) noexcept {
    std::size_t n = bytes(C::header::size_of(c));
    bool fresh_beyond = backend_clears(a) && a.shared->perturb == 0 && c == before.top;
    if (fresh_beyond && n > before.bytes_of_top) n = before.bytes_of_top;
    return n - C::header::overhead;
}

} // namespace detail

namespace detail {
// clear_mapped - a mapped chunk, as its backend gave it or filled on purpose.
template <arena_config C>
chunk_in<C>* clear_mapped(shared_state<C>& s, chunk_in<C>* c, wanted w, contents were) noexcept {
    bool zero = has(C::mapped_backend::able, can::zeroed) || were == contents::zero;
    if (!zero || s.perturb != 0) fill_block<C>(c, 0, w.request);
    return c;
}

// clear_found - what a search found, c, in an arena that was as `before`, or in a mapping.
template <arena_config C>
chunk_in<C>* clear_found(arena_state<C>& a, chunk_in<C>* c, wanted w, worn<C> before, contents mapping) noexcept {
    if (!c) return nullptr;
    if (C::header::is_mapped(c)) return clear_mapped(*a.shared, c, w, mapping);
    fill_block<C>(c, 0, dirty_bytes(a, c, before));
    return c;
}
}

// map_cleared - as map_alone; the user's bytes read as zero.
template <arena_config C>
chunk_in<C>* map_cleared(shared_state<C>& s, wanted w) noexcept {
    constexpr contents asked = clears_mappings<C> ? contents::zero : contents::any;
    chunk_in<C>* c = map_alone<asked>(s, w);
    return c ? detail::clear_mapped(s, c, w, asked) : nullptr;
}

// allocate_cleared - as allocate; the user's bytes read as zero.
template <arena_config C, stash_policy<C> Stash>
chunk_in<C>* allocate_cleared(arena_state<C>& a, Stash stash, wanted w) noexcept {
    detail::worn<C> before = detail::look_at_top(a);
    if constexpr (clears_mappings<C>)
        if (deserves_mapping(*a.shared, w.size))
            return detail::clear_found(a, allocate(a, clearing<Stash>{stash}, w), w, before, contents::zero);
    return detail::clear_found(a, allocate(a, stash, w), w, before, contents::any);
}

} // namespace ptm
