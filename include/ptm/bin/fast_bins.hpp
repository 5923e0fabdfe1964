// bin/fast_bins.hpp - free chunks that still look used, for quick reuse at the same size: CONCEPT fast_bin_policy and
// its emptiest model, no_fast_bins.
#pragma once

#include <concepts>

#include <ptm/bin/context.hpp>

namespace ptm {

// origin - who frees: the user, or the arena with a piece of its own. glibc looks at the old head only for the latter.
enum class origin { user, arena };

template <class P, class C>
concept fast_bin_policy = bin_context<C>
    && requires(typename P::template in<C> b, chunk_in<C>* c, chunk_size n, unsigned i, detail::nothing visit) {
           { P::template in<C>::most } -> std::convertible_to<chunk_size>; // largest size it takes; 0: none
           { P::template in<C>::bins } -> std::convertible_to<unsigned>;
           { b.push(c, n, origin::user) } noexcept -> std::same_as<void>;
           { b.pop(n) } noexcept -> std::same_as<chunk_in<C>*>;         // newest of that size, or nullptr
           { b.try_pop(n) } noexcept -> std::same_as<chunk_in<C>*>;     // the same; nullptr also where pop sees a fault
           { b.try_push(c, n) } noexcept -> std::same_as<bool>;         // push(c, n, user); false: it would see a fault
           { b.pop_further(n) } noexcept -> std::same_as<chunk_in<C>*>; // the same right after a pop
           { b.take_bin(i, visit) } noexcept -> std::same_as<void>;     // empties bin i, newest first
           { b.for_each(visit) } -> std::same_as<void>;                 // visit(chunk, bin)
       };

struct no_fast_bins {
    template <bin_context C>
    struct in {
        static constexpr chunk_size most{0};
        static constexpr unsigned bins = 0;

        void push(chunk_in<C>*, chunk_size, origin) noexcept {}
        chunk_in<C>* pop(chunk_size) noexcept { return nullptr; }
        chunk_in<C>* try_pop(chunk_size) noexcept { return nullptr; }
        bool try_push(chunk_in<C>*, chunk_size) noexcept { return false; }
        chunk_in<C>* pop_further(chunk_size) noexcept { return nullptr; }
        void take_bin(unsigned, auto&&) noexcept {}
        void for_each(auto&&) const noexcept {}
    };
};

} // namespace ptm
