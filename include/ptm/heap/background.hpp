// heap/background.hpp - a thread that makes a heap give memory back when nobody uses it.
//
// A heap gives back on the way, while somebody allocates and frees. A program that frees much and then waits for long
// keeps it, unless it has one of these:
//
//   ptm::background_release<ptm::heap<ptm::fast>> releases;   // until the end of the scope
//
// The thread sleeps; its work takes the locks of the heap's arenas as any thread's would. Needs threads (-pthread).
#pragma once

#include <cerrno>
#include <cstdint>

#include <pthread.h>
#include <time.h>

namespace ptm {

// background_release - H: a heap<C>. The object is to be destroyed before a fork's child goes on to use it: threads do
// not come along.
template <class H>
class background_release {
    pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t ending_;
    bool ends_ = false;
    bool runs_ = false;
    std::uint64_t period_;
    pthread_t thread_{};

public:
    // period - milliseconds from one time to the next, at least 1.
    // Where no thread can be made, nothing is done: runs() says so.
    explicit background_release(std::uint64_t period = 500) noexcept : period_(period != 0 ? period : 1) {
        pthread_condattr_t by_clock;
        pthread_condattr_init(&by_clock);
        pthread_condattr_setclock(&by_clock, CLOCK_MONOTONIC);
        pthread_cond_init(&ending_, &by_clock);
        pthread_condattr_destroy(&by_clock);
        runs_ = pthread_create(&thread_, nullptr, &background_release::run, this) == 0;
    }
    background_release(const background_release&) = delete;
    background_release& operator=(const background_release&) = delete;

    // Waits until the thread has ended, at most for one time of giving back.
    ~background_release() {
        pthread_mutex_lock(&mutex_);
        ends_ = true;
        pthread_cond_signal(&ending_);
        pthread_mutex_unlock(&mutex_);
        if (runs_) pthread_join(thread_, nullptr);
        pthread_cond_destroy(&ending_);
    }

    bool runs() const noexcept { return runs_; }

private:
    static void* run(void* self) noexcept {
        auto& releases = *static_cast<background_release*>(self);
        while (releases.sleep()) H::give_back();
        return nullptr;
    }

    // sleep - a period; false: the end came first.
    bool sleep() noexcept {
        timespec until = in_a_period();
        pthread_mutex_lock(&mutex_);
        while (!ends_ && pthread_cond_timedwait(&ending_, &mutex_, &until) != ETIMEDOUT) {}
        bool goes_on = !ends_;
        pthread_mutex_unlock(&mutex_);
        return goes_on;
    }

    timespec in_a_period() const noexcept {
        timespec t{};
        clock_gettime(CLOCK_MONOTONIC, &t);
        std::uint64_t nanoseconds = static_cast<std::uint64_t>(t.tv_nsec) + period_ % 1000 * 1'000'000;
        t.tv_sec += static_cast<time_t>(period_ / 1000 + nanoseconds / 1'000'000'000);
        t.tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000);
        return t;
    }
};

} // namespace ptm
