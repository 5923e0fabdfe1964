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

// can_be_awaited - tells for which requests it is worth having, before it is there.
template <class P, class C>
concept can_be_awaited = requires(const typename P::template in<C>::limits& bounds, std::size_t request) {
    { P::template in<C>::may_serve(request, bounds) } noexcept -> std::same_as<bool>;
};

// serves_aligned - finds a block of exactly the size for `request` that is aligned; nullptr: none.
template <class P, class C>
concept serves_aligned = requires(typename P::template in<C> block, const typename P::template in<C>::limits& bounds,
                                  std::size_t request, std::size_t alignment) {
    { block.get_aligned(request, alignment, bounds) } noexcept -> std::same_as<void*>;
};

// caches_blocks - what every block of a cache can do.
template <class P, class C>
concept caches_blocks = requires(typename P::template in<C> block, const typename P::template in<C>::limits& bounds,
                                 chunk_in<C>* c, chunk_size n, std::size_t request, detail::nothing visit) {
    { P::template in<C>::nobody() } noexcept -> std::same_as<typename P::template in<C>*>;
    { block.get(request, bounds) } noexcept -> std::same_as<void*>;      // a block for the user; nullptr: none
    { block.accept(c, n, bounds) } noexcept -> std::same_as<bool>;       // a chunk being freed; false: no room
    { block.suspects(c, bounds) } noexcept -> std::same_as<bool>;        // does c look as if it were cached?
    { block.accept_plain(c, n, bounds) } noexcept -> std::same_as<bool>; // the same, false also if in doubt
    { block.has_room(n, bounds) } noexcept -> std::same_as<bool>;        // for what a search found beyond its need
    { block.put(c, n, bounds) } noexcept -> std::same_as<void>;          // only if has_room
    { block.take(n) } noexcept -> std::same_as<chunk_in<C>*>;            // only after a put of that size
    { block.drain(visit) } noexcept -> std::same_as<void>;               // visit(chunk) for all, which leave
};

// flushes_batches - gives up a part of what it holds when there is no room.
template <class P, class C>
concept flushes_batches = requires(typename P::template in<C> block, const typename P::template in<C>::limits& bounds,
                                   chunk_size n, detail::nothing visit) {
    { block.worth_a_flush(n, bounds) } noexcept -> std::same_as<bool>; // would a chunk of size n find room after one?
    { block.flush(bounds, visit) } noexcept -> std::same_as<void>;     // visit(chunk) for those that leave
};

// refills_batches - wants further chunks of a size that it could not serve, from the arena that is asked anyway.
template <class P, class C>
concept refills_batches =
    requires(typename P::template in<C> block, const typename P::template in<C>::limits& bounds, chunk_size n) {
        { block.begin_refill(n) } noexcept -> std::same_as<void>;       // of chunks of size n, by put()
        { block.wants_more(n, bounds) } noexcept -> std::same_as<bool>; // true: one put() of that size follows
        { block.end_refill() } noexcept -> std::same_as<void>;
    };

// serves_known_sizes - has a quicker way for chunk sizes that are known while compiling: those that knows(n).
//   T  the tuning of the configuration: where nobody can change its numbers at run time (environment_source::ignored)
//      they are as good as constants, and no limits are looked at
template <class P, class C>
concept serves_known_sizes = requires(typename P::template in<C> block,
                                      const typename P::template in<C>::limits& bounds, chunk_in<C>* c, chunk_size n) {
    requires P::template in<C>::knows(C::header::smallest);
    { P::template in<C>::knows(n) } noexcept -> std::same_as<bool>;
    { block.template get_known<C::header::smallest>() } noexcept -> std::same_as<void*>; // as get
    { block.template accept_known<C::header::smallest, tuning{}>(c, bounds) } noexcept -> std::same_as<bool>;
};

// has_lists - a list for each of some sizes, 1 .. lists - 1; requests that are large enough for one have it looked up.
template <class P, class C>
concept has_lists = requires(typename P::template in<C> block, chunk_size n, std::size_t request, unsigned list) {
    typename P::template in<C>::refill; // takes what an arena makes for a list
    { P::template in<C>::lists } -> std::convertible_to<unsigned>;
    { P::template in<C>::most_request } -> std::convertible_to<std::size_t>;
    { P::template in<C>::list_for(request) } noexcept -> std::same_as<unsigned>;
    { P::template in<C>::size_in(list) } noexcept -> std::same_as<chunk_size>; // what to make for the list
    { P::template in<C>::cacheable(n) } noexcept -> std::same_as<bool>;
    { P::template in<C>::list_of(n) } noexcept -> std::same_as<unsigned>; // only if cacheable
    { block.get_from(list) } noexcept -> std::same_as<void*>;
    { block.wanted(list) } noexcept -> std::same_as<unsigned>; // to be made, after a miss
    { block.grow_after_miss(list) } noexcept -> std::same_as<void>;
};

