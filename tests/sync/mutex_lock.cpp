// What every lock must do is in conformance/lock.cpp.
#include <ptm/sync/mutex_lock.hpp>

#include "support/catch.hpp"

#include <thread>
#include <type_traits>

static_assert(sizeof(ptm::mutex_lock) == sizeof(pthread_mutex_t));
static_assert(std::is_trivially_destructible_v<ptm::mutex_lock>);

namespace {
constinit ptm::mutex_lock before_constructors;
}

TEST_CASE("mutex_lock is open at first, and keeps another thread out while it is held") {
    before_constructors.lock();
    bool others_may = true;
    std::thread([&] { others_may = before_constructors.try_lock(); }).join();
    CHECK_FALSE(others_may);
    before_constructors.unlock();
    CHECK(before_constructors.try_lock());
    before_constructors.unlock();
}
