// bin/segregated_bins.hpp - large chunks in lists by size, 32 for every doubling, with a bit for each list that has
// some: two-level segregated fit.
//
//   sizes      1024..1055   1056..1087   ...   2016..2047   2048..2111   ...
//   list            0            1       ...        31           32      ...
//   bits            0            1       ...         0            1      ...     one word for every 64 lists
//
// A search looks at some chunks of the list that the size falls into, and otherwise takes the newest of the next list
// that has any, which is too large by one part in 16 at most, if there is one that close: a good fit, not the best.
// Every verb is O(1), for_each O(lists + chunks), and none reads a chunk but those that it links: that is the point.
// The caller holds the arena's lock. An empty list's head is never read, so that clear() is one pass over the bits.
//
// For arenas where most of what is free is large or comes and goes in masses. A best fit, its removal and an insertion
// take 150 instructions with 100 sizes free, 210 with 1,000 and 220 with 10,000, where tree_bins takes 410 to 523
// (callgrind, GCC 12, as there).
// source   M. Masmano et al., TLSF: a new dynamic memory allocator for real-time systems, ECRTS 2004, for the idea
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <ptm/bin/index.hpp>
#include <ptm/bin/large_bins.hpp>
#include <ptm/bin/rings.hpp>

namespace ptm {

struct segregated_bins {
    static constexpr bool fits_best = false;

    template <bin_context C>
    class in;
};

template <bin_context C>
class segregated_bins::in {
    using rings = detail::rings<C>;
    using header = typename C::header;
    using node = typename header::node;
    using chunk = chunk_in<C>;
    using table = bin_table<header>;

    static constexpr unsigned per_doubling = 32, part_bits = 5;
    static constexpr unsigned most_looked_at = 8; // in the own list

    // Sizes beyond 2^42, or the most that a header can note, share the last list.
    static constexpr unsigned first_bits = static_cast<unsigned>(std::bit_width(bytes(table::first_large_size)));
    static constexpr unsigned largest_bits = static_cast<unsigned>(std::bit_width(bytes(header::largest)));
    static constexpr unsigned last_bits = largest_bits < 42 ? largest_bits : 42;
    static constexpr unsigned lists = (last_bits - first_bits + 1) * per_doubling;
    static constexpr unsigned words = (lists + 63) / 64;

    std::uint64_t bits_[words] = {};
    node heads_[lists] = {};
    std::size_t in_rows_ = 0, given_back_ = 0;

public:
    constexpr in() noexcept = default;

    void clear() noexcept {
        for (std::uint64_t& word : bits_) word = 0;
        in_rows_ = given_back_ = 0;
    }

    // bytes_in_rows - of all chunks that have so many pages in a row that giving them back is worth a call.
    static constexpr std::size_t row = 32 * 1024;
    std::size_t bytes_in_rows() const noexcept { return in_rows_; }

    // note_given_back - their pages went to the system. unreturned_bytes - in rows that were used since then, at most.
    void note_given_back() noexcept { given_back_ = in_rows_; }
    std::size_t unreturned_bytes() const noexcept { return in_rows_ - given_back_; }

    // insert
    // faults   large_links_disagree: at the newest of the list
    void insert(chunk* c) noexcept {
        chunk_size n = header::size_of(c);
        unsigned i = list_of(n);
        in_rows_ += bytes_in_row(n);
        if (!has(i)) rings::algorithms::init_header(&heads_[i]);
        set(i);
        const node* front = rings::front(heads_[i]);
        expect<C, fault::large_links_disagree>(rings::traits::get_previous(front) == &heads_[i], front);
        rings::link_front(heads_[i], c);
    }

    // best_fit - the smallest of those that are looked at.
    chunk* best_fit(chunk_size n) noexcept {
        unsigned i = list_of(n);
        if (!has(i)) return nullptr;
        chunk* best = nullptr;
        const node* at = rings::front(heads_[i]);
        for (unsigned k = 0; k < most_looked_at && at != &heads_[i]; ++k, at = rings::traits::get_next(at)) {
            chunk* c = header::from_ring(const_cast<node*>(at));
            chunk_size m = header::size_of(c);
            if (m >= n && (!best || m < header::size_of(best))) best = c;
            if (m == n) break;
        }
        return best;
    }

    // first_above - n may be any size.
    chunk* first_above(chunk_size n) noexcept {
        unsigned i = next_from(table::is_small(n) ? 0 : list_of(n) + 1);
        return i < lists ? header::from_ring(rings::front(heads_[i])) : nullptr;
    }

    // remove
    // faults   links_disagree
    void remove(chunk* c) noexcept {
        chunk_size n = header::size_of(c);
        unsigned i = list_of(n);
        in_rows_ -= bytes_in_row(n);
        if (given_back_ > in_rows_) given_back_ = in_rows_;
        rings::unlink(c);
        if (has(i) && rings::empty(heads_[i])) unset(i);
    }

    void mark_absent(chunk*) noexcept {}

    bool links_agree(chunk* c) const noexcept { return points_back<typename header::ring_links>(header::ring_of(c)); }

    // for_each - by list, smaller sizes first, with the number of the size's bin in glibc's table.
    void for_each(auto&& visit) const {
        for (unsigned i = 0; i < lists; ++i)
            if (has(i)) rings::for_each(heads_[i], [&](chunk* c) { visit(c, table::large_index(header::size_of(c))); });
    }

private:
    static std::size_t bytes_in_row(chunk_size n) noexcept { return bytes(n) >= row ? bytes(n) : 0; }

    static unsigned list_of(chunk_size n) noexcept {
        unsigned width = static_cast<unsigned>(std::bit_width(bytes(n)));
        if (width > last_bits) return lists - 1;
        unsigned part = static_cast<unsigned>(bytes(n) >> (width - 1 - part_bits)) - per_doubling;
        return (width - first_bits) * per_doubling + part;
    }

    static std::uint64_t bit(unsigned i) noexcept { return std::uint64_t{1} << i % 64; }
    bool has(unsigned i) const noexcept { return (bits_[i / 64] & bit(i)) != 0; }
    void set(unsigned i) noexcept { bits_[i / 64] |= bit(i); }
    void unset(unsigned i) noexcept { bits_[i / 64] &= ~bit(i); }

    // next_from - the first list from i on that has some, or `lists`.
    unsigned next_from(unsigned i) const noexcept {
        if (i >= lists) return lists;
        unsigned w = i / 64;
        std::uint64_t word = bits_[w] & (~std::uint64_t{0} << i % 64);
        while (word == 0) {
            if (++w == words) return lists;
            word = bits_[w];
        }
        return w * 64 + static_cast<unsigned>(std::countr_zero(word));
    }
};

} // namespace ptm
