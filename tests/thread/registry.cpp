#include "support/arena_sets.hpp"

#include <ptm/thread/registry.hpp>

#include <atomic>

namespace {
using set = ptm_test::arena_set<ptm::one_arena, 0>;

std::vector<set::arena*> around(set& s) {
    std::vector<set::arena*> all;
    s.ring().for_each([&](set::arena& a) { all.push_back(&a); });
    return all;
}
}

TEST_CASE("a ring of one arena leads back to it") {
    set s;
    CHECK(around(s) == std::vector{&s.main()});
    CHECK(&s.ring().after(s.main()) == &s.main());
}

TEST_CASE("a new arena comes right behind the main one") {
    set s;
    set::arena* first = s.ring().make(100);
    set::arena* second = s.ring().make(100);
    CHECK(around(s) == std::vector{&s.main(), second, first});
    CHECK(&s.ring().after(*first) == &s.main());
    CHECK(first->side_arena);
    CHECK_FALSE(s.main().side_arena);
    CHECK(first->shared == &s.shared());
}

TEST_CASE("the ring can be walked while arenas are made") {
    set s;
    std::atomic<bool> stop = false;
    std::size_t most = 0;
    std::thread walker([&] {
        while (!stop) most = std::max(most, s.count());
    });
    for (int i = 0; i < 30; ++i) s.ring().make(100);
    stop = true;
    walker.join();
    CHECK(s.count() == 31);
    CHECK(most <= 31);
}

TEST_CASE("for a fork every arena is locked, and unlocked afterwards") {
    set s;
    set::arena* side = s.ring().make(100);
    s.ring().lock_for_fork();
    CHECK_FALSE(s.main().lock.try_lock());
    CHECK_FALSE(side->lock.try_lock());
    s.ring().unlock_after_fork();
    CHECK(s.main().lock.try_lock());
    CHECK(side->lock.try_lock());
    s.main().lock.unlock();
    side->lock.unlock();
}

TEST_CASE("in the child the locks are open") {
    set s;
    set::arena* side = s.ring().make(100);
    s.ring().lock_for_fork();
    s.ring().reset_after_fork();
    CHECK(s.main().lock.try_lock());
    CHECK(side->lock.try_lock());
    CHECK(s.ring().make(100) != nullptr);
}

TEST_CASE("a lock that the forking thread holds itself is not waited for, and stays held") {
    set s;
    ptm::busy::enter(s.main().lock);
    s.ring().lock_for_fork();
    CHECK_FALSE(s.main().held_by_fork);
    s.ring().reset_after_fork();
    CHECK_FALSE(s.main().lock.try_lock());
    ptm::busy::leave(s.main().lock);
    CHECK(s.main().lock.try_lock());
}

TEST_CASE("a lock that another thread holds for a moment is waited for, whoever asks") {
    set s;
    std::atomic<bool> held = false;
    std::thread other([&] {
        s.main().lock.lock();
        held = true;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        s.main().lock.unlock();
    });
    while (!held) std::this_thread::yield();
    CHECK(s.ring().take(s.main().lock, ptm::holder::unsure));
    other.join();
}

TEST_CASE("a lock that nobody lets go is this thread's, where it was unsure") {
    set s;
    s.main().lock.lock();
    CHECK_FALSE(s.ring().take(s.main().lock, ptm::holder::unsure));
    s.main().lock.unlock();
}
