// bin/unsorted_bin.hpp - where free chunks wait until somebody needs to know their size: CONCEPT unsorted_bin_policy
// and its emptiest model, no_unsorted_bin, with which every chunk goes to its own bin at once.
#pragma once

#include <concepts>

#include <ptm/bin/context.hpp>

namespace ptm {

template <class P, class C>
concept unsorted_bin_policy =
    bin_context<C> && requires(typename P::template in<C> b, chunk_in<C>* c, detail::nothing visit) {
        { P::template in<C>::queues } -> std::convertible_to<bool>; // false: nothing is ever pushed
        { b.clear() } noexcept -> std::same_as<void>;               // before first use
        { b.template push<no_check>(c) } noexcept -> std::same_as<void>;
        { b.oldest() } noexcept -> std::same_as<chunk_in<C>*>; // nullptr: empty
        { b.is_only(c) } noexcept -> std::same_as<bool>;       // c is in it; is there no other?
        { b.links_agree(c) } noexcept -> std::same_as<bool>;   // of the oldest
        { b.remove(c) } noexcept -> std::same_as<void>;
        { b.for_each(visit) } -> std::same_as<void>; // visit(chunk), newest first
    };

struct no_unsorted_bin {
    template <bin_context C>
    struct in {
        static constexpr bool queues = false;

        void clear() noexcept {}
        template <fault>
        void push(chunk_in<C>*) noexcept {}
        chunk_in<C>* oldest() noexcept { return nullptr; }
        bool is_only(chunk_in<C>*) noexcept { return false; }
        bool links_agree(chunk_in<C>*) noexcept { return true; }
        void remove(chunk_in<C>*) noexcept {}
        void for_each(auto&&) const noexcept {}
    };
};

} // namespace ptm
