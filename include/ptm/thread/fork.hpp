// thread/fork.hpp - fork() while other threads allocate: all locks of a heap are held across it, so that the child gets
// the heap in one piece; in the child they begin anew.
//
// glibc takes the lock of its list of streams before those of malloc: somebody may allocate while he holds the former.
// A handler of pthread_atfork runs before both, and so takes the lock of the streams itself, which may be taken again.
#pragma once

#include <pthread.h>

extern "C" {
[[gnu::weak]] void _IO_list_lock();
[[gnu::weak]] void _IO_list_unlock();
}

namespace ptm {

// fork_hook - calls Before() in the parent, After() in the parent, and Child() in the child. Registered once, as early
// as possible: handlers that are registered later run before ours and may still allocate.
template <void (*Before)() noexcept, void (*After)() noexcept, void (*Child)() noexcept>
struct fork_hook {
    static void make() noexcept { pthread_atfork(before, after, in_child); }

private:
    static void before() noexcept {
        if (_IO_list_lock) _IO_list_lock();
        Before();
    }
    static void after() noexcept {
        After();
        if (_IO_list_unlock) _IO_list_unlock();
    }
    // fork() itself has begun the lock of the streams anew.
    static void in_child() noexcept { Child(); }
};

} // namespace ptm