// exchanges_batches - what the exchange hands from thread to thread are chains of chunks of one list.
template <class P, class C>
concept exchanges_batches = has_lists<P, C>
    && requires(typename P::template in<C> block, const typename P::template in<C>::limits& bounds, chunk_in<C>* c,
                std::size_t request, std::size_t word, unsigned list, detail::nothing f) {
           { P::template in<C>::most_stacked_request } -> std::convertible_to<std::size_t>; // on the usual path
           { block.begin(bounds) } noexcept -> std::same_as<void>; // before anything but get and accept
           { block.end() } noexcept -> std::same_as<void>; // when all_of every list is gone: it takes nothing any more
           { block.get_at_once(request) } noexcept -> std::same_as<void*>; // the usual path: what its list has at once
           { block.accept_at_once(c, word) } noexcept -> std::same_as<bool>; // of the size that the word says
           { block.get_in(list) } noexcept -> std::same_as<void*>;           // if the list has any at once
           { block.accept_in(list, c) } noexcept -> std::same_as<bool>;      // if the list has room at once
           { block.make_room(list) } noexcept -> std::same_as<bool>; // false: there is a batch, which must leave
           { block.push(list, c) } noexcept -> std::same_as<void>;
           { block.push_last(list, c) } noexcept -> std::same_as<void>;         // handed out after all others
           { block.get_larger(list, request) } noexcept -> std::same_as<void*>; // nullptr: there is none that would do
           { block.is_new(list) } noexcept -> std::same_as<bool>;               // has never had anything?
           { P::template in<C>::is_shared(list) } noexcept -> std::same_as<bool>;    // two chunks in a cache line?
           { P::template in<C>::batch_of(list) } noexcept -> std::same_as<unsigned>; // chunks that leave together
           { block.all_of(list) } noexcept; // a batch, of none when all is gone
           { block.leaving(list, bounds, request) } noexcept -> std::same_as<decltype(block.all_of(list))>;
           { block.add(list, block.all_of(list)) } noexcept -> std::same_as<void*>; // one of it
           { block.for_each_in(block.all_of(list), f) } noexcept;
       };

// says_who_uses_it - caches: false: there is never a block. made_early: any request or free of a thread makes its
// block; false: the first request that the block may serve does. serves_all: calloc and memalign take from it, too.
// takes_pieces: what an arena frees itself goes there, too. flushes, refills: chunks go back to arenas, and come from
// them, many at a time. knows_sizes: what is known while compiling is served at less cost. exchanges: a thread's block
// is its own storage, and trades batches with an exchange that all threads share.
template <class P>
concept says_who_uses_it = requires {
    { P::caches } -> std::convertible_to<bool>;
    { P::made_early } -> std::convertible_to<bool>;
    { P::serves_all } -> std::convertible_to<bool>;
    { P::takes_pieces } -> std::convertible_to<bool>;
    { P::flushes } -> std::convertible_to<bool>;
    { P::refills } -> std::convertible_to<bool>;
    { P::knows_sizes } -> std::convertible_to<bool>;
    { P::exchanges } -> std::convertible_to<bool>;
};

template <class P, class C>
concept cache_policy =
    bin_context<C> && says_who_uses_it<P> && caches_blocks<P, C> && (P::made_early || can_be_awaited<P, C>)
    && (!P::serves_all || serves_aligned<P, C>) && (!P::flushes || flushes_batches<P, C>)
    && (!P::refills || refills_batches<P, C>) && (!P::knows_sizes || serves_known_sizes<P, C>)
    && (!P::exchanges || exchanges_batches<P, C>) && requires(typename P::template in<C>::limits& settable) {
           { settable.set(tuning{}) } noexcept -> std::same_as<void>;
       };

struct no_cache {
    static constexpr bool caches = false;
    static constexpr bool made_early = true;
    static constexpr bool serves_all = false;
    static constexpr bool takes_pieces = false;
    static constexpr bool flushes = false;
    static constexpr bool refills = false;
    static constexpr bool knows_sizes = false;
    static constexpr bool exchanges = false;

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
