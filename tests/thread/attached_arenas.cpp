#include "support/arena_sets.hpp"

#include <ptm/thread/attached_arenas.hpp>

#include <functional>
#include <memory>

namespace {
// Two processors, whatever this machine has.
std::size_t two() noexcept { return 2; }
std::size_t unknown() noexcept { return 0; }

template <int Number, ptm::count_processors Count = two>
using set = ptm_test::arena_set<ptm::attached_arenas<2, Count>, Number>;

// visitor - a thread that stays until it is told to go, and does on the way what it is asked.
class visitor {
    std::function<void()> wish_{};
    std::atomic<int> asked_ = 0, done_ = 0;
    std::thread thread_;

    void stay() {
        for (int next = 1;; ++next) {
            while (asked_ < next) asked_.wait(next - 1);
            if (!wish_) return;
            wish_();
            done_ = next;
            done_.notify_one();
        }
    }
    void ask(std::function<void()> wish) {
        wish_ = std::move(wish);
        ++asked_;
        asked_.notify_one();
    }

public:
    visitor() : thread_([this] { stay(); }) {}
    ~visitor() {
        ask(nullptr);
        thread_.join();
    }
    void does(std::function<void()> wish) {
        ask(std::move(wish));
        int wanted = asked_;
        for (int seen = done_; seen < wanted; seen = done_) done_.wait(seen);
    }
};

template <class S>
typename S::arena* used_by(S& s, visitor& v) {
    typename S::arena* a = nullptr;
    v.does([&] { a = s.use(); });
    return a;
}

template <class S>
void ends(S& s, visitor& v) {
    v.does([&] { s->leave(); });
}
}

TEST_CASE("the first thread uses the main arena, every further one an arena of its own") {
    set<10> s;
    visitor first, second;
    CHECK(s.use() == &s.main());
    auto *one = used_by(s, first), *two = used_by(s, second);
    CHECK(one != &s.main());
    CHECK(two != &s.main());
    CHECK(one != two);
    CHECK(used_by(s, first) == one); // and stays there
    CHECK(one->attached == 1);
    CHECK(s.main().attached == 1);
    ends(s, first);
    ends(s, second);
}

TEST_CASE("the arenas of ended threads are taken again, the one left last first") {
    set<11> s;
    visitor first, second;
    auto *one = used_by(s, first), *two = used_by(s, second);
    ends(s, first);
    ends(s, second);
    CHECK(one->attached == 0);
    CHECK(s.used_by_thread() == two);
    visitor third, fourth;
    CHECK(used_by(s, third) == two);
    CHECK(used_by(s, fourth) == one);
    CHECK(s.count() == 3);
    ends(s, third);
    ends(s, fourth);
}

TEST_CASE("at the limit arenas are shared, from the main one round the ring") {
    set<12> s; // 2 processors: 4 arenas, but the first 9 are made without asking
    s.shared().arena_test = 1;
    std::vector<std::unique_ptr<visitor>> threads(11);
    std::vector<decltype(s.use())> used;
    for (auto& t : threads) {
        t = std::make_unique<visitor>();
        used.push_back(used_by(s, *t));
    }
    CHECK(s.count() == 4);
    auto *newest = used[2], *middle = used[1], *oldest = used[0];
    CHECK(std::vector(used.begin() + 3, used.end())
          == std::vector{&s.main(), newest, middle, oldest, &s.main(), newest, middle, oldest});
    CHECK(oldest->attached == 3);
    for (auto& t : threads) ends(s, *t);
    CHECK(oldest->attached == 0);
    CHECK(s.main().attached == 1);
}

TEST_CASE("the limit is arena_max where that is set") {
    set<13> s;
    s.shared().arena_max = 2;
    visitor first, second;
    auto* one = used_by(s, first);
    CHECK(one != &s.main());
    CHECK(used_by(s, second) == &s.main());
    CHECK(s.count() == 2);
    s.shared().arena_max = 10; // too late
    CHECK(s.used_by_thread() == one);
    ends(s, first);
    ends(s, second);
}

