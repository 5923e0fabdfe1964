// thread/exit.hpp - being told when a thread ends, as late as possible.
//
// A POSIX key's destructor runs after the thread's C++ destructors. It asks to be called again until the last round, so
// that other keys' destructors, which may allocate and free, have run before. Making the key and setting its value
// allocate nothing as long as the process has few keys. The destructor is code of the module that holds the hook: a
// plug-in with a heap of its own must stay loaded as long as threads live that used it.
#pragma once

#include <climits>

#include <pthread.h>

namespace ptm {

// thread_exit_hook - calls Leave() once in each thread that called arm(), when that thread ends. constinit.
template <void (*Leave)() noexcept>
class thread_exit_hook {
    pthread_key_t key_ = 0;
    bool made_ = false;

    static inline constinit thread_exit_hook* instance_ = nullptr;
    static inline constinit thread_local int rounds_left_ = 0;

    static void ended(void*) noexcept {
        if (--rounds_left_ > 0)
            pthread_setspecific(instance_->key_, instance_);
        else
            Leave();
    }

public:
    constexpr thread_exit_hook() noexcept = default;

    // make - once for a process, before the first arm(). A process that is out of keys is not told of thread ends.
    void make() noexcept {
        instance_ = this;
        made_ = pthread_key_create(&key_, ended) == 0;
    }

    // arm - for the calling thread.
    void arm() noexcept {
        rounds_left_ = PTHREAD_DESTRUCTOR_ITERATIONS - 1; // sanitizers take their leave in the last one
        if (made_) pthread_setspecific(key_, this);
    }
};

} // namespace ptm
