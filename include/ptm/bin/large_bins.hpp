// bin/large_bins.hpp - bins for chunks of many sizes: CONCEPT large_bin_policy. There is no empty model.
#pragma once

#include <concepts>

#include <ptm/bin/context.hpp>

namespace ptm {

// fits_best - whether best_fit and first_above find the smallest chunk, and bins are in order of size; false: a good
// fit.
template <class P>
concept says_how_it_fits = requires {
    { P::fits_best } -> std::convertible_to<bool>;
};

// A large chunk outside these bins, in the unsorted queue, is marked absent, so that remove() knows. Of a good fit, the
// model says how good it is.
template <class P, class C>
concept large_bin_policy = bin_context<C> && says_how_it_fits<P>
    && requires(typename P::template in<C> b, chunk_in<C>* c, chunk_size n, detail::nothing visit) {
           { b.clear() } noexcept -> std::same_as<void>; // before first use
           { b.insert(c) } noexcept -> std::same_as<void>;
           {
               b.best_fit(n)
           } noexcept -> std::same_as<chunk_in<C>*>;                    // n large: the smallest >= n in the bin of
                                                                        // n, still linked, or nullptr
           { b.first_above(n) } noexcept -> std::same_as<chunk_in<C>*>; // the smallest in the bins above that of n
           {
               b.remove(c)
           } noexcept -> std::same_as<void>; // c: in these bins, or marked absent and
                                             // in the unsorted one
           { b.mark_absent(c) } noexcept -> std::same_as<void>;
           {
               b.links_agree(c)
           } noexcept -> std::same_as<bool>;            // c is in these bins; do its neighbours there point at it?
           { b.for_each(visit) } -> std::same_as<void>; // visit(chunk, bin), ascending, in a bin from the largest
       };

} // namespace ptm
