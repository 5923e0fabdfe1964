// c/mallinfo.hpp - mallinfo2, and mallinfo with its narrow fields.
#pragma once

#include <cstddef>

#include <malloc.h>

#include <ptm/arena/statistics.hpp>

namespace ptm {

// information_of - the fields as glibc fills them: what threads have cached counts as used; usmblks is unused.
template <class H>
struct mallinfo2 information_of() noexcept {
    heap_figures f = H::figures();
    struct mallinfo2 m = {};
    m.arena = f.system_bytes;
    m.ordblks = f.binned_chunks + f.arenas; // each has a top
    m.smblks = f.fast_chunks;
    m.hblks = static_cast<std::size_t>(H::shared().mapped_count);
    m.hblkhd = H::shared().mapped_bytes;
    m.fsmblks = f.fast_bytes;
    m.uordblks = f.used_bytes();
    m.fordblks = f.free_bytes();
    m.keepcost = f.main_top_bytes;
    return m;
}

// narrowed - the same in int; what does not fit is cut off.
inline struct mallinfo narrowed(const struct mallinfo2& m) noexcept {
    auto n = [](std::size_t wide) { return static_cast<int>(wide); };
    return {n(m.arena),   n(m.ordblks), n(m.smblks),   n(m.hblks),    n(m.hblkhd),
            n(m.usmblks), n(m.fsmblks), n(m.uordblks), n(m.fordblks), n(m.keepcost)};
}

} // namespace ptm
