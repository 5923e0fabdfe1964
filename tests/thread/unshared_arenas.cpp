#include "support/affinity.hpp"
#include "support/arena_sets.hpp"

#include <ptm/thread/unshared_arenas.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>

namespace {
using ptm_test::processors;

template <unsigned N, int Number>
using set = ptm_test::arena_set<ptm::unshared_arenas<N>, Number>;

// in_thread - so that the process has several.
void in_thread(auto body) { std::thread(body).join(); }
}

TEST_CASE("a thread keeps an arena that nobody else uses, wherever it runs") {
    set<1, 40> s;
    bool kept = true;
    in_thread([&] {
        auto* mine = s.use();
        for (int processor : processors()) {
            ptm_test::stay_on(processor);
            kept = kept && s.use() == mine;
        }
    });
    CHECK(kept);
}

TEST_CASE("a thread leaves an arena that another one has used, if its processor has another") {
    set<1, 41> s;
    std::vector<int> all = processors();
    if (all.size() < 2) return; // one processor has one arena
    bool shared = false, parted = false, kept = true;
    in_thread([&] {
        ptm_test::stay_on(all[0]);
        auto* mine = s.use();
        in_thread([&] { shared = s.use() == mine; }); // which inherits its place
        ptm_test::stay_on(all[1]);
        auto* other = s.use();
        parted = other != mine;
        for (int processor : all) {
            ptm_test::stay_on(processor);
            kept = kept && s.use() == other;
        }
    });
    CHECK(shared);
    CHECK(parted);
    CHECK(kept);
}

TEST_CASE("a thread that finds its arena locked goes to another one and keeps that") {
    set<2, 42> s;
    std::vector<bool> seen;
    in_thread([&] {
        auto* mine = s.use();
        mine->lock.lock();
        auto* other = s->lock_one(640);
        seen = {other != mine, other != nullptr};
        ptm::busy::leave(other->lock);
        mine->lock.unlock();
        for (int i = 0; i < 100; ++i) seen.push_back(s.use() == other);
    });
    CHECK(seen == std::vector<bool>(102, true));
}

TEST_CASE("where all arenas of its processor are locked, a thread waits") {
    set<1, 43> s;
    std::atomic<bool> unlocked = false, too_early = false;
    in_thread([&] {
        std::vector<set<1, 43>::arena*> all;
        s.use();
        s.ring().for_each([&](auto& a) { all.push_back(&a); });
        for (auto* a : all) a->lock.lock();
        std::thread waiting([&] {
            auto* a = s.use();
            too_early = !unlocked && std::find(all.begin(), all.end(), a) != all.end();
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        unlocked = true;
        for (auto* a : all) a->lock.unlock();
        waiting.join();
    });
    CHECK_FALSE(too_early);
}

TEST_CASE("a thread that has left is served yet, and begins anew") {
    set<1, 44> s;
    bool served = false;
    in_thread([&] {
        s.use();
        s->leave();
        served = s.use() != nullptr;
    });
    CHECK(served);
}

TEST_CASE("fork finds the arenas that threads keep in order") {
    set<2, 45> s;
    auto* mine = s.use();
    s->before_fork();
    CHECK_FALSE(mine->lock.try_lock());
    s->after_fork();
    CHECK(s.use() == mine);
    s->before_fork();
    s->in_child();
    CHECK(s.use() == mine);
}
