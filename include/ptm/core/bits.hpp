// core/bits.hpp - rounding and powers of two. All arithmetic is modulo 2^N, as the callers need it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ptm {

// Not std::has_single_bit: that may call a library function, and a preload library has none to call.
constexpr bool is_power_of_two(std::size_t n) noexcept { return n != 0 && (n & (n - 1)) == 0; }

// align_down, align_up - n rounded to a multiple of `unit`, a power of two.
constexpr std::size_t align_down(std::size_t n, std::size_t unit) noexcept { return n & ~(unit - 1); }
constexpr std::size_t align_up(std::size_t n, std::size_t unit) noexcept { return align_down(n + unit - 1, unit); }

constexpr bool is_aligned(std::size_t n, std::size_t unit) noexcept { return (n & (unit - 1)) == 0; }

static_assert(align_up(1, 16) == 16 && align_up(16, 16) == 16 && align_up(0, 16) == 0);
static_assert(align_down(31, 16) == 16 && is_aligned(32, 16) && !is_aligned(33, 16));

} // namespace ptm
