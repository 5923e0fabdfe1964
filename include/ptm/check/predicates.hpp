// check/predicates.hpp - what must be true of a chunk, its neighbours and its links. Pure questions over memory.
#pragma once

#include <cstddef>

#include <ptm/chunk/header.hpp>
#include <ptm/core/address.hpp>

namespace ptm {

// user_aligned - does the chunk hand out an aligned user pointer?
template <header_policy H>
bool user_aligned(const typename H::chunk* c) noexcept {
    return is_aligned(address_of(c) + H::header_bytes, H::alignment);
}

// wraps - would a chunk of size n at c reach beyond the end of the address space?
template <header_policy H>
bool wraps(const typename H::chunk* c, chunk_size n) noexcept {
    return address_of(c) > -bytes(n);
}

// size_possible - a multiple of the alignment, and not below the smallest.
template <header_policy H>
bool size_possible(chunk_size n) noexcept {
    return n >= H::smallest && is_aligned(bytes(n), H::alignment);
}

// representable - can the header write down a size of n bytes, or any size in an arena of n?
template <header_policy H>
constexpr bool representable(std::size_t n) noexcept {
    return n <= bytes(H::largest);
}

// word_plausible - is a size word sound and larger than a header, and its size below what the arena holds?
template <header_policy H>
bool word_plausible(const typename H::chunk* c, std::size_t arena_bytes) noexcept {
    return H::word_of(c) > H::header_bytes && bytes(H::size_of(c)) < arena_bytes && H::sound(c);
}

// footer_agrees - does the next chunk repeat the size of this free one, and was it written so?
template <header_policy H>
bool footer_agrees(const typename H::chunk* c) noexcept {
    return H::size_of(c) == H::previous_size(H::next(c)) && H::sound(c);
}

} // namespace ptm
