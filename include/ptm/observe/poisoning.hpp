// observe/poisoning.hpp - who is told which bytes of an arena's memory its users may touch: CONCEPT poisoning_policy,
// and its emptiest model, no_poisoning.
//
// For tools that watch a program's reads and writes. Of all memory that an arena has, users may touch the bytes that
// they asked for, and no others: what is free, cached, a header or left over at the end of a block is hidden. A policy
// has no state, is told by whichever thread owns the bytes, and must not allocate.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace ptm {

// marks_bytes - [p, p + n) is memory that can be read and written, whatever its marks; n may be 0.
template <class P>
concept marks_bytes = requires(void* p, const void* k, std::size_t n) {
    { P::hide(p, n) } noexcept -> std::same_as<void>;         // nobody may touch these
    { P::expose(p, n) } noexcept -> std::same_as<void>;       // they may be touched; nobody has written them yet
    { P::define(p, n) } noexcept -> std::same_as<void>;       // they may be touched, and read as somebody wrote them
    { P::reach(k, n) } noexcept -> std::same_as<std::size_t>; // how many of them, from k on, may be touched
};

// excuses_work - an object of this type lives while an allocator reads and writes what is hidden.
template <class P>
concept excuses_work = std::is_nothrow_default_constructible_v<typename P::at_work>;

// says_whether_it_works - works: can this build tell the tool? poisons: false: nothing is ever told.
template <class P>
concept says_whether_it_works = requires {
    { P::poisons } -> std::convertible_to<bool>;
    { P::works } -> std::convertible_to<bool>;
};

template <class P>
concept works_in_this_build = says_whether_it_works<P> && P::works;

template <class P>
concept poisoning_policy = works_in_this_build<P> && marks_bytes<P> && excuses_work<P>;

// no_poisoning - tells nobody, and costs nothing.
struct no_poisoning {
    static constexpr bool works = true;
    static constexpr bool poisons = false;

    struct at_work {};

    static constexpr void hide(void*, std::size_t) noexcept {}
    static constexpr void expose(void*, std::size_t) noexcept {}
    static constexpr void define(void*, std::size_t) noexcept {}
    static constexpr std::size_t reach(const void*, std::size_t n) noexcept { return n; }
};

static_assert(poisoning_policy<no_poisoning> && std::is_empty_v<no_poisoning::at_work>);

} // namespace ptm
