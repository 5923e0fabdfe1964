// thread/cpu_arenas.hpp - arenas belong to processors, not to threads: a request is served by an arena of the processor
// that the thread runs on at that moment.
//
// For programs with many more threads than processors: there are never more arenas than processors times N, each
// request finds the lock of its arena free unless a thread was put aside while it held it, and blocks that threads on
// one processor allocate lie together. The N arenas of a processor are tried in turn; when all are locked, the first is
// waited for. The main arena is the first of processor 0; the others are made when they are first wanted. Where one has
// no memory, the main arena is tried, or the newest if that was the main one. While the process has one thread, it uses
// the main arena, wherever it runs.
//
// cost     asking for the processor: some 10 ns (a system call without a switch to the kernel), only when the thread's
//          cache could not serve the request
#pragma once

#include <atomic>
#include <cstddef>

#include <sys/single_threaded.h>

#include <ptm/os/processors.hpp>
#include <ptm/thread/arenas.hpp>

namespace ptm {

// arenas_per_cpu - N for each processor; those of processors from `tables` on are shared.
template <unsigned N>
struct arenas_per_cpu {
    static_assert(N > 0, "arenas_per_cpu: a processor needs at least one arena");
    static constexpr bool several = true;

    template <arena_config C>
    class in;
};

template <unsigned N>
template <arena_config C>
class arenas_per_cpu<N>::in {
public:
    using arena = registered_arena<C>;

private:
    static constexpr unsigned tables = 256;

    arena_ring<C> ring_;
    [[no_unique_address]] typename C::lock making_;
    bool making_held_by_fork_ = false;
    std::atomic<arena*> arenas_[tables * N];

public:
    constexpr explicit in(arena& main) noexcept : ring_(main), arenas_{&main} {}

    void begin() noexcept {}

    arena* lock_one(std::size_t request) noexcept {
        if (__libc_single_threaded) return busy::enter(ring_.main().lock), &ring_.main();
        std::atomic<arena*>* mine = arenas_ + running_processor() % tables * N;
        for (unsigned i = 0; i < N; ++i) {
            arena* a = mine[i].load(std::memory_order_acquire);
            if (!a) a = make(mine[i], request);
            if (a && busy::try_enter(a->lock)) return a;
        }
        arena* a = mine[0].load(std::memory_order_acquire);
        if (!a) a = &ring_.main(); // no memory for one
        busy::enter(a->lock);
        return a;
    }

    arena* lock_other(arena& failed, std::size_t) noexcept {
        busy::leave(failed.lock);
        arena* other = &failed == &ring_.main() ? &ring_.after(failed) : &ring_.main();
        if (other == &failed) return nullptr;
        busy::enter(other->lock);
        return other;
    }

    void leave() noexcept {}
    arena_ring<C>& ring() noexcept { return ring_; }

    void before_fork() noexcept {
        making_held_by_fork_ = ring_.take(making_, busy::holder_of_registry());
        ring_.lock_for_fork();
    }
    void after_fork() noexcept {
        ring_.unlock_after_fork();
        if (making_held_by_fork_) making_.unlock();
    }
    void in_child() noexcept {
        ring_.reset_after_fork();
        if (making_held_by_fork_) making_.reset_after_fork();
    }

private:
    // make - unless somebody else was faster.
    PTM_COLD arena* make(std::atomic<arena*>& place, std::size_t request) noexcept {
        busy::registering mark;
        holding hold(making_);
        arena* a = place.load(std::memory_order_relaxed);
        if (!a) place.store(a = ring_.make(request), std::memory_order_release);
        return a;
    }
};

} // namespace ptm
