// arena/statistics.hpp - the figures of one arena. What threads have cached counts as used.
#pragma once

#include <cstddef>

#include <ptm/arena/state.hpp>
#include <ptm/arena/sub_heap.hpp>
#include <ptm/check/predicates.hpp>

namespace ptm {

// arena_figures - bytes unless a count; free = what the arena could hand out without asking the system. Of the main
// arena, which has no sub-heaps, `reserved` and `committed` are its system_bytes.
struct arena_figures {
    std::size_t system_bytes = 0;
    std::size_t most_system_bytes = 0;
    std::size_t fast_chunks = 0;
    std::size_t fast_bytes = 0;
    std::size_t binned_chunks = 0;
    std::size_t binned_bytes = 0;
    std::size_t top_bytes = 0;
    std::size_t sub_heaps = 0;
    std::size_t reserved_bytes = 0;  // handed out by the backends of the sub-heaps
    std::size_t committed_bytes = 0; // the same, and what was handed out before and not given back yet

    constexpr std::size_t free_bytes() const noexcept { return fast_bytes + binned_bytes + top_bytes; }
    constexpr std::size_t used_bytes() const noexcept { return system_bytes - free_bytes(); }
};

// window_figures - memory for small blocks that is in no arena: what the system gave, and what of it nobody uses.
struct window_figures {
    std::size_t held_bytes = 0;
    std::size_t free_bytes = 0;
};

// heap_figures - the same for several arenas.
struct heap_figures : arena_figures {
    std::size_t arenas = 0;
    std::size_t main_top_bytes = 0; // of the first arena added

    void add(const arena_figures& f) noexcept {
        if (arenas++ == 0) main_top_bytes = f.top_bytes;
        system_bytes += f.system_bytes;
        most_system_bytes += f.most_system_bytes;
        fast_chunks += f.fast_chunks;
        fast_bytes += f.fast_bytes;
        binned_chunks += f.binned_chunks;
        binned_bytes += f.binned_bytes;
        top_bytes += f.top_bytes;
        sub_heaps += f.sub_heaps;
        reserved_bytes += f.reserved_bytes;
        committed_bytes += f.committed_bytes;
    }

    // What is free in windows counts as one chunk, as an arena's top does.
    void add(const window_figures& w) noexcept {
        if (w.held_bytes == 0) return;
        ++binned_chunks;
        system_bytes += w.held_bytes;
        most_system_bytes += w.held_bytes;
        reserved_bytes += w.held_bytes;
        committed_bytes += w.held_bytes;
        binned_bytes += w.free_bytes;
    }
};

// for_each_binned - visit(chunk, bin), ascending by bin, unsorted ones first with bin 1. visit must change nothing.
template <arena_config C>
void for_each_binned(const arena_state<C>& a, auto&& visit) {
    a.unsorted.for_each([&](chunk_in<C>* c) { visit(c, bin_table<typename C::header>::unsorted); });
    a.small.for_each(visit);
    a.large.for_each(visit);
}

// for_each_fast - visit(chunk, fast bin).
// faults   Unaligned
template <fault Unaligned, arena_config C>
void for_each_fast(const arena_state<C>& a, auto&& visit) {
    a.fast.for_each([&](chunk_in<C>* c, unsigned bin) {
        expect<C, Unaligned>(user_aligned<typename C::header>(c), c);
        visit(c, bin);
    });
}

namespace detail {
template <arena_config C>
void add_sub_heaps(const arena_state<C>& a, arena_figures& f) noexcept {
    if constexpr (has_sub_heaps<C>)
        if (a.side_arena)
            return for_each_sub_heap(a, [&](sub_heap<C>* h) {
                ++f.sub_heaps;
                f.reserved_bytes += h->size();
                f.committed_bytes += h->memory.committed();
            });
    f.reserved_bytes = f.committed_bytes = a.system_bytes;
}
}

// figures_of
//   cost     O(free chunks)
//   faults   statistics_unaligned_fast_chunk
//   thread   the caller holds the arena's lock; the arena is prepared
template <arena_config C>
arena_figures figures_of(const arena_state<C>& a) noexcept {
    using header = typename C::header;
    arena_figures f{a.system_bytes, a.most_system_bytes};
    for_each_fast<fault::statistics_unaligned_fast_chunk>(a, [&](chunk_in<C>* c, unsigned) {
        ++f.fast_chunks;
        f.fast_bytes += bytes(header::size_of(c));
    });
    for_each_binned(a, [&](chunk_in<C>* c, unsigned) {
        ++f.binned_chunks;
        f.binned_bytes += bytes(header::size_of(c));
    });
    f.top_bytes = bytes(header::size_of(a.top));
    detail::add_sub_heaps(a, f);
    return f;
}

} // namespace ptm