TEST_CASE("as many arenas as arena_test and one more are made before processors are counted") {
    set<14> s;
    s.shared().arena_test = 6;
    std::vector<std::unique_ptr<visitor>> threads(9);
    for (auto& t : threads) {
        t = std::make_unique<visitor>();
        used_by(s, *t);
    }
    CHECK(s.count() == 7); // more than 2 * 2
    for (auto& t : threads) ends(s, *t);
}

TEST_CASE("an unknown number of processors counts as two") {
    set<15, unknown> s;
    s.shared().arena_test = 1;
    std::vector<std::unique_ptr<visitor>> threads(6);
    for (auto& t : threads) {
        t = std::make_unique<visitor>();
        used_by(s, *t);
    }
    CHECK(s.count() == 4);
    for (auto& t : threads) ends(s, *t);
}

TEST_CASE("a locked arena is passed over when arenas are shared") {
    set<16> s;
    s.shared().arena_max = 3;
    visitor first, second, third, fourth;
    auto *oldest = used_by(s, first), *newest = used_by(s, second);
    s.main().lock.lock();
    CHECK(used_by(s, third) == newest); // the cursor was at the main arena
    s.main().lock.unlock();
    CHECK(used_by(s, fourth) == oldest);
    for (visitor* v : {&first, &second, &third, &fourth}) ends(s, *v);
}

TEST_CASE("when a side arena has no memory the main one is tried, and the thread stays where it was") {
    set<17> s;
    visitor v;
    auto* mine = used_by(s, v);
    bool main_tried = false;
    v.does([&] {
        auto* failed = s->lock_one(1);
        auto* other = s->lock_other(*failed, 1);
        main_tried = other == &s.main();
        ptm::busy::leave(other->lock);
    });
    CHECK(main_tried);
    CHECK(used_by(s, v) == mine);
    CHECK(mine->lock.try_lock());
    mine->lock.unlock();
    ends(s, v);
}

TEST_CASE("when the main arena has no memory the thread moves to another one for good") {
    set<18> s;
    auto* other = s->lock_other(*s->lock_one(1), 1);
    REQUIRE(other != nullptr);
    ptm::busy::leave(other->lock);
    CHECK(other != &s.main());
    CHECK(s.use() == other);
    CHECK(s.main().attached == 0);
    CHECK(other->attached == 1);
}

TEST_CASE("a thread that left is served by its arena as a guest, and the main one if it never had one") {
    set<19> s;
    visitor v, w;
    auto* mine = used_by(s, v);
    ends(s, v);
    CHECK(used_by(s, v) == mine);
    CHECK(mine->attached == 0);
    ends(s, v); // a second time does nothing
    CHECK(mine->attached == 0);
    ends(s, w);
    CHECK(used_by(s, w) == &s.main());
    CHECK(s.main().attached == 1);
    CHECK(s.used_by_thread() == mine);
}

TEST_CASE("in the child of fork all other arenas are free, the oldest first") {
    set<20> s;
    visitor first, second;
    auto *oldest = used_by(s, first), *newest = used_by(s, second);
    s->before_fork();
    s->in_child(); // only the list is looked at: the threads go on
    CHECK(oldest->attached == 0);
    CHECK(newest->attached == 0);
    CHECK(s.main().attached == 1);
    visitor third, fourth;
    CHECK(used_by(s, third) == oldest);
    CHECK(used_by(s, fourth) == newest);
    ends(s, third);
    ends(s, fourth);
    first.does([&] { ++oldest->attached, s->leave(); });
    second.does([&] { ++newest->attached, s->leave(); });
}

TEST_CASE("a fork in the parent changes nothing") {
    set<21> s;
    visitor v;
    auto* mine = used_by(s, v);
    s->before_fork();
    CHECK_FALSE(mine->lock.try_lock());
    s->after_fork();
    CHECK(used_by(s, v) == mine);
    CHECK(mine->attached == 1);
    ends(s, v);
}

TEST_CASE("many threads that come and go leave every count at nothing") {
    set<22> s;
    s.shared().arena_test = 1;
    for (int round = 0; round < 50; ++round) {
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] {
                for (int k = 0; k < 20; ++k) s.use();
                s->leave();
            });
        for (std::thread& t : threads) t.join();
    }
    CHECK(s.count() <= 4);
    std::size_t attached = 0;
    s.ring().for_each([&](auto& a) { attached += a.attached; });
    CHECK(attached == 1);
}
