// arena/statistics.hpp - the figures of one arena. What threads have cached counts as used.
#pragma once

#include <cstddef>

#include <ptm/arena/state.hpp>
#include <ptm/check/predicates.hpp>

namespace ptm {

// arena_figures - bytes unless a count; free = what the arena could hand out without asking the system.
struct arena_figures {
    std::size_t system_bytes = 0;
    std::size_t most_system_bytes = 0;
    std::size_t fast_chunks = 0;
    std::size_t fast_bytes = 0;
    std::size_t binned_chunks = 0;
    std::size_t binned_bytes = 0;
    std::size_t top_bytes = 0;

    constexpr std::size_t free_bytes() const noexcept { return fast_bytes + binned_bytes + top_bytes; }
    constexpr std::size_t used_bytes() const noexcept { return system_bytes - free_bytes(); }
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
    return f;
}

} // namespace ptm
