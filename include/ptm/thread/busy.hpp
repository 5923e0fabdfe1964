// thread/busy.hpp - a mark that this thread is inside a heap, for signal handlers that fork.
//
// A handler that forks may have interrupted the heap where it holds a lock; fork's own handlers must not wait for that
// one. Each thread has its own mark; scopes may nest.
#pragma once

#include <atomic>

#include <ptm/core/config.hpp>

namespace ptm {

class [[nodiscard]] busy {
    static inline constinit thread_local unsigned depth_ = 0;

public:
    PTM_ALWAYS_INLINE busy() noexcept {
        ++depth_;
        std::atomic_signal_fence(std::memory_order_seq_cst); // marked before any lock is taken
    }
    busy(const busy&) = delete;
    busy& operator=(const busy&) = delete;
    PTM_ALWAYS_INLINE ~busy() {
        std::atomic_signal_fence(std::memory_order_seq_cst);
        --depth_;
    }

    // here - is the calling thread inside?
    static bool here() noexcept { return depth_ != 0; }
};

} // namespace ptm
