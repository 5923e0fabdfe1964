#include "support/affinity.hpp"
#include "support/arena_sets.hpp"

#include <ptm/thread/cpu_arenas.hpp>

#include <sched.h>

namespace {
template <unsigned N, int Number>
using set = ptm_test::arena_set<ptm::arenas_per_cpu<N>, Number>;

// on_one_processor - runs body in a thread that stays on one processor.
void on_one_processor(auto body) {
    std::thread([&] {
        if (ptm_test::stay_on(sched_getcpu())) body();
    }).join();
}
}

TEST_CASE("all threads on one processor use one arena") {
    set<1, 30> s;
    int looked = 0;
    on_one_processor([&] {
        auto* mine = s.use();
        looked += mine == s.use();
        cpu_set_t here;
        sched_getaffinity(0, sizeof here, &here);
        std::thread([&] { looked += s.use() == mine; }).join(); // a thread inherits its place
    });
    CHECK(looked == 2);
    CHECK(s.count() <= 2);
}

TEST_CASE("a processor has N arenas, tried in turn; when all are locked the first is waited for") {
    set<3, 31> s;
    std::vector<bool> different;
    on_one_processor([&] {
        auto *first = s->lock_one(1), *second = s->lock_one(1), *third = s->lock_one(1);
        different = {first != second, second != third, first != third};
        second->lock.unlock();
        auto* again = s->lock_one(1);
        different.push_back(again == second);
        std::thread other([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            first->lock.unlock();
        });
        different.push_back(s->lock_one(1) == first);
        other.join();
        for (auto* a : {first, second, third}) a->lock.unlock();
    });
    CHECK(different == std::vector<bool>(5, true));
}

TEST_CASE("when the arena of a processor has no memory the main one is tried, and for that one the newest") {
    set<1, 32> s;
    s.ring().make(100);
    auto* newest = s.ring().make(100);
    newest->lock.lock();
    auto* main = s->lock_other(*newest, 1);
    CHECK(main == &s.main());
    CHECK(s->lock_other(*main, 1) == newest);
    CHECK(s.main().lock.try_lock());
    CHECK_FALSE(newest->lock.try_lock());
}

TEST_CASE("when the only arena has no memory there is none to try") {
    set<1, 34> s;
    s.main().lock.lock();
    CHECK(s->lock_other(s.main(), 1) == nullptr);
    CHECK(s.main().lock.try_lock());
}

TEST_CASE("fork finds the arenas of processors in order") {
    set<2, 33> s;
    s.use();
    s->before_fork();
    CHECK_FALSE(s.main().lock.try_lock());
    s->after_fork();
    s->before_fork();
    s->in_child();
    CHECK(s.use() != nullptr);
}
