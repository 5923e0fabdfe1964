// thread/busy.hpp - which lock of a heap the calling thread holds: for signal handlers that fork.
//
// A handler that forks may have interrupted its thread inside the heap; fork's own handlers must not wait for a lock
// that this thread holds itself. So a thread notes which arena's lock it is about to take, and that it has it; and the
// same of a shelf of a transfer cache. Each thread has its own notes; it is in one arena and at one shelf at a time.
#pragma once

#include <atomic>

#include <ptm/core/config.hpp>
#include <ptm/sync/lock.hpp>

namespace ptm {

// holder - of a lock, as far as the calling thread can tell.
enum class holder { another, unsure, this_thread };

class busy {
    struct note {
        const void* lock; // being taken, held, or just let go
        bool held;        // for certain
    };
    static inline constinit thread_local note arena_{}, shelf_{};
    static inline constinit thread_local unsigned registering_ = 0; // scopes

    static void then() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }

    template <lock_policy L>
    PTM_ALWAYS_INLINE static void take(note& mine, L& lock) noexcept {
        mine.lock = &lock;
        then();
        lock.lock();
        then();
        mine.held = true;
    }
    template <lock_policy L>
    PTM_ALWAYS_INLINE static void let_go(note& mine, L& lock) noexcept {
        mine.held = false;
        then();
        lock.unlock();
        then();
        mine.lock = nullptr;
    }
    static holder holder_by(const note& mine, const void* lock) noexcept {
        if (lock != mine.lock) return holder::another;
        return mine.held ? holder::this_thread : holder::unsure;
    }

public:
    // enter, leave - take and let go an arena's lock, with the notes.
    template <lock_policy L>
    PTM_ALWAYS_INLINE static void enter(L& lock) noexcept {
        take(arena_, lock);
    }

    template <lock_policy L>
    static bool try_enter(L& lock) noexcept {
        arena_.lock = &lock;
        then();
        arena_.held = lock.try_lock();
        then();
        if (!arena_.held) arena_.lock = nullptr;
        return arena_.held;
    }

    template <lock_policy L>
    PTM_ALWAYS_INLINE static void leave(L& lock) noexcept {
        let_go(arena_, lock);
    }

    // holder_of - of an arena's lock, which is held by somebody. Unsure is a moment of some instructions.
    static holder holder_of(const void* lock) noexcept { return holder_by(arena_, lock); }

    // at_shelf - a scope that holds a shelf's lock, with the notes; forking: this thread holds all of them, and none is
    // taken. holder_of_shelf - as holder_of.
    template <lock_policy L>
    class [[nodiscard]] at_shelf {
        L& lock_;
        bool forking_;

    public:
        explicit at_shelf(L& lock, bool forking = false) noexcept : lock_(lock), forking_(forking) {
            if (!forking_) take(shelf_, lock_);
        }
        at_shelf(const at_shelf&) = delete;
        ~at_shelf() {
            if (!forking_) let_go(shelf_, lock_);
        }
    };
    static holder holder_of_shelf(const void* lock) noexcept { return holder_by(shelf_, lock); }

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
