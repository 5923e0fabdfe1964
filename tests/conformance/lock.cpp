// The battery of lock_policy, and what is no lock.
#include "support/catch.hpp"
#include "support/child.hpp"

#include <ptm/sync/futex_lock.hpp>
#include <ptm/sync/lock.hpp>
#include <ptm/sync/mutex_lock.hpp>
#include <ptm/sync/spin_lock.hpp>

#include <cerrno>
#include <thread>
#include <tuple>
#include <type_traits>

namespace {

using locks = std::tuple<ptm::no_lock, ptm::spin_lock, ptm::futex_lock, ptm::mutex_lock>;
using excluding_locks = std::tuple<ptm::spin_lock, ptm::futex_lock, ptm::mutex_lock>; // all but no_lock

template <class L>
constinit L before_constructors{};

// Adds to a plain number under the lock; the race detector sees whether the lock orders the threads.
template <class L>
void count_to(int n, L& lock, long& number) {
    for (int i = 0; i < n; ++i) {
        ptm::holding held(lock);
        ++number;
    }
}

// The same, by those who do not wait.
template <class L>
void count_trying(int n, L& lock, long& number) {
    while (n > 0) {
        if (!lock.try_lock()) {
            std::this_thread::yield();
            continue;
        }
        ++number, --n;
        lock.unlock();
    }
}

template <class L>
bool others_may_take(L& lock) {
    bool taken = false;
    std::thread([&] {
        taken = lock.try_lock();
        if (taken) lock.unlock();
    }).join();
    return taken;
}

} // namespace

TEMPLATE_LIST_TEST_CASE("lock: a model of lock_policy", "", locks) {
    STATIC_REQUIRE(ptm::lock_policy<TestType>);
    STATIC_REQUIRE(std::is_trivially_destructible_v<TestType>);
    STATIC_REQUIRE(std::is_nothrow_default_constructible_v<TestType>);
}

TEMPLATE_LIST_TEST_CASE("lock: taken and left, before constructors and again", "", locks) {
    auto& lock = before_constructors<TestType>;
    for (int i = 0; i < 3; ++i) {
        lock.lock();
        lock.unlock();
        CHECK(lock.try_lock());
        lock.unlock();
    }
}

TEMPLATE_LIST_TEST_CASE("lock: errno stays as it was", "", locks) {
    TestType lock;
    errno = EDOM;
    lock.lock();
    lock.unlock();
    const bool taken = lock.try_lock();
    if (taken) lock.unlock();
    lock.reset_after_fork();
    CHECK(errno == EDOM);
    CHECK(taken);
}

TEMPLATE_LIST_TEST_CASE("lock: a second thread is refused while it is held", "", excluding_locks) {
    TestType lock;
    CHECK(others_may_take(lock));
    lock.lock();
    CHECK_FALSE(others_may_take(lock));
    lock.unlock();
    CHECK(others_may_take(lock));
    REQUIRE(lock.try_lock());
    CHECK_FALSE(others_may_take(lock));
    lock.unlock();
}

TEMPLATE_LIST_TEST_CASE("lock: one at a time, under threads that wait and threads that do not", "", excluding_locks) {
    constexpr int each = 5000;
    TestType lock;
    long number = 0;
    std::thread a([&] { count_to(each, lock, number); }), b([&] { count_to(each, lock, number); });
    std::thread c([&] { count_trying(each, lock, number); });
    count_to(each, lock, number);
    a.join();
    b.join();
    c.join();
    CHECK(number == 4 * each);
}

TEMPLATE_LIST_TEST_CASE("lock: a waiter comes in when it opens, and sees what the holder wrote", "", excluding_locks) {
    TestType lock;
    int written = 0, seen = 0;
    lock.lock();
    std::thread waiter([&] {
        lock.lock();
        seen = written;
        lock.unlock();
    });
    written = 42;
    lock.unlock();
    waiter.join();
    CHECK(seen == 42);
}

TEMPLATE_LIST_TEST_CASE("lock: errno stays as it was where threads wait", "", excluding_locks) {
    TestType lock;
    long number = 0;
    bool kept[2] = {};
    auto work = [&](int id) {
        errno = EDOM;
        count_to(5000, lock, number);
        kept[id] = errno == EDOM;
    };
    std::thread a(work, 0), b(work, 1);
    a.join();
    b.join();
    CHECK(kept[0]);
    CHECK(kept[1]);
}

// A fork while another thread holds the lock: in the child nobody is left to open it.
TEMPLATE_LIST_TEST_CASE("lock: open in the child of a fork after the reset", "", excluding_locks) {
    TestType lock;
    lock.lock();
    ptm_test::ending end = ptm_test::in_child([&] {
        lock.reset_after_fork();
        CHILD_CHECK(lock.try_lock());
        lock.unlock();
        lock.lock();
        lock.unlock();
    });
    CHECK(end.errors == "");
    CHECK(end.exited_with(0));
    CHECK_FALSE(others_may_take(lock)); // still held here
    lock.unlock();
}

// ---- what is no lock -----------------------------------------------------------------------------------------------

namespace {

struct no_lock_member {
    bool try_lock() noexcept;
    void unlock() noexcept;
    void reset_after_fork() noexcept;
};
struct no_try_lock {
    void lock() noexcept;
    void unlock() noexcept;
    void reset_after_fork() noexcept;
};
struct no_unlock {
    void lock() noexcept;
    bool try_lock() noexcept;
    void reset_after_fork() noexcept;
};
struct no_reset {
    void lock() noexcept;
    bool try_lock() noexcept;
    void unlock() noexcept;
};
struct lock_may_throw : ptm::no_lock {
    void lock();
};
struct unlock_may_throw : ptm::no_lock {
    void unlock();
};
struct try_lock_says_nothing : ptm::no_lock {
    void try_lock() noexcept;
};
struct try_lock_says_int : ptm::no_lock {
    int try_lock() noexcept;
};
struct has_destructor : ptm::no_lock {
    ~has_destructor();
};
struct needs_an_argument : ptm::no_lock {
    explicit needs_an_argument(int) noexcept;
};
struct construction_may_throw : ptm::no_lock {
    construction_may_throw();
};

} // namespace

static_assert(!ptm::lock_policy<int>);
static_assert(!ptm::lock_policy<no_lock_member> && !ptm::lock_policy<no_try_lock>);
static_assert(!ptm::lock_policy<no_unlock> && !ptm::lock_policy<no_reset>);
static_assert(!ptm::lock_policy<lock_may_throw> && !ptm::lock_policy<unlock_may_throw>);
static_assert(!ptm::lock_policy<try_lock_says_nothing> && !ptm::lock_policy<try_lock_says_int>);
static_assert(!ptm::lock_policy<has_destructor>, "it must work after destructors");
static_assert(!ptm::lock_policy<needs_an_argument> && !ptm::lock_policy<construction_may_throw>);
