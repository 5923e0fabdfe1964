#include <ptm/sync/lock.hpp>

#include "support/catch.hpp"

#include <type_traits>

namespace {

struct watched_lock {
    int depth = 0;
    int taken = 0;
    void lock() noexcept { ++depth, ++taken; }
    bool try_lock() noexcept { return depth == 0; }
    void unlock() noexcept { --depth; }
    void reset_after_fork() noexcept { depth = 0; }
};

struct guarded {
    int value;
    [[no_unique_address]] ptm::no_lock lock;
};

} // namespace

static_assert(sizeof(guarded) == sizeof(int), "an empty lock adds no byte");
static_assert(!std::is_copy_constructible_v<ptm::holding<ptm::no_lock>>);
static_assert(!std::is_convertible_v<ptm::no_lock&, ptm::holding<ptm::no_lock>>, "a lock is taken in plain sight");

TEST_CASE("holding holds the lock for its scope and no longer") {
    watched_lock lock;
    {
        ptm::holding held(lock);
        CHECK(lock.depth == 1);
    }
    CHECK(lock.depth == 0);
    CHECK(lock.taken == 1);
}

TEST_CASE("holding lets go on the way out through a return") {
    watched_lock lock;
    auto early = [&](bool yes) {
        ptm::holding held(lock);
        if (yes) return lock.depth;
        return -1;
    };
    CHECK(early(true) == 1);
    CHECK(lock.depth == 0);
}

TEST_CASE("no_lock is never in the way") {
    ptm::no_lock lock;
    lock.lock();
    CHECK(lock.try_lock());
    lock.unlock();
    lock.reset_after_fork();
    CHECK(lock.try_lock());
}
