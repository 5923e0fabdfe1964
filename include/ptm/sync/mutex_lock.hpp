// sync/mutex_lock.hpp - the system's own mutex: the right choice where a tool (a race detector, a lock profiler, a
// debugger) shall understand what it sees. Ten times the size of futex_lock.
#pragma once

#include <pthread.h>

#include <ptm/sync/lock.hpp>

namespace ptm {

class mutex_lock {
    pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;

public:
    constexpr mutex_lock() noexcept = default;

    void lock() noexcept { pthread_mutex_lock(&mutex_); }
    bool try_lock() noexcept { return pthread_mutex_trylock(&mutex_) == 0; }
    void unlock() noexcept { pthread_mutex_unlock(&mutex_); }
    void reset_after_fork() noexcept { mutex_ = PTHREAD_MUTEX_INITIALIZER; }
};

static_assert(lock_policy<mutex_lock>);

} // namespace ptm
