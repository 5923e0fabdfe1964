// What every policy of arenas owes the heap that uses it, whichever way it chooses.
#include "support/arena_sets.hpp"

#include <ptm/arena/allocate.hpp>
#include <ptm/arena/verify.hpp>
#include <ptm/sync/spin_lock.hpp>
#include <ptm/thread/arenas.hpp>
#include <ptm/thread/attached_arenas.hpp>
#include <ptm/thread/unshared_arenas.hpp>

#include <atomic>
#include <string>
#include <tuple>

namespace {
struct spinning : ptm_test::glass {
    using lock = ptm::spin_lock;
};

template <int>
std::size_t one() noexcept {
    return 1;
}

using sets =
    std::tuple<ptm_test::arena_set<ptm::one_arena, 500>, ptm_test::arena_set<ptm::attached_arenas<8>, 501>,
               ptm_test::arena_set<ptm::attached_arenas<1, one<0>>, 502>,
               ptm_test::arena_set<ptm::arenas_by_quota<2>, 503>, ptm_test::arena_set<ptm::arenas_per_cpu<1>, 504>,
               ptm_test::arena_set<ptm::arenas_per_cpu<3>, 505>, ptm_test::arena_set<ptm::unshared_arenas<2>, 507>,
               ptm_test::arena_set<ptm::attached_arenas<2>, 506, spinning>>;

template <class S>
bool in_ring(S& s, const typename S::arena* wanted) {
    bool found = false;
    s.ring().for_each([&](auto& a) { found |= &a == wanted; });
    return found;
}

void in_threads(int count, auto body) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back([=] { body(i); });
    for (std::thread& t : threads) t.join();
}
}

TEMPLATE_LIST_TEST_CASE("arenas: one that is given out is locked, and in the ring", "", sets) {
    TestType s;
    auto* a = s->lock_one(100);
    REQUIRE(a != nullptr);
    CHECK(in_ring(s, a));
    bool open = true;
    std::thread([&] { open = a->lock.try_lock(); }).join();
    CHECK_FALSE(open);
    ptm::busy::leave(a->lock);
    CHECK(a->lock.try_lock());
    a->lock.unlock();
}

TEMPLATE_LIST_TEST_CASE("arenas: the one that failed is left, and another one is locked or there is none", "", sets) {
    TestType s;
    auto* failed = s->lock_one(100);
    auto* other = s->lock_other(*failed, 100);
    if (other != failed) {
        CHECK(failed->lock.try_lock());
        failed->lock.unlock();
    }
    if (!other) {
        SUCCEED("there is no other arena");
        return;
    }
    CHECK(in_ring(s, other));
    ptm::busy::leave(other->lock);
}

TEMPLATE_LIST_TEST_CASE("arenas: what threads get serves them, also in a crowd and when they come and go", "", sets) {
    TestType s;
    s.shared().arena_test = 2;
    std::atomic<int> wrong = 0;
    using config = typename TestType::config;
    for (int round = 0; round < 20; ++round)
        in_threads(6, [&](int i) {
            for (int k = 0; k < 10; ++k) {
                auto* a = s->lock_one(100);
                a->prepare();
                auto n = static_cast<std::size_t>(i * 300 + k);
                auto* c = ptm::allocate(*a, ptm::no_stash{}, ptm::want<config>(n));
                wrong += !c || config::header::of_side_arena(c) != a->side_arena;
                if (c) ptm::release_to_arena(*a, c, ptm::origin::user);
                ptm::busy::leave(a->lock);
            }
            s->leave();
        });
    CHECK(wrong == 0);
    s.ring().for_each([](auto& a) {
        const char* broken = ptm::verify(a);
        CHECK(std::string(broken ? broken : "sound") == "sound");
    });
    if (s.main().has_memory()) s.main().backend.release();
}

TEMPLATE_LIST_TEST_CASE("arenas: a fork holds all of them, and lets all go in parent and child", "", sets) {
    TestType s;
    s.use();
    s.used_by_thread();
    auto open = [&] {
        std::size_t n = 0;
        s.ring().for_each([&](auto& a) {
            if (!a.lock.try_lock()) return;
            a.lock.unlock();
            ++n;
        });
        return n;
    };
    s->before_fork();
    CHECK(open() == 0);
    s->after_fork();
    CHECK(open() == s.count());
    s->before_fork();
    s->in_child();
    CHECK(open() == s.count());
    CHECK(s.use() != nullptr);
}

TEMPLATE_LIST_TEST_CASE("arenas: one arena serves where the policy says there are not several", "", sets) {
    TestType s;
    in_threads(3, [&](int) { s.use(), s->leave(); });
    CHECK((s.count() == 1 || TestType::several));
}
