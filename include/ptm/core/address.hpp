// core/address.hpp - addresses as numbers and back.
#pragma once

#include <cstddef>
#include <cstdint>

#include <ptm/core/bits.hpp>

namespace ptm {

// cache_line_bytes - what one processor has alone while it writes. apart_bytes - what two of them have: processors
// fetch them in pairs.
inline constexpr std::size_t cache_line_bytes = 64;
inline constexpr std::size_t apart_bytes = 2 * cache_line_bytes;

inline std::uintptr_t address_of(const void* p) noexcept { return reinterpret_cast<std::uintptr_t>(p); }

// offset - `p` moved by `n` bytes; n may wrap, so that offset(p, -m) goes back.
inline std::byte* offset(void* p, std::size_t n) noexcept { return reinterpret_cast<std::byte*>(address_of(p) + n); }

// bytes_between - the bytes from `from` to `to`, modulo 2^N.
inline std::size_t bytes_between(const void* from, const void* to) noexcept {
    return address_of(to) - address_of(from);
}

// bytes_to_aligned - from `p` to the first multiple of `unit`, a power of two, at or after it.
inline std::size_t bytes_to_aligned(const void* p, std::size_t unit) noexcept {
    return align_up(address_of(p), unit) - address_of(p);
}

inline bool is_aligned(const void* p, std::size_t unit) noexcept { return is_aligned(address_of(p), unit); }

} // namespace ptm
