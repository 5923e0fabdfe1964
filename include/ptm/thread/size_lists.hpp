// thread/size_lists.hpp - which of a cache's lists a chunk size belongs to: one for each of the 64 smallest sizes, and
// above them PerDoubling for every doubling.
//
//   list:     0   1   2  ...  63     64          65          66  ...
//   chunks:   32  48  64 ... 1040    1056..1279  1280..1535  1536..1791   up to MostRequest   (64-bit, 4 per doubling)
//
// Spare: so many bytes further each list begins, but the first one above the 64. Large blocks are often a power of two
// and a little, as their users ask for a header of their own beside it, and the heap has one: where a list begins at
// the power itself, they all get a chunk of the next one's size.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <ptm/chunk/header.hpp>
#include <ptm/core/config.hpp>

namespace ptm::detail {

// stacked_size - the smallest chunk's, and those that follow, from 0 on. Bytes.
template <sizes_chunks H>
constexpr std::size_t stacked_size(unsigned i) noexcept {
    return bytes(H::smallest) + i * H::alignment;
}

template <sizes_chunks H, std::size_t MostRequest, unsigned PerDoubling, std::size_t Spare = 0>
struct size_lists {
    static constexpr unsigned stacks = 64;
    static constexpr unsigned part_bits =
        static_cast<unsigned>(std::bit_width(PerDoubling)); // first: Clang wants it so
    static constexpr chunk_size largest_stacked{bytes(H::smallest) + (stacks - 1) * H::alignment};
    static constexpr chunk_size largest{H::size_for(MostRequest + Spare)};
    static_assert(largest > largest_stacked, "cache: MostRequest must be larger than the largest single size");
    static_assert(bytes(largest) <= UINT32_MAX, "cache: MostRequest must be below 4 GiB");
    static_assert(std::has_single_bit(PerDoubling), "size_lists: PerDoubling must be a power of two");
    static_assert(Spare % H::alignment == 0, "size_lists: Spare must be a multiple of the alignment");

    static constexpr unsigned stack_of(chunk_size n) noexcept {
        std::size_t i = (bytes(n) - bytes(H::smallest)) / H::alignment;
        PTM_ASSUME(i < stacks);
        return static_cast<unsigned>(i);
    }

    // class_of - above the stacks: a doubling and its part, which are the highest bits of the size.
    static constexpr unsigned class_of(chunk_size n) noexcept {
        std::size_t of_doubling = bytes(n) - Spare < first_doubling ? first_doubling : bytes(n) - Spare;
        unsigned doubling = bits_of(chunk_size{of_doubling});
        auto part = static_cast<unsigned>(of_doubling >> (doubling - part_bits)) - PerDoubling;
        return stacks + (doubling - bits_of(largest_stacked)) * PerDoubling + part;
    }

    static constexpr unsigned of(chunk_size n) noexcept { return n <= largest_stacked ? stack_of(n) : class_of(n); }

    static constexpr unsigned bits_of(chunk_size n) noexcept { return static_cast<unsigned>(std::bit_width(bytes(n))); }
    static constexpr std::size_t first_doubling = std::size_t{1} << (bits_of(largest_stacked) - 1);

    static constexpr unsigned count = class_of(largest) + 1;

    static constexpr std::size_t smallest_in(unsigned i) noexcept {
        if (i < stacks + (Spare != 0)) return stacked_size<H>(i);
        std::size_t parts = PerDoubling + (i - stacks) % PerDoubling;
        return (parts << (bits_of(largest_stacked) - part_bits + (i - stacks) / PerDoubling)) + Spare;
    }

    // smallest_of - no chunk of list i is smaller.
    static constexpr auto smallest_of = [] {
        std::array<std::uint32_t, count> sizes{};
        for (unsigned i = 0; i < count; ++i) sizes[i] = static_cast<std::uint32_t>(smallest_in(i));
        return sizes;
    }();
};

} // namespace ptm::detail
