// thread/fork.hpp - fork() while other threads allocate: the lock is held across it, so that the child gets the arena
// in one piece; in the child the lock begins anew.
#pragma once

#include <pthread.h>

namespace ptm {

// fork_hook - calls Before() in the parent, After() in the parent, and Child() in the child. Registered once, as early
// as possible: handlers that are registered later run before ours and may still allocate.
template <void (*Before)() noexcept, void (*After)() noexcept, void (*Child)() noexcept>
struct fork_hook {
    static void make() noexcept {
        pthread_atfork([]() { Before(); }, []() { After(); }, []() { Child(); });
    }
};

} // namespace ptm
