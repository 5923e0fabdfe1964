// bin/binmap.hpp - which of up to 64 bins may hold something. A set bit may be stale, a clear one never is.
#pragma once

#include <bit>
#include <cstdint>

namespace ptm {

class binmap {
    std::uint64_t bits_ = 0;

public:
    static constexpr unsigned size = 64;

    constexpr void set(unsigned i) noexcept { bits_ |= std::uint64_t{1} << i; }
    constexpr void clear(unsigned i) noexcept { bits_ &= ~(std::uint64_t{1} << i); }

    // first_from - the lowest set bit that is at least i, or `size`.
    constexpr unsigned first_from(unsigned i) const noexcept {
        if (i >= size) return size;
        return static_cast<unsigned>(std::countr_zero(bits_ >> i << i));
    }
};

} // namespace ptm
