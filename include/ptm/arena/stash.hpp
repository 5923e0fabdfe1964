// arena/stash.hpp - where an arena may leave chunks on the way: CONCEPT stash_policy, and no_stash.
//
// A search that finds more chunks of the wanted size than it needs hands them to the calling thread's cache, and pieces
// that the arena frees itself go there first, as any free would. To the arena that cache is a stash: a small value that
// is passed down the calls. An arena of one's own has none.
#pragma once

#include <concepts>

#include <ptm/bin/context.hpp>

namespace ptm {

template <class S, class C>
concept stash_policy = requires(S s, chunk_in<C>* c, chunk_size n) {
    { s.has_room(n) } noexcept -> std::same_as<bool>; // would put() take one more of this size?
    { s.put(c, n) } noexcept -> std::same_as<void>;   // only if has_room(n)
    { s.may_grow() } noexcept -> std::same_as<bool>;  // false: better no chunk than more memory from the system
    {
        s.take(n)
    } noexcept -> std::convertible_to<chunk_in<C>*>; // the newest; only after a put(c, n) in the same search
    {
        s.accept(c, n)
    } noexcept -> std::same_as<bool>; // a chunk being freed: looked at for a double free, then put
                                      // if there is room; false: the caller keeps it
};

struct no_stash {
    bool has_room(chunk_size) noexcept { return false; }
    bool may_grow() noexcept { return true; }
    void put(auto*, chunk_size) noexcept {}
    decltype(nullptr) take(chunk_size) noexcept { return nullptr; }
    bool accept(auto*, chunk_size) noexcept { return false; }
};

// clearing - S, on the way of a search that wants a mapping, if it comes to one, to read as zero.
template <class S>
struct clearing : S {};

template <class S>
inline constexpr bool is_clearing = false;
template <class S>
inline constexpr bool is_clearing<clearing<S>> = true;

} // namespace ptm
