// support/heaps.hpp - heaps for tests. A heap's state is static: each number names a heap that nobody has used.
#pragma once

#include "support/configs.hpp"

#include <ptm/arena/trim.hpp>
#include <ptm/heap/heap.hpp>

#include <utility>

namespace ptm_test {

// hidden - n, as a number that no compiler knows: GCC 12 warns of impossible indices where it sees the request.
inline std::size_t hidden(std::size_t n) noexcept {
    volatile std::size_t unknown = n;
    return unknown;
}

// tested_heap - heap<C>, whose requests are not known while compiling.
template <class C>
struct tested_heap : ptm::heap<C> {
    using heap = ptm::heap<C>;
    static void* malloc(std::size_t n) noexcept { return heap::malloc(hidden(n)); }
    static void* calloc(std::size_t n, std::size_t each) noexcept { return heap::calloc(hidden(n), each); }
    static void* realloc(void* p, std::size_t n) noexcept { return heap::realloc(p, hidden(n)); }
    static void* aligned_alloc(std::size_t alignment, std::size_t n) noexcept {
        return heap::aligned_alloc(alignment, hidden(n));
    }
};

template <int>
struct numbered : glass {};
template <int>
struct numbered_counted : counted_glass {};

template <int I>
using fresh_heap = tested_heap<numbered<I>>;
template <int I>
using counted_heap = tested_heap<numbered_counted<I>>;

// place - bytes from the start of a heap's memory to a block.
template <class H>
std::size_t place(const void* p) {
    return ptm::bytes_between(H::ready_arena().base, p);
}

// bring_home - what the calling thread has cached and threads have left for one another, of a heap whose cache
// exchanges batches: it counts as used until then.
template <class H>
void bring_home() {
    if constexpr (H::config::cache::exchanges) H::trim(0);
}

// structures_of - bytes of a sub-heap that no chunk will ever have: its head, the arena itself if it stands there, and
// the fence of one that is not the newest.
template <class C>
std::size_t structures_of(ptm::sub_heap<C>* h, bool newest) {
    std::size_t head = ptm::bytes_between(h, ptm::detail::first_chunk(h));
    if (newest) return head;
    auto left = ptm::detail::top_left_in<C>(h);
    return head + left.room - (left.has_chunk ? ptm::bytes(C::header::size_of(left.begin)) : 0);
}

// structures - bytes that the side arenas of a heap take for themselves.
template <class H>
std::size_t structures() {
    std::size_t sum = 0;
    if constexpr (ptm::has_sub_heaps<typename H::config>)
        H::for_each_arena([&](auto& a) {
            bool newest = true;
            if (!a.side_arena) return;
            ptm::for_each_sub_heap(a, [&](auto* h) { sum += structures_of(h, std::exchange(newest, false)); });
        });
    return sum;
}

// block_bytes - what counts as handed out, but for what side arenas take for themselves: how many of those there are is
// up to the threads' luck.
template <class H>
std::size_t block_bytes() {
    return H::figures().used_bytes() - structures<H>();
}

} // namespace ptm_test
