#include "support/catch.hpp"

#include <ptm/thread/exit.hpp>

#include <atomic>
#include <thread>

namespace {
std::atomic<int> left = 0;
void leave() noexcept { ++left; }
constinit ptm::thread_exit_hook<&leave> hook;

pthread_key_t other_key;
std::atomic<int> others_before_us = 0;
void other_ended(void*) { others_before_us += left == 0; }

std::atomic<int> unmade = 0;
void leave_unmade() noexcept { ++unmade; }
constinit ptm::thread_exit_hook<&leave_unmade> unmade_hook;

// Both hooks are made once: keys are few.
void make_once() {
    static bool made = (hook.make(), pthread_key_create(&other_key, other_ended), true);
    static_cast<void>(made);
}
}

TEST_CASE("each thread that armed the hook calls it once when it ends") {
    make_once();
    left = 0;
    for (int i = 0; i < 5; ++i) std::thread([] { hook.arm(); }).join();
    CHECK(left == 5);
}

TEST_CASE("a thread that did not arm the hook does not call it") {
    make_once();
    left = 0;
    std::thread([] {}).join();
    CHECK(left == 0);
}

TEST_CASE("arming twice calls once") {
    make_once();
    left = 0;
    std::thread([] {
        hook.arm();
        hook.arm();
    }).join();
    CHECK(left == 1);
}

TEST_CASE("destructors of keys made later run before the hook") {
    make_once();
    left = 0;
    others_before_us = 0;
    std::thread([] {
        hook.arm();
        pthread_setspecific(other_key, &left);
    }).join();
    CHECK(others_before_us == 1);
    CHECK(left == 1);
}

TEST_CASE("a hook that was never made is never called") {
    unmade = 0;
    std::thread([] { unmade_hook.arm(); }).join();
    CHECK(unmade == 0);
}
