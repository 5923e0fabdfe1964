// bin/index.hpp - which bin a size belongs to, as glibc numbers them: 1 unsorted, 2 .. 63 small, 64 .. 126 large.
//
// Small bins hold one size each. Large ones come in rows whose widths grow by eight: 64, 512, 4096, 32768, 262144
// bytes; the first row that reaches the size has it, so a bin may straddle the end of a row.
#pragma once

#include <cstddef>

#include <ptm/chunk/boundary_tag.hpp>
#include <ptm/chunk/compact_tag.hpp>
#include <ptm/core/units.hpp>

namespace ptm {

template <sizes_chunks H>
struct bin_table {
    static constexpr unsigned unsorted = 1;
    static constexpr unsigned first_large = 64;
    static constexpr unsigned bins = 127;

    // Where the alignment is wider than the header, small bins begin one place further.
    static constexpr unsigned correction = H::alignment > 2 * sizeof(std::size_t) ? 1 : 0;
    static constexpr chunk_size first_large_size{(first_large - correction) * H::alignment};

    static constexpr bool is_small(chunk_size n) noexcept { return n < first_large_size; }

    static constexpr unsigned small_index(chunk_size n) noexcept {
        return static_cast<unsigned>(bytes(n) / H::alignment) + correction;
    }

    // Written out, not as a loop over a table: this is on the way of every large chunk.
    static constexpr unsigned large_index(chunk_size n) noexcept {
        if (first_row().reaches(n)) return first_row().bin_of(n);
        if (constexpr row r{9, 20, 91}; r.reaches(n)) return r.bin_of(n);
        if (constexpr row r{12, 10, 110}; r.reaches(n)) return r.bin_of(n);
        if (constexpr row r{15, 4, 119}; r.reaches(n)) return r.bin_of(n);
        if (constexpr row r{18, 2, 124}; r.reaches(n)) return r.bin_of(n);
        return bins - 1;
    }

    static constexpr unsigned index(chunk_size n) noexcept { return is_small(n) ? small_index(n) : large_index(n); }

private:
    struct row {
        unsigned shift;
        std::size_t upto;
        unsigned offset;

        constexpr bool reaches(chunk_size n) const noexcept { return bytes(n) >> shift <= upto; }
        constexpr unsigned bin_of(chunk_size n) const noexcept {
            return offset + static_cast<unsigned>(bytes(n) >> shift);
        }
    };

    // Where small bins end decides which is the first one of the row.
    static constexpr row first_row() noexcept {
        if (H::alignment == 8) return {6, 38, 56};
        return correction == 0 ? row{6, 48, 48} : row{6, 45, 49};
    }
};

namespace detail {
using bins_64 = bin_table<boundary_tag<plain_links>>;
constexpr unsigned bin_of(std::size_t n) noexcept { return bins_64::index(chunk_size{n}); }

static_assert(sizeof(std::size_t) != 8 || (bin_of(32) == 2 && bin_of(1008) == 63 && bin_of(1024) == 64));
static_assert(sizeof(std::size_t) != 8 || (bin_of(3135) == 96 && bin_of(3136) == 97 && bin_of(3583) == 97));
static_assert(sizeof(std::size_t) != 8 || (bin_of(3584) == 98 && bin_of(10751) == 111 && bin_of(10752) == 112));
static_assert(sizeof(std::size_t) != 8 || (bin_of(12287) == 112 && bin_of(40959) == 119 && bin_of(40960) == 120));
static_assert(sizeof(std::size_t) != 8 || (bin_of(65535) == 120 && bin_of(65536) == 121 && bin_of(131072) == 123));
static_assert(sizeof(std::size_t) != 8 || (bin_of(163840) == 124 && bin_of(262144) == 125 && bin_of(524288) == 126));
static_assert(sizeof(std::size_t) != 8 || bin_of(static_cast<std::size_t>(-16)) == 126);

// Sizes by eight: small ones end at 504, and the first row goes on from there.
constexpr unsigned compact_bin_of(std::size_t n) noexcept { return bin_table<compact_tag>::index(chunk_size{n}); }

static_assert(compact_bin_of(16) == 2 && compact_bin_of(504) == 63 && compact_bin_of(512) == 64);
static_assert(compact_bin_of(575) == 64 && compact_bin_of(576) == 65 && compact_bin_of(2495) == 94);
static_assert(compact_bin_of(2496) == 95 && compact_bin_of(2560) == 96 && compact_bin_of(10752) == 112);
static_assert(compact_bin_of(bytes(compact_tag::largest)) == 126);
}

} // namespace ptm
