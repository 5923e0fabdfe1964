// support/scenario.hpp - small scenarios, for comparison with what was seen of glibc's malloc.
#pragma once

#include "support/heaps.hpp"

#include <ptm/c/malloc.hpp>

#include <vector>

namespace ptm_test {

using numbers = std::vector<std::size_t>;

// scenario - the verbs of a heap, with places instead of addresses.
template <class H>
struct scenario {
    using c = ptm::c_interface<H>;
    std::vector<void*> blocks{};

    std::size_t keep(void* p) {
        blocks.push_back(p);
        return place<H>(p);
    }
    std::size_t m(std::size_t n) { return keep(c::malloc(n)); }
    std::size_t zeroed(std::size_t n) { return keep(c::calloc(1, n)); }
    std::size_t aligned(std::size_t alignment, std::size_t n) { return keep(c::memalign(alignment, n)); }
    // r, f, u - of the block that was the i-th, from 1, to be had.
    std::size_t r(std::size_t i, std::size_t n) {
        blocks[i - 1] = c::realloc(blocks[i - 1], n);
        return place<H>(blocks[i - 1]);
    }
    void f(std::size_t i) { c::free(blocks[i - 1]); }
    std::size_t u(std::size_t i) { return c::usable_size(blocks[i - 1]); }
    bool mapped(std::size_t i) {
        using header = typename H::config::header;
        return header::is_mapped(header::from_user(blocks[i - 1]));
    }

    // info - arena, ordblks, smblks, fsmblks, uordblks, fordblks.
    numbers info() {
        auto i = c::mallinfo2();
        return {i.arena, i.ordblks, i.smblks, i.fsmblks, i.uordblks, i.fordblks};
    }
    std::size_t break_at() { return place<H>(H::ready_arena().backend.frontier()); }
    std::size_t top() { return H::figures().top_bytes; }

    ~scenario() { CHECK(verdict(H{}) == "sound"); }
};

} // namespace ptm_test
