// support/heaps.hpp - heaps for tests. A heap's state is static: each number names a heap that nobody has used.
#pragma once

#include "support/configs.hpp"

#include <ptm/heap/heap.hpp>

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

// structures - bytes that the side arenas of a heap take for themselves, as long as each has one sub-heap.
template <class H>
std::size_t structures() {
    std::size_t sum = 0;
    H::for_each_arena([&](auto& a) {
        constexpr std::size_t stretch = 4_MiB; // the alignment of glass's sub-heaps
        if (a.side_arena) sum += ptm::address_of(a.base) % stretch;
    });
    return sum;
}

} // namespace ptm_test
