// thread/registry.hpp - all arenas of a heap, in a ring: the main arena, then the others from newest to oldest.
//
//   main -> newest -> ... -> oldest -> main
//
// Arenas are added and never taken away, so the ring may be walked at any time without a lock: by threads that look for
// an arena, by statistics, by a debugger. How a thread comes by its arena is the business of a policy:
// thread/arenas.hpp.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <unistd.h>

#include <ptm/arena/sub_heap.hpp>
#include <ptm/core/errno_guard.hpp>
#include <ptm/core/relaxed.hpp>
#include <ptm/thread/busy.hpp>

namespace ptm {

// registered_arena - an arena and its place among the others.
template <arena_config C>
struct registered_arena : arena_state<C> {
    std::atomic<registered_arena*> next = nullptr; // in the ring; nullptr: the main arena, and so round again
    registered_arena* next_free = nullptr;         // for the policy: among the arenas that no thread uses
    std::uint32_t attached = 0;                    // for the policy: threads that use it
    relaxed<std::uint16_t> last_user = 0;          // for the policy: the thread that used it last, hashed
    bool held_by_fork = false;                     // locked by the thread that forks, until the fork is over

    constexpr explicit registered_arena(shared_state<C>& with) noexcept : arena_state<C>(with) {}
};

// arena_ring
template <arena_config C>
class arena_ring {
    registered_arena<C>& main_;
    [[no_unique_address]] typename C::lock adding_;
    bool adding_held_by_fork_ = false;

public:
    using arena = registered_arena<C>;

    // main - an arena with static storage.
    constexpr explicit arena_ring(arena& main) noexcept : main_(main) {}

    arena& main() const noexcept { return main_; }
    arena& after(const arena& a) const noexcept {
        arena* next = a.next.load(std::memory_order_acquire);
        return next ? *next : main_;
    }

    // for_each - visit(arena), in the order of the ring, from the main arena on. Arenas made meanwhile may be left out.
    void for_each(auto&& visit) const {
        arena* a = &main_;
        do visit(*a);
        while ((a = &after(*a)) != &main_);
    }

    // make - a new arena, right behind the main one; its lock is open.
    //   request  bytes that its first user is going to ask for
    //   returns  nullptr: the system refuses; errno is as it was
    arena* make(std::size_t request) noexcept {
        if constexpr (!has_sub_heaps<C>) {
            return nullptr;
        } else {
            errno_guard keep;
            arena* a = make_side_arena<arena>(*main_.shared, request);
            if (a) add(*a);
            return a;
        }
    }

    // lock_for_fork - locks all arenas, so that the child gets them in one piece. Where a signal handler forks, its
    // thread may hold a lock already: that one is left as it is.
    void lock_for_fork() noexcept {
        adding_held_by_fork_ = take(adding_, busy::holder_of_registry());
        for_each([](arena& a) { a.held_by_fork = take(a.lock, busy::holder_of(&a.lock)); });
    }

    // unlock_after_fork - in the parent.
    void unlock_after_fork() noexcept {
        for_each([](arena& a) {
            if (a.held_by_fork) a.lock.unlock();
        });
        if (adding_held_by_fork_) adding_.unlock();
    }

    // reset_after_fork - in the child, where nobody waits. A lock that this thread held before stays held.
    void reset_after_fork() noexcept {
        for_each([](arena& a) {
            if (a.held_by_fork) a.lock.reset_after_fork();
        });
        if (adding_held_by_fork_) adding_.reset_after_fork();
    }

    // take - locks a lock that `who` has, if anybody.
    //   returns  false: this thread has it already. Where it is unsure, that is so when the lock was not to be had for
    //            a time in which any other thread lets it go
    static bool take(typename C::lock& lock, holder who) noexcept {
        constexpr int patience = 200; // times half a millisecond
        if (who == holder::another) {
            lock.lock();
            return true;
        }
        for (int i = 0; i < patience && who == holder::unsure; ++i) {
            if (lock.try_lock()) return true;
            usleep(500);
        }
        return false;
    }

private:
    void add(arena& a) noexcept {
        busy::registering mark;
        holding hold(adding_);
        a.next.store(main_.next.load(std::memory_order_relaxed), std::memory_order_relaxed);
        main_.next.store(&a, std::memory_order_release);
    }
};

} // namespace ptm
