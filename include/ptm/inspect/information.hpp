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

// put_system - the four lines that close an arena and the whole.
inline void put_system(auto& sink, std::size_t now, std::size_t most) {
    put_size(sink, "system", "current", now);
    put_size(sink, "system", "max", most);
    put_size(sink, "aspace", "total", now);
    put_size(sink, "aspace", "mprotect", now);
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

} // namespace detail

// put_information - malloc_info's XML for a heap of one arena.
template <arena_config C>
void put_information(arena_state<C>& a, auto&& sink) {
    sink("<malloc version=\"1\">\n");
    sink("<heap nr=\"0\">\n");
    detail::heap_table<C> t;
    {
        inside hold(a);
        detail::take_down(a, t);
    }
    detail::put_sizes(sink, t);
    const arena_figures& f = t.figures;
    detail::bin_row rest = detail::rest_of(t);
    detail::put_total(sink, "fast", f.fast_chunks, f.fast_bytes);
    detail::put_total(sink, "rest", rest.count, rest.total);
    detail::put_system(sink, f.system_bytes, f.most_system_bytes);
    sink("</heap>\n");
    detail::put_total(sink, "fast", f.fast_chunks, f.fast_bytes);
    detail::put_total(sink, "rest", rest.count, rest.total);
    detail::put_total(sink, "mmap", static_cast<std::size_t>(a.shared->mapped_count), a.shared->mapped_bytes);
    detail::put_system(sink, f.system_bytes, f.most_system_bytes);
    sink("</malloc>\n");
}

namespace detail {
inline void put_stat(auto& sink, std::string_view label, std::size_t n) {
    line l;
    sink((l << label << " = ").number(static_cast<unsigned>(n), 10).view());
    sink("\n");
}
}

// put_statistics - malloc_stats' table for a heap of one arena; sums are cut to 32 bits, as there.
template <arena_config C>
void put_statistics(arena_state<C>& a, auto&& sink) {
    arena_figures f;
    {
        inside hold(a);
        f = figures_of(a);
    }
    std::size_t mapped = a.shared->mapped_bytes;
    sink("Arena 0:\n");
    detail::put_stat(sink, "system bytes    ", f.system_bytes);
    detail::put_stat(sink, "in use bytes    ", f.used_bytes());
    sink("Total (incl. mmap):\n");
    detail::put_stat(sink, "system bytes    ", f.system_bytes + mapped);
    detail::put_stat(sink, "in use bytes    ", f.used_bytes() + mapped);
    detail::put_stat(sink, "max mmap regions", static_cast<std::size_t>(a.shared->most_mapped_count));
    detail::line l;
    sink((l << "max mmap bytes   = ").number(a.shared->most_mapped_bytes, 10).view());
    sink("\n");
}

} // namespace ptm
