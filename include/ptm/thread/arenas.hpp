// thread/arenas.hpp - which arena serves a thread: CONCEPT arenas_policy and its emptiest model, one_arena.
//
// A policy is a plain name with a member template in<C>, of which a heap has one object with static storage. It gives
// out arenas that are entered (thread/busy.hpp); who got one leaves it. `request` is what the arena is wanted for, in
// bytes: a new arena is made large enough. All members are thread-safe, those about fork as far as fork's handlers need
// it.
#pragma once

#include <concepts>
#include <cstddef>

#include <ptm/thread/registry.hpp>

namespace ptm {

template <class P, class C>
concept arenas_policy =
    arena_config<C> && requires(typename P::template in<C> arenas, registered_arena<C>& failed, std::size_t request) {
        // May there be more than the main arena?
        { P::several } -> std::convertible_to<bool>;
        // The calling thread, the first one to use the heap, uses the main arena.
        { arenas.begin() } noexcept -> std::same_as<void>;
        // nullptr: there is none, and none can be made.
        { arenas.lock_one(request) } noexcept -> std::same_as<registered_arena<C>*>;
        // One to try after `failed`, which is left here, had no memory. nullptr: none.
        { arenas.lock_other(failed, request) } noexcept -> std::same_as<registered_arena<C>*>;
        // The calling thread ends. What it allocates yet is served without a trace.
        { arenas.leave() } noexcept -> std::same_as<void>;
        { arenas.ring() } noexcept -> std::same_as<arena_ring<C>&>;
        // See arena_ring::lock_for_fork.
        { arenas.before_fork() } noexcept -> std::same_as<void>;
        { arenas.after_fork() } noexcept -> std::same_as<void>;
        { arenas.in_child() } noexcept -> std::same_as<void>;
    };

// one_arena - the main arena, for everybody.
struct one_arena {
    static constexpr bool several = false;

    template <arena_config C>
    class in {
        arena_ring<C> ring_;

    public:
        using arena = registered_arena<C>;

        constexpr explicit in(arena& main) noexcept : ring_(main) {}

        void begin() noexcept {}
        arena* lock_one(std::size_t) noexcept {
            busy::enter(ring_.main().lock);
            return &ring_.main();
        }
        arena* lock_other(arena& failed, std::size_t) noexcept {
            busy::leave(failed.lock);
            return nullptr;
        }
        void leave() noexcept {}
        arena_ring<C>& ring() noexcept { return ring_; }

        void before_fork() noexcept { ring_.lock_for_fork(); }
        void after_fork() noexcept { ring_.unlock_after_fork(); }
        void in_child() noexcept { ring_.reset_after_fork(); }
    };
};

} // namespace ptm
