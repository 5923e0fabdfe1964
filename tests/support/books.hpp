// support/books.hpp - do the backends of an arena, both of them counted<...>, hold what the arena knows of?
#pragma once

#include <ptm/arena/arena.hpp>

#include <cstddef>

namespace ptm_test {

template <class B>
concept keeps_books = requires(B b) { b.bytes_held; };

// books_agree - what the backends gave is what the arena knows of.
template <class C>
bool books_agree(ptm::arena_state<C>& a) {
    if constexpr (!keeps_books<typename C::main_backend> || !keeps_books<typename C::mapped_backend>) {
        return true;
    } else {
        std::size_t held = a.backend.bytes_held + a.shared->mapped_backend.bytes_held;
        if constexpr (requires { a.backend.foreign_bytes; }) held += a.backend.foreign_bytes;
        return held == a.system_bytes + a.shared->mapped_bytes;
    }
}

template <class C>
bool books_agree(ptm::arena<C>& a) {
    return books_agree(a.state());
}

} // namespace ptm_test
