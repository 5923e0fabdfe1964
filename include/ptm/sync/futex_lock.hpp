// sync/futex_lock.hpp - four bytes; waiters sleep in the kernel. The lock of glibc's arenas.
//
// Waiters sleep at once. Trying for a while first was measured, with two threads on one arena: between 5 and 300 rounds
// cost 10 to 45% more elapsed time and up to twice the processor time, as what the lock guards is not that short.
// While the process has one thread, taking and leaving it are plain stores: a process becomes multi-threaded only by
// an act of the thread that would hold the lock, so the state written is the one that later threads see.
#pragma once

#include <atomic>
#include <cerrno>

#include <linux/futex.h>
#include <sys/single_threaded.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ptm/core/config.hpp>
#include <ptm/sync/lock.hpp>

namespace ptm {

class futex_lock {
    enum state : int { open = 0, held = 1, contended = 2 };
    std::atomic<int> state_ = open;

public:
    constexpr futex_lock() noexcept = default;

    void lock() noexcept {
        if (!try_lock()) [[unlikely]]
            wait();
    }

    bool try_lock() noexcept {
        int seen = state_.load(std::memory_order_relaxed);
        if (seen != open) return false;
        if (__libc_single_threaded) {
            state_.store(held, std::memory_order_relaxed);
            return true;
        }
        return state_.compare_exchange_strong(seen, held, std::memory_order_acquire, std::memory_order_relaxed);
    }

    void unlock() noexcept {
        if (__libc_single_threaded)
            state_.store(open, std::memory_order_relaxed);
        else if (state_.exchange(open, std::memory_order_release) == contended) [[unlikely]]
            wake_one();
    }

    void reset_after_fork() noexcept { state_.store(open, std::memory_order_relaxed); }

private:
    // Whoever had to wait marks the lock contended when it gets it: it cannot know whether others still wait.
    PTM_COLD void wait() noexcept {
        int saved = errno;
        while (state_.exchange(contended, std::memory_order_acquire) != open) futex(FUTEX_WAIT_PRIVATE, contended);
        errno = saved;
    }

    PTM_COLD void wake_one() noexcept {
        int saved = errno;
        futex(FUTEX_WAKE_PRIVATE, 1);
        errno = saved;
    }

    void futex(int operation, int value) noexcept {
        syscall(SYS_futex, &state_, operation, value, nullptr, nullptr, 0);
    }
};

static_assert(lock_policy<futex_lock> && sizeof(futex_lock) == 4);

} // namespace ptm
