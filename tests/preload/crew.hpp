// preload/crew.hpp - threads for tests: one that neither allocates nor frees anything but what its work does, and a
// crew of threads that are alive together.
#pragma once

#include "preload/check.hpp"

#include <cstddef>
#include <functional>
#include <latch>
#include <thread>
#include <vector>

#include <pthread.h>

namespace preload {

// in_thread - work(), in a thread that has ended when this comes back. std::thread would allocate, here and there.
inline void in_thread(auto work) {
    pthread_t thread{};
    auto run = [](void* what) -> void* {
        (*static_cast<decltype(work)*>(what))();
        return nullptr;
    };
    EXPECT(pthread_create(&thread, nullptr, run, &work) == 0);
    EXPECT(pthread_join(thread, nullptr) == 0);
}

// crew - each of its threads does its work, and ends when the crew is dismissed.

class crew {
    std::latch done_, dismissed_{1};
    std::vector<std::thread> threads_{};

public:
    // Comes back when all have worked; work(i) runs in thread i.
    crew(std::size_t count, const std::function<void(std::size_t)>& work) : done_(static_cast<std::ptrdiff_t>(count)) {
        for (std::size_t i = 0; i < count; ++i)
            threads_.emplace_back([this, work, i] {
                work(i);
                done_.count_down();
                dismissed_.wait();
            });
        done_.wait();
    }
    ~crew() { dismiss(); }

    void dismiss() {
        if (threads_.empty()) return;
        dismissed_.count_down();
        for (std::thread& t : threads_) t.join();
        threads_.clear();
    }
};

} // namespace preload
