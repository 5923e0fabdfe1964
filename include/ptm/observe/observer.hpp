// observe/observer.hpp - what can be watched: the events, CONCEPT observer_policy, and its emptiest model no_observer.
//
// An observer is called with each event as it happens, by the thread that made it, sometimes under an arena's lock: it
// must not allocate from the heap that it watches, and must be thread-safe if that heap is.
//
// An observer may also be asked whether a block may be handed out at all: see observe/scopes.hpp.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include <ptm/core/units.hpp>

namespace ptm {

namespace events {
struct allocated { // a block was handed to the user
    void* user;
    std::size_t request; // bytes asked for
};
struct freed { // a block is about to be taken back
    void* user;
};
struct system_grew { // memory came from a backend
    pages gained;
};
struct system_shrank { // memory went back to a backend
    std::size_t bytes;
};
struct consolidated {}; // an arena merged its fast chunks
}

// decides - does the observer say yes or no before a block is handed out? One that does declares `decides = true`.
template <class O>
inline constexpr bool decides = [] {
    if constexpr (requires { O::decides; }) return bool{O::decides};
    return false;
}();

// permits_blocks - permits(bytes): may the calling thread have so many? Called without an arena's lock.
template <class O>
concept permits_blocks = requires(O& o, std::size_t bytes) {
    { o.permits(bytes) } noexcept -> std::same_as<bool>;
};

template <class O>
concept observer_policy = decides<O> == permits_blocks<O> && std::is_nothrow_invocable_v<O&, const events::allocated&>
    && std::is_nothrow_invocable_v<O&, const events::freed&>
    && std::is_nothrow_invocable_v<O&, const events::system_grew&>
    && std::is_nothrow_invocable_v<O&, const events::system_shrank&>
    && std::is_nothrow_invocable_v<O&, const events::consolidated&>;

// no_observer - sees nothing and costs nothing.
struct no_observer {
    constexpr void operator()(const auto&) noexcept {}
};

static_assert(observer_policy<no_observer> && std::is_empty_v<no_observer>);

} // namespace ptm
