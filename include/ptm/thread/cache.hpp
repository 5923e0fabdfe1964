// thread/cache.hpp - chunks that a thread keeps for itself: CONCEPT cache_policy and its emptiest model, no_cache.
//
// A cache is a block of memory that the arena gives to the thread when it first needs one; a thread without a block has
// a stand-in that is always empty and always full, so that the usual path asks no question. Only its own thread touches
// a block. The numbers that bound all caches of a heap are a `limits`, set before the first block is made.
#pragma once

#include <concepts>
#include <cstddef>

#include <ptm/bin/context.hpp>
#include <ptm/tune/tuning.hpp>

namespace ptm {

template <class P, class C>
concept cache_policy = bin_context<C>
    && requires(typename P::template in<C> block, const typename P::template in<C>::limits& bounds,
                typename P::template in<C>::limits& settable, chunk_in<C>* c, chunk_size n, std::size_t request,
                void* user, detail::nothing visit) {
           { P::caches } -> std::convertible_to<bool>; // false: there is never a block
           { P::template in<C>::nobody() } noexcept -> std::same_as<typename P::template in<C>*>;
           { block.get(request, bounds) } noexcept -> std::same_as<void*>;      // a block for the user; nullptr: none
           { block.accept(c, n, bounds) } noexcept -> std::same_as<bool>;       // a chunk being freed; false: no room
           { block.suspects(c, bounds) } noexcept -> std::same_as<bool>;        // does c look as if it were cached?
           { block.accept_plain(c, n, bounds) } noexcept -> std::same_as<bool>; // the same, false also if in doubt
           { block.has_room(n, bounds) } noexcept -> std::same_as<bool>;
           { block.put(c, n, bounds) } noexcept -> std::same_as<void>; // only if has_room
           { block.take(n) } noexcept -> std::same_as<chunk_in<C>*>;   // only after a put of that size
           { block.drain(visit) } noexcept -> std::same_as<void>;      // visit(chunk) for all, which leave
           { settable.set(tuning{}) } noexcept -> std::same_as<void>;
       };

struct no_cache {
    static constexpr bool caches = false;

    template <bin_context C>
    struct in {
        struct limits {
            void set(const tuning&) noexcept {}
        };

        static constexpr in* nobody() noexcept { return &nobody_; }
        void* get(std::size_t, const limits&) noexcept { return nullptr; }
        bool accept(chunk_in<C>*, chunk_size, const limits&) noexcept { return false; }
        bool suspects(chunk_in<C>*, const limits&) noexcept { return false; }
        bool accept_plain(chunk_in<C>*, chunk_size, const limits&) noexcept { return false; }
        bool has_room(chunk_size, const limits&) noexcept { return false; }
        void put(chunk_in<C>*, chunk_size, const limits&) noexcept {}
        chunk_in<C>* take(chunk_size) noexcept { return nullptr; }
        void drain(auto&&) noexcept {}

    private:
        static in nobody_;
    };
};

template <bin_context C>
inline constinit no_cache::in<C> no_cache::in<C>::nobody_{};

} // namespace ptm
