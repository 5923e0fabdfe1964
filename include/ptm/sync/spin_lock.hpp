// sync/spin_lock.hpp - one byte, no system call: for short sections that are rarely contended.
//
// A waiter burns its time slice when the holder was put aside by the scheduler; prefer futex_lock where that happens.
#pragma once

#include <atomic>

#include <ptm/core/config.hpp>
#include <ptm/sync/lock.hpp>

namespace ptm {

class spin_lock {
    std::atomic<bool> held_ = false;

public:
    constexpr spin_lock() noexcept = default;

    void lock() noexcept {
        while (!try_lock())
            while (held_.load(std::memory_order_relaxed)) PTM_CPU_RELAX();
    }
    bool try_lock() noexcept { return !held_.exchange(true, std::memory_order_acquire); }
    void unlock() noexcept { held_.store(false, std::memory_order_release); }
    void reset_after_fork() noexcept { held_.store(false, std::memory_order_relaxed); }
};

static_assert(lock_policy<spin_lock> && sizeof(spin_lock) == 1);

} // namespace ptm
