// What every lock must do is in conformance/lock.cpp.
#include <ptm/sync/futex_lock.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"

#include <atomic>
#include <chrono>
#include <thread>
#include <type_traits>

static_assert(sizeof(ptm::futex_lock) == 4);
static_assert(!std::is_copy_constructible_v<ptm::futex_lock>);

namespace {

constinit ptm::futex_lock before_constructors;

// After this the process has had a second thread; the lock then uses atomic exchanges.
void become_multi_threaded() {
    std::thread other([] {});
    other.join();
}

void let_others_sleep() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }

} // namespace

TEST_CASE("futex_lock is open at first, and refuses while it is held") {
    become_multi_threaded();
    CHECK(before_constructors.try_lock());
    CHECK_FALSE(before_constructors.try_lock());
    before_constructors.unlock();
    CHECK(before_constructors.try_lock());
    before_constructors.unlock();
}

TEST_CASE("futex_lock works alike while the process has one thread") {
    ptm_test::ending end = ptm_test::in_child([] { // the child of a fork has one
        ptm::futex_lock lock;
        lock.lock();
        CHILD_CHECK(!lock.try_lock());
        lock.unlock();
        CHILD_CHECK(lock.try_lock());
        lock.unlock();
    });
    CHECK(end.errors == "");
    CHECK(end.exited_with(0));
}

TEST_CASE("a futex_lock taken before the second thread exists keeps it out") {
    ptm::futex_lock lock;
    std::atomic<bool> came_in = false;
    int written = 0, seen = 0;
    lock.lock();
    std::thread waiter([&] {
        lock.lock();
        came_in = true;
        seen = written;
        lock.unlock();
    });
    let_others_sleep();
    CHECK_FALSE(came_in);
    written = 42;
    lock.unlock();
    waiter.join();
    CHECK(seen == 42);
}

TEST_CASE("every thread that sleeps at a futex_lock is woken") {
    ptm::futex_lock lock;
    int came_in = 0;
    lock.lock();
    auto wait = [&] {
        lock.lock();
        ++came_in;
        lock.unlock();
    };
    std::thread a(wait), b(wait), c(wait);
    let_others_sleep(); // most likely all three sleep in the kernel now
    lock.unlock();
    a.join();
    b.join();
    c.join();
    CHECK(came_in == 3);
    CHECK(lock.try_lock());
    lock.unlock();
}

TEST_CASE("waiting at a futex_lock leaves errno alone") {
    ptm::futex_lock lock;
    int errno_of_waiter = 0;
    lock.lock();
    std::thread waiter([&] {
        errno = EDOM;
        lock.lock();
        lock.unlock();
        errno_of_waiter = errno;
    });
    let_others_sleep();
    errno = EILSEQ;
    lock.unlock(); // wakes
    const int errno_of_waker = errno;
    waiter.join();
    CHECK(errno_of_waiter == EDOM);
    CHECK(errno_of_waker == EILSEQ);
}
