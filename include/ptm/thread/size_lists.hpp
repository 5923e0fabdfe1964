// thread/size_lists.hpp - which of a cache's lists a chunk size belongs to: one for each of the 64 smallest sizes, and
// above them PerDoubling for every doubling.
//
//   list:     0   1   2  ...  63     64          65          66  ...
//   chunks:   32  48  64 ... 1040    1056..1279  1280..1535  1536..1791   up to MostRequest   (64-bit, 4 per doubling)
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

template <sizes_chunks H, std::size_t MostRequest, unsigned PerDoubling>
struct size_lists {
    static constexpr unsigned stacks = 64;
    static constexpr unsigned part_bits =
        static_cast<unsigned>(std::bit_width(PerDoubling)); // first: Clang wants it so
    static constexpr chunk_size largest_stacked{bytes(H::smallest) + (stacks - 1) * H::alignment};
    static constexpr chunk_size largest{H::size_for(MostRequest)};
    static_assert(largest > largest_stacked, "cache: MostRequest must be larger than the largest single size");
    static_assert(bytes(largest) <= UINT32_MAX, "cache: MostRequest must be below 4 GiB");
    static_assert(std::has_single_bit(PerDoubling), "size_lists: PerDoubling must be a power of two");

    static constexpr unsigned stack_of(chunk_size n) noexcept {
        std::size_t i = (bytes(n) - bytes(H::smallest)) / H::alignment;
        PTM_ASSUME(i < stacks);
        return static_cast<unsigned>(i);
    }

    // class_of - above the stacks: a doubling and its part, which are the highest bits of the size.
    static constexpr unsigned class_of(chunk_size n) noexcept {
        unsigned doubling = bits_of(n);
        auto part = static_cast<unsigned>(bytes(n) >> (doubling - part_bits)) - PerDoubling;
        return stacks + (doubling - bits_of(largest_stacked)) * PerDoubling + part;
    }

    static constexpr unsigned of(chunk_size n) noexcept { return n <= largest_stacked ? stack_of(n) : class_of(n); }

    static constexpr unsigned count = class_of(largest) + 1;

    static constexpr unsigned bits_of(chunk_size n) noexcept { return static_cast<unsigned>(std::bit_width(bytes(n))); }

    static constexpr std::size_t smallest_in(unsigned i) noexcept {
        if (i < stacks) return stacked_size<H>(i);
        return std::size_t{PerDoubling + (i - stacks) % PerDoubling}
        << (bits_of(largest_stacked) - part_bits + (i - stacks) / PerDoubling);
    }

    // smallest_of - no chunk of list i is smaller.
    static constexpr auto smallest_of = [] {
        std::array<std::uint32_t, count> sizes{};
        for (unsigned i = 0; i < count; ++i) sizes[i] = static_cast<std::uint32_t>(smallest_in(i));
        return sizes;
    }();
};

} // namespace ptm::detail
