// core/checked.hpp - arithmetic that says when it overflowed, and what to answer then.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace ptm {

// largest_request - no request above this is ever served: pointer differences inside a block must be representable.
inline constexpr std::size_t largest_request = PTRDIFF_MAX;

namespace detail {
// out_of_memory - what a function returns that could not serve a request: nullptr, with errno set.
inline std::nullptr_t out_of_memory() noexcept {
    errno = ENOMEM;
    return nullptr;
}
}

constexpr std::optional<std::size_t> checked_add(std::size_t a, std::size_t b) noexcept {
    std::size_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
    return sum;
}

constexpr std::optional<std::size_t> checked_multiply(std::size_t a, std::size_t b) noexcept {
    std::size_t product = 0;
    if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
    return product;
}

static_assert(!checked_add(SIZE_MAX, 1) && checked_add(1, 2) == 3);
static_assert(!checked_multiply(SIZE_MAX / 2, 3) && checked_multiply(6, 7) == 42);

} // namespace ptm
