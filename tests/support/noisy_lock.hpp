// support/noisy_lock.hpp - a lock for tests of forks.
#pragma once

namespace ptm_test {

// noisy_lock - says how often any of them was taken, let go and made anew. One thread at a time.
struct noisy_lock {
    bool held = false;
    void lock() noexcept { held = true, ++taken; }
    bool try_lock() noexcept { return !held && (lock(), true); }
    void unlock() noexcept { held = false, ++let_go; }
    void reset_after_fork() noexcept { held = false, ++reset; }

    static inline int taken = 0, let_go = 0, reset = 0;
};

} // namespace ptm_test
