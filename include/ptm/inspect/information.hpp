// inspect/information.hpp - a heap described as text: glibc's malloc_info XML and its malloc_stats table.
//
// The text goes piece by piece to a sink, a callable that takes a std::string_view. The figures of an arena are taken
// under its lock; the sink is called without it.
// source   glibc 2.36 malloc.c, __malloc_info and __malloc_stats
#pragma once

#include <cstddef>
#include <string_view>

#include <ptm/arena/statistics.hpp>
#include <ptm/core/text.hpp>

namespace ptm {

namespace detail {

// bin_row - one line of the table of sizes: the chunks of a bin. Bytes; those of sorted bins as their size words stand,
// with the flag that the previous chunk is used.
struct bin_row {
    std::size_t from = 0;
    std::size_t to = 0;
    std::size_t total = 0;
    std::size_t count = 0;

    void add(std::size_t word) noexcept {
        if (count == 0 || word < from) from = word;
        if (word > to) to = word;
        total += word;
        ++count;
    }
};

// heap_table - what malloc_info tells of an arena.
template <arena_config C>
struct heap_table {
    static constexpr unsigned fast_bins = C::fast_bins::template in<C>::bins;

    bin_row fast[fast_bins + 1] = {}; // one more: there may be none
    bin_row bins[bin_table<typename C::header>::bins] = {};
    arena_figures figures{};
};

// faults   information_unaligned_fast_chunk
template <arena_config C>
void take_down(const arena_state<C>& a, heap_table<C>& t) noexcept {
    using header = typename C::header;
    for_each_fast<fault::information_unaligned_fast_chunk>(a, [&](chunk_in<C>* c, unsigned bin) {
        std::size_t n = bytes(header::size_of(c));
        t.fast[bin].add(n);
        t.fast[bin].from = n - (header::alignment - 1);
    });
    for_each_binned(a, [&](chunk_in<C>* c, unsigned bin) { t.bins[bin].add(header::word_of(c)); });
    t.figures = figures_of(a);
}

// table_of, figures_now - taken under the arena's lock.
template <arena_config C>
heap_table<C> table_of(arena_state<C>& a) noexcept {
    inside hold(a);
    heap_table<C> t;
    take_down(a, t);
    return t;
}
template <arena_config C>
arena_figures figures_now(arena_state<C>& a) noexcept {
    inside hold(a);
    return figures_of(a);
}

using line = text<256>;

inline void put_row(auto& sink, std::string_view element, const bin_row& row) {
    if (row.count == 0) return;
    line l;
    l << "  <" << element << " from=\"" << row.from << "\" to=\"" << row.to << "\" total=\"" << row.total;
    sink((l << "\" count=\"" << row.count << "\"/>\n").view());
}

inline void put_total(auto& sink, std::string_view type, std::size_t count, std::size_t size) {
    line l;
    sink((l << "<total type=\"" << type << "\" count=\"" << count << "\" size=\"" << size << "\"/>\n").view());
}

inline void put_size(auto& sink, std::string_view element, std::string_view type, std::size_t size) {
    line l;
    sink((l << "<" << element << " type=\"" << type << "\" size=\"" << size << "\"/>\n").view());
}

// put_system - the lines about memory of the system that close an arena and the whole.
inline void put_system(auto& sink, const arena_figures& f) {
    put_size(sink, "system", "current", f.system_bytes);
    put_size(sink, "system", "max", f.most_system_bytes);
    put_size(sink, "aspace", "total", f.reserved_bytes);
    put_size(sink, "aspace", "mprotect", f.committed_bytes);
}

template <arena_config C>
void put_sizes(auto& sink, const heap_table<C>& t) {
    constexpr unsigned unsorted = bin_table<typename C::header>::unsorted;
    sink("<sizes>\n");
    for (const bin_row& row : t.fast) put_row(sink, "size", row);
    for (unsigned i = unsorted + 1; i < bin_table<typename C::header>::bins; ++i) put_row(sink, "size", t.bins[i]);
    put_row(sink, "unsorted", t.bins[unsorted]);
    sink("</sizes>\n");
}

// rest_of - top, counted once, and the binned chunks.
template <arena_config C>
bin_row rest_of(const heap_table<C>& t) noexcept {
    bin_row rest{0, 0, t.figures.top_bytes, 1};
    for (const bin_row& row : t.bins) {
        rest.total += row.total;
        rest.count += row.count;
    }
    return rest;
}

inline void put_parts(auto& sink, const arena_figures& f, const bin_row& rest) {
    put_total(sink, "fast", f.fast_chunks, f.fast_bytes);
    put_total(sink, "rest", rest.count, rest.total);
}

template <arena_config C>
void put_arena(auto& sink, const heap_table<C>& t, std::size_t number) {
    line l;
    sink((l << "<heap nr=\"" << number << "\">\n").view());
    put_sizes(sink, t);
    put_parts(sink, t.figures, rest_of(t));
    put_system(sink, t.figures);
    if (t.figures.sub_heaps != 0) put_size(sink, "aspace", "subheaps", t.figures.sub_heaps);
    sink("</heap>\n");
}

// put_windows - as one more arena, whose free memory is its top.
inline void put_windows(auto& sink, const window_figures& w, std::size_t number) {
    heap_figures f;
    f.add(w);
    line l;
    sink((l << "<heap nr=\"" << number << "\">\n<sizes>\n</sizes>\n").view());
    put_parts(sink, f, bin_row{0, 0, w.free_bytes, 1});
    put_system(sink, f);
    sink("</heap>\n");
}

} // namespace detail

// put_information - malloc_info's XML.
//   s         what the arenas share
//   for_each  for_each(visit) calls visit(arena) for each arena, the main one first; no lock is held
//   windows   memory that is in no arena, which is told like one more
//   thread    safe; the arenas are looked at one after another
template <arena_config C>
void put_information(shared_state<C>& s, auto&& for_each, auto&& sink, window_figures windows = {}) {
    heap_figures sum;
    detail::bin_row rest;
    sink("<malloc version=\"1\">\n");
    for_each([&](arena_state<C>& a) {
        detail::heap_table<C> t = detail::table_of(a);
        detail::put_arena(sink, t, sum.arenas);
        detail::bin_row of_this = detail::rest_of(t);
        rest.count += of_this.count;
        rest.total += of_this.total;
        sum.add(t.figures);
    });
    if (windows.held_bytes != 0) {
        detail::put_windows(sink, windows, sum.arenas);
        sum.add(windows);
        rest.total += windows.free_bytes;
        ++rest.count;
    }
    detail::put_parts(sink, sum, rest);
    detail::put_total(sink, "mmap", static_cast<std::size_t>(s.mapped_count), s.mapped_bytes);
    detail::put_system(sink, sum);
    sink("</malloc>\n");
}

namespace detail {
inline void put_stat(auto& sink, std::string_view label, std::size_t n) {
    line l;
    sink((l << label << " = ").number(static_cast<unsigned>(n), 10).view());
    sink("\n");
}

inline void put_sizes_of(auto& sink, std::size_t system, std::size_t used) {
    put_stat(sink, "system bytes    ", system);
    put_stat(sink, "in use bytes    ", used);
}
}

// put_statistics - malloc_stats' table for all arenas; sums are cut to 32 bits, as there. windows: as above, in the
// total.
template <arena_config C>
void put_statistics(shared_state<C>& s, auto&& for_each, auto&& sink, window_figures windows = {}) {
    heap_figures sum;
    for_each([&](arena_state<C>& a) {
        arena_figures f = detail::figures_now(a);
        detail::line l;
        sink((l << "Arena " << sum.arenas << ":\n").view());
        detail::put_sizes_of(sink, f.system_bytes, f.used_bytes());
        sum.add(f);
    });
    sum.add(windows);
    std::size_t mapped = s.mapped_bytes;
    sink("Total (incl. mmap):\n");
    detail::put_sizes_of(sink, sum.system_bytes + mapped, sum.used_bytes() + mapped);
    detail::put_stat(sink, "max mmap regions", static_cast<std::size_t>(s.most_mapped_count));
    detail::line l;
    sink((l << "max mmap bytes   = ").number(s.most_mapped_bytes, 10).view());
    sink("\n");
}

} // namespace ptm
