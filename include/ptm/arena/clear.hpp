// arena/clear.hpp - calloc: a chunk that reads as zero, clearing only what may have been written before.
#pragma once

#include <cstring>

#include <ptm/arena/allocate.hpp>

namespace ptm {

namespace detail {

// worn - what an arena knows, before an allocation, about memory that was handed out at some time: top and the bytes
// from there on that may have been. Beyond them is memory as the backend gave it.
template <arena_config C>
struct worn {
    chunk_in<C>* top;
    std::size_t bytes_of_top;
};

template <arena_config C>
worn<C> look_at_top(arena_state<C>& a) noexcept {
    std::size_t n = bytes(C::header::size_of(a.top));
    if (has(C::main_backend::able, can::grow)) {
        std::size_t once = bytes_between(a.top, a.base + a.most_system_bytes);
        if (n < once) n = once;
    }
    return {a.top, n};
}

// dirty_bytes - user bytes of c that may not be zero.
template <arena_config C>
std::size_t dirty_bytes(arena_state<C>& a, chunk_in<C>* c, worn<C> before) noexcept {
    std::size_t n = bytes(C::header::size_of(c));
    bool fresh_beyond = has(C::main_backend::able, can::zeroed) && a.shared->perturb == 0 && c == before.top;
    if (fresh_beyond && n > before.bytes_of_top) n = before.bytes_of_top;
    return n - C::header::overhead;
}

} // namespace detail

// allocate_cleared - as allocate; the user's bytes read as zero.
template <arena_config C>
chunk_in<C>* allocate_cleared(arena_state<C>& a, stash_policy<C> auto stash, wanted w) noexcept {
    detail::worn<C> before = detail::look_at_top(a);
    chunk_in<C>* c = allocate(a, stash, w);
    if (!c) return nullptr;
    void* user = C::header::to_user(c);
    if (!C::header::is_mapped(c))
        std::memset(user, 0, detail::dirty_bytes(a, c, before));
    else if (!has(C::mapped_backend::able, can::zeroed) || a.shared->perturb != 0)
        std::memset(user, 0, w.request);
    return c;
}

} // namespace ptm
