// thread/busy.hpp - which lock of a heap the calling thread holds: for signal handlers that fork.
//
// A handler that forks may have interrupted its thread inside the heap; fork's own handlers must not wait for a lock
// that this thread holds itself. So a thread notes which arena's lock it is about to take, and that it has it. Each
// thread has its own notes; it is in one arena at a time.
#pragma once

#include <atomic>

#include <ptm/core/config.hpp>
#include <ptm/sync/lock.hpp>

namespace ptm {

// holder - of a lock, as far as the calling thread can tell.
enum class holder { another, unsure, this_thread };

class busy {
    static inline constinit thread_local const void* lock_ = nullptr; // being taken, held, or just let go
    static inline constinit thread_local bool held_ = false;          // for certain
    static inline constinit thread_local unsigned registering_ = 0;   // scopes

    static void then() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }

public:
    // enter, leave - take and let go an arena's lock, with the notes.
    template <lock_policy L>
    PTM_ALWAYS_INLINE static void enter(L& lock) noexcept {
        lock_ = &lock;
        then();
        lock.lock();
        then();
        held_ = true;
    }

    template <lock_policy L>
    static bool try_enter(L& lock) noexcept {
        lock_ = &lock;
        then();
        held_ = lock.try_lock();
        then();
        if (!held_) lock_ = nullptr;
        return held_;
    }

    template <lock_policy L>
    PTM_ALWAYS_INLINE static void leave(L& lock) noexcept {
        held_ = false;
        then();
        lock.unlock();
        then();
        lock_ = nullptr;
    }

    // holder_of - of an arena's lock, which is held by somebody. Unsure is a moment of some instructions.
    static holder holder_of(const void* lock) noexcept {
        if (lock != lock_) return holder::another;
        return held_ ? holder::this_thread : holder::unsure;
    }

    // registering - a scope in which this thread may hold any lock that is about which arenas there are. They are
    // rarely taken; no notes are made of each.
    class [[nodiscard]] registering {
    public:
        registering() noexcept {
            ++registering_;
            then();
        }
        registering(const registering&) = delete;
        ~registering() {
            then();
            --registering_;
        }
    };

    static holder holder_of_registry() noexcept { return registering_ != 0 ? holder::unsure : holder::another; }
};

} // namespace ptm
