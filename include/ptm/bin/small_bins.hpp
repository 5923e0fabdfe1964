// bin/small_bins.hpp - bins of one size each: CONCEPT small_bin_policy. There is no empty model: an arena cannot do
// without a place for small chunks.
#pragma once

#include <concepts>

#include <ptm/bin/context.hpp>

namespace ptm {

template <class P, class C>
concept small_bin_policy =
    bin_context<C> && requires(typename P::template in<C> b, chunk_in<C>* c, chunk_size n, detail::nothing visit) {
        { b.clear() } noexcept -> std::same_as<void>; // before first use
        { b.insert(c) } noexcept -> std::same_as<void>;
        { b.template insert<no_check>(c) } noexcept -> std::same_as<void>; // the newest of the size must point back
        { b.take_exact(n) } noexcept -> std::same_as<chunk_in<C>*>;        // oldest of that size, unlinked, or nullptr
        { b.first_above(n) } noexcept -> std::same_as<chunk_in<C>*>;       // oldest of the next size there is; linked
        { b.remove(c) } noexcept -> std::same_as<void>;                    // c: in these bins or in the unsorted one
        { b.for_each(visit) } -> std::same_as<void>; // visit(chunk, bin), ascending, front to back
    };

} // namespace ptm
