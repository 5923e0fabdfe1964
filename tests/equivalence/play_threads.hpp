// play_threads.hpp - the threads of a trace, of which one runs at a time: the one that has the turn.
//
// The thread that has the turn owns all state of the run. Giving the turn away and getting it are a semaphore's post
// and wait, so nothing is shared and nothing is locked. Thread 0 is the process's initial one.
//
// What the C library asks of malloc by itself must be the same on both sides of a comparison. pthread_create makes a
// table for thread-local storage (one calloc by the thread that calls it) unless a kept stack, which has its table, is
// used again. So all stacks have one size, and so small a one that every stack of a thread that has ended is kept. A
// thread ends by returning: pthread_exit would load the unwinder, which allocates.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <pthread.h>
#include <semaphore.h>

namespace play {

constexpr std::uint64_t most_threads = 64;
constexpr std::size_t stack_size = 256 * 1024; // bytes; 64 of them are less than the 40 MiB of stacks that are kept

class thread_set {
public:
    // prepare - before the first other member.
    void prepare() {
        ::pthread_attr_init(&attributes_);
        ::pthread_attr_setstacksize(&attributes_, stack_size);
        for (actor& a : actors_) ::sem_init(&a.turn, 0, 0);
        actors_[0].lives = true;
    }

    bool lives(std::uint64_t thread) const { return thread < most_threads && actors_[thread].lives; }

    // begin - a thread that calls run(its number, as a pointer). Returns what pthread_create returned.
    int begin(std::uint64_t thread, void* (*run)(void*)) {
        actor& a = actors_[thread];
        const int error = ::pthread_create(&a.handle, &attributes_, run, reinterpret_cast<void*>(thread));
        a.lives = error == 0;
        return error;
    }

    // see_off - returns when `thread`, which is about to end, has done all that a thread does at its end.
    void see_off(std::uint64_t thread) {
        ::pthread_join(actors_[thread].handle, nullptr);
        actors_[thread].lives = false;
    }

    void give_turn(std::uint64_t thread) { ::sem_post(&actors_[thread].turn); }

    void await_turn(std::uint64_t thread) {
        while (::sem_wait(&actors_[thread].turn) != 0 && errno == EINTR) {}
    }

private:
    struct actor {
        pthread_t handle;
        sem_t turn;
        bool lives;
    };

    actor actors_[most_threads];
    pthread_attr_t attributes_;
};

} // namespace play
