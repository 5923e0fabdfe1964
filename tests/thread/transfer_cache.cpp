#include "support/batches.hpp"
#include "support/seed.hpp"

#include "support/catch.hpp"

#include <ptm/sync/futex_lock.hpp>
#include <ptm/sync/spin_lock.hpp>
#include <ptm/thread/transfer_cache.hpp>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <tuple>
#include <vector>

namespace {
using ptm::batch;

// shelves - and chunks to put there.
template <class C, class Lock = ptm::no_lock>
struct bench : ptm_test::batch_maker<C> {
    ptm::detail::transfer_lists<C, Lock, 5> shelves{};

    // take - from that place, or else from another.
    batch take(unsigned i, std::size_t each, unsigned near = 0) {
        batch b = shelves.take_near(i, each, near);
        return b ? b : shelves.take_elsewhere(i, each, near);
    }
};

using plain = bench<ptm_test::plain_context>;
using contexts = std::tuple<ptm_test::plain_context, ptm_test::safe_context, ptm_test::safest_context>;
using locks = std::tuple<ptm::futex_lock, ptm::spin_lock>;
}

TEMPLATE_LIST_TEST_CASE("a batch changes hands whole, the newest first, each list for itself", "", contexts) {
    bench<TestType> t;
    batch one = t.make(32, 1), five = t.make(32, 5), large = t.make(512, 3);
    auto of_one = t.in(one), of_five = t.in(five), of_large = t.in(large);
    t.shelves.put(1, one, 32);
    t.shelves.put(1, five, 32);
    t.shelves.put(4, large, 512);
    CHECK(t.shelves.held() == 6 * 32 + 3 * 512);
    CHECK_FALSE(t.take(2, 48));
    batch b = t.take(1, 32);
    CHECK(b.count == 5);
    CHECK(t.in(b) == of_five);
    CHECK(t.shelves.held() == 32 + 3 * 512);
    b = t.take(1, 32);
    CHECK(b.count == 1);
    CHECK(t.in(b) == of_one);
    CHECK_FALSE(t.take(1, 32));
    b = t.take(4, 512);
    CHECK(b.count == 3);
    CHECK(t.in(b) == of_large);
    CHECK(t.shelves.held() == 0);
}

TEST_CASE("what lay on a shelf for a whole period is unused, what was wanted in between is not") {
    plain t;
    for (unsigned count : {1u, 2u, 3u, 4u}) t.shelves.put(1, t.make(32, count), 32);
    CHECK_FALSE(t.shelves.take_unused(1, 32)); // the first period begins: nobody had a chance to want them
    CHECK(t.shelves.held() == 10 * 32);
    CHECK(t.take(1, 32).count == 4);
    CHECK(t.take(1, 32).count == 3);
    t.shelves.put(1, t.make(32, 5), 32);
    CHECK(t.shelves.take_unused(1, 32).count == 5); // two of the three were not missed: any two
    CHECK(t.shelves.take_unused(1, 32).count == 2);
    CHECK_FALSE(t.shelves.take_unused(1, 32));
    CHECK(t.shelves.held() == 32);
    CHECK(t.shelves.take_unused(1, 32).count == 1); // another period
    CHECK_FALSE(t.shelves.take_unused(1, 32));
    CHECK_FALSE(t.shelves.take_unused(1, 32));
    CHECK(t.shelves.held() == 0);
}

TEST_CASE("a shelf that is emptied in a period has nothing unused") {
    plain t;
    t.shelves.put(2, t.make(48, 2), 48);
    t.shelves.take_unused(2, 48);
    t.take(2, 48);
    for (int i = 0; i < 3; ++i) t.shelves.put(2, t.make(48, 2), 48);
    CHECK_FALSE(t.shelves.take_unused(2, 48));
    CHECK(t.shelves.held() == 6 * 48);
}

// ---- places --------------------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("what was put near a processor is found there first", "", contexts) {
    bench<TestType> t;
    constexpr unsigned places = decltype(t.shelves)::places;
    for (unsigned p = 0; p < places; ++p) t.shelves.put(1, t.make(32, p + 1), 32, p);
    CHECK(t.shelves.held() == places * (places + 1) / 2 * 32);
    for (unsigned p = places; p-- > 0;) CHECK(t.take(1, 32, p).count == p + 1);
    CHECK(t.shelves.held() == 0);
}

TEST_CASE("there are fewer places than processors: some share one") {
    plain t;
    constexpr unsigned places = decltype(t.shelves)::places;
    for (unsigned p : {0u, 1u, places - 1}) {
        t.shelves.put(1, t.make(32, 1), 32, 5 * places + p);
        CHECK(t.take(1, 32, p).count == 1);
        t.shelves.put(1, t.make(32, 2), 32, p);
        CHECK(t.take(1, 32, UINT32_MAX - (places - 1) + p).count == 2);
    }
}

TEST_CASE("from elsewhere comes what is there beyond one batch, the newest first") {
    plain t;
    for (unsigned count : {1u, 2u, 3u}) t.shelves.put(1, t.make(32, count), 32, 2);
    CHECK(t.take(1, 32, 0).count == 3);
    CHECK(t.take(1, 32, 1).count == 2);
    for (unsigned near : {0u, 1u, 3u}) CHECK_FALSE(t.take(1, 32, near));
    CHECK(t.shelves.held() == 32);
    CHECK(t.take(1, 32, 2).count == 1);
    CHECK(t.shelves.held() == 0);
}

TEST_CASE("a place may be asked alone, and so may all others, which tell whether they have any to spare") {
    plain t;
    CHECK_FALSE(t.shelves.any_elsewhere(1, 0));
    for (unsigned count : {1u, 2u, 3u}) t.shelves.put(1, t.make(32, count), 32, 2);
    CHECK(t.shelves.any_elsewhere(1, 0));
    CHECK_FALSE(t.shelves.any_elsewhere(1, 2));
    CHECK_FALSE(t.shelves.any_elsewhere(2, 0));
    CHECK_FALSE(t.shelves.take_near(1, 32, 0));
    CHECK_FALSE(t.shelves.take_elsewhere(1, 32, 2));
    CHECK(t.shelves.take_elsewhere(1, 32, 0).count == 3);
    CHECK(t.shelves.take_near(1, 32, 2).count == 2);
    CHECK_FALSE(t.shelves.any_elsewhere(1, 0));
    CHECK_FALSE(t.shelves.take_elsewhere(1, 32, 0));
    CHECK(t.shelves.take_near(1, 32, 2).count == 1);
    CHECK(t.shelves.held() == 0);
}

TEST_CASE("a place tells how many batches of a list wait there") {
    plain t;
    CHECK(t.shelves.batches(1) == 0);
    for (unsigned count : {1u, 2u, 3u}) t.shelves.put(1, t.make(32, count), 32, 2);
    t.shelves.put(2, t.make(32, 1), 32, 2);
    t.shelves.put(1, t.make(32, 1), 32, 3);
    CHECK(t.shelves.batches(1, 2) == 3);
    CHECK(t.shelves.batches(1, 2 + decltype(plain::shelves)::places) == 3);
    CHECK(t.shelves.batches(2, 2) == 1);
    CHECK(t.shelves.batches(1, 3) == 1);
    CHECK(t.shelves.batches(1, 0) == 0);
    t.take(1, 32, 2);
    CHECK(t.shelves.batches(1, 2) == 2);
}

TEST_CASE("every place keeps a batch of its own of each list, until any is taken") {
    plain t;
    constexpr unsigned places = decltype(t.shelves)::places;
    for (unsigned p = 1; p < places; ++p) {
        t.shelves.put(1, t.make(32, 1), 32, p);
        t.shelves.put(1, t.make(32, 2), 32, p);
        t.shelves.put(3, t.make(64, 5), 64, p);
    }
    for (unsigned p = 1; p < places; ++p) CHECK(t.take(1, 32, 0).count == 2);
    CHECK_FALSE(t.take(1, 32, 0));
    CHECK_FALSE(t.take(3, 64, 0));
    CHECK_FALSE(t.shelves.take_any(2, 48));
    CHECK(t.shelves.held() == (places - 1) * (32 + 5 * 64));
    for (unsigned p = 1; p < places; ++p) CHECK(t.shelves.take_any(1, 32).count == 1);
    for (unsigned p = 1; p < places; ++p) CHECK(t.shelves.take_any(3, 64).count == 5);
    CHECK_FALSE(t.shelves.take_any(1, 32));
    CHECK_FALSE(t.shelves.take_any(3, 64));
    CHECK(t.shelves.held() == 0);
}

TEST_CASE("a period is that of a place: what is unused at one was perhaps wanted at another") {
    plain t;
    for (unsigned p : {0u, 1u}) {
        t.shelves.put(1, t.make(32, 1), 32, p);
        t.shelves.put(1, t.make(32, 2), 32, p);
        CHECK_FALSE(t.shelves.take_unused(1, 32, p));
    }
    CHECK(t.take(1, 32, 0).count == 2);
    CHECK(t.take(1, 32, 0).count == 1);
    CHECK_FALSE(t.shelves.take_unused(1, 32, 0));
    CHECK(t.shelves.take_unused(1, 32, 1).count == 2);
    CHECK(t.shelves.take_unused(1, 32, 1).count == 1);
    CHECK_FALSE(t.shelves.take_unused(1, 32, 1));
    CHECK(t.shelves.held() == 0);
}

TEST_CASE("what is taken from elsewhere was wanted there") {
    plain t;
    for (unsigned count : {1u, 2u, 3u}) t.shelves.put(1, t.make(32, count), 32, 3);
    t.shelves.take_unused(1, 32, 3);
    CHECK(t.take(1, 32, 0).count == 3);
    t.shelves.put(1, t.make(32, 4), 32, 3);
    CHECK(t.shelves.take_unused(1, 32, 3).count == 4);
    CHECK(t.shelves.take_unused(1, 32, 3).count == 2);
    CHECK_FALSE(t.shelves.take_unused(1, 32, 3));
    CHECK(t.shelves.held() == 32);
}

namespace {
// model - of the places of one list: what a put and a take do, said in another way.
struct model {
    struct shelf {
        std::vector<batch> all{};
        std::size_t unused = 0;

        batch pop() {
            batch b = all.back();
            all.pop_back();
            return b;
        }
        batch wanted() {
            batch b = pop();
            unused = std::min(unused, all.size());
            return b;
        }
    };
    std::vector<shelf> at;

    batch take(std::size_t near) {
        if (!at[near].all.empty()) return at[near].wanted();
        for (std::size_t k = 1; k < at.size(); ++k)
            if (shelf& s = at[(near + k) % at.size()]; s.all.size() > 1) return s.wanted();
        return {};
    }
    batch take_any() {
        for (shelf& s : at)
            if (!s.all.empty()) return s.wanted();
        return {};
    }
    batch take_unused(std::size_t place) {
        shelf& s = at[place];
        if (s.unused == 0) return s.unused = s.all.size(), batch{};
        --s.unused;
        return s.pop();
    }
};
}

TEST_CASE("in a random run every place has what a model of it has") {
    PTM_TEST_SEED(random);
    plain t;
    constexpr unsigned places = decltype(t.shelves)::places;
    model m{std::vector<model::shelf>(places)};
    std::vector<batch> hand;
    for (unsigned i = 0; i < 40; ++i) hand.push_back(t.make(32, 1 + i % 5));
    std::size_t held = 0;
    for (std::size_t step = 0; step < ptm_test::steps(20'000); ++step) {
        auto near = static_cast<unsigned>(random() % places);
        auto what = random() % 16;
        if (what < 7 && !hand.empty()) {
            std::swap(hand[random() % hand.size()], hand.back());
            m.at[near].all.push_back(hand.back());
            t.shelves.put(1, hand.back(), 32, near);
            held += hand.back().count * 32;
            hand.pop_back();
        } else {
            batch expected = what < 14 ? m.take(near) : what == 14 ? m.take_any() : m.take_unused(near);
            batch b = what < 14 ? t.take(1, 32, near)
                : what == 14    ? t.shelves.take_any(1, 32)
                                : t.shelves.take_unused(1, 32, near);
            REQUIRE(b.first == expected.first);
            REQUIRE(b.count == expected.count);
            held -= b.count * 32;
            if (b) hand.push_back(b);
        }
        REQUIRE(t.shelves.held() == held);
    }
}

// ---- periods -------------------------------------------------------------------------------------------------------

TEST_CASE("a period is over once, for whoever asks first") {
    plain t;
    CHECK(t.shelves.period_over(1000, 500));
    CHECK_FALSE(t.shelves.period_over(1000, 500));
    CHECK_FALSE(t.shelves.period_over(1499, 500));
    CHECK(t.shelves.period_over(1500, 500));
    CHECK_FALSE(t.shelves.period_over(1500, 500));
}

TEST_CASE("a period is not over for a thread that looked at the clock before it began") {
    plain t;
    CHECK(t.shelves.period_over(1000, 500));
    CHECK_FALSE(t.shelves.period_over(996, 500));
    CHECK_FALSE(t.shelves.period_over(1400, 500)); // nor did that one move its beginning
}

TEST_CASE("a period that begins later is over later") {
    plain t;
    CHECK(t.shelves.period_over(1000, 500));
    t.shelves.begin_period(1700);
    CHECK_FALSE(t.shelves.period_over(1500, 500));
    CHECK_FALSE(t.shelves.period_over(2199, 500));
    CHECK(t.shelves.period_over(2200, 500));
}

TEST_CASE("of many threads that ask at the same time a period is over for one") {
    plain t;
    for (std::uint64_t now = 1000; now < 1000 + 500 * 200; now += 500) {
        std::atomic<int> ready = 0, over = 0;
        auto ask = [&] {
            ++ready;
            while (ready < 3) {}
            over += t.shelves.period_over(now, 500);
        };
        std::thread a(ask), b(ask);
        ask();
        a.join(), b.join();
        REQUIRE(over == 1);
    }
}

TEMPLATE_LIST_TEST_CASE("threads that put and take lose no chunk and get none twice", "", locks) {
    using bench_of = bench<ptm_test::safe_context, TestType>;
    using header = typename bench_of::header;
    bench_of t;
    constexpr unsigned threads = 4, batches = 60, places = decltype(t.shelves)::places;
    std::vector<std::vector<batch>> hands(threads);
    for (auto& hand : hands)
        for (unsigned i = 0; i < batches; ++i) hand.push_back(t.make(64, 1 + i % 7));
    PTM_TEST_SEED(seeds);
    std::uint64_t seed = seeds();
    auto trade = [&](unsigned who) {
        std::minstd_rand random(static_cast<unsigned>(seed) + who);
        auto& hand = hands[who];
        for (std::size_t k = 0; k < ptm_test::steps(20'000); ++k) {
            unsigned list = 1 + static_cast<unsigned>(random() % 2);
            unsigned near = random() % 8 == 0 ? static_cast<unsigned>(random()) : who; // at times on another processor
            if (random() % 2 == 0 && !hand.empty()) {
                t.shelves.put(list, hand.back(), 64, near);
                hand.pop_back();
            } else if (batch b = k % 64 == 0 ? t.shelves.take_unused(list, 64, near % places)
                           : k % 64 == 1     ? t.shelves.take_any(list, 64)
                                             : t.take(list, 64, near)) {
                hand.push_back(b);
            }
        }
    };
    std::vector<std::thread> running;
    for (unsigned i = 0; i < threads; ++i) running.emplace_back(trade, i);
    for (std::thread& each : running) each.join();
    for (unsigned list : {1u, 2u})
        while (batch b = t.shelves.take_any(list, 64)) hands[0].push_back(b);
    CHECK(t.shelves.held() == 0);
    std::vector<void*> seen;
    for (auto& hand : hands)
        for (batch b : hand) {
            auto chunks = t.in(b);
            REQUIRE(chunks.size() == b.count);
            seen.insert(seen.end(), chunks.begin(), chunks.end());
        }
    std::sort(seen.begin(), seen.end());
    CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
    std::size_t made = 0;
    for (unsigned i = 0; i < batches; ++i) made += threads * (1 + i % 7);
    CHECK(seen.size() == made);
    for (void* p : seen) REQUIRE(header::size_of(header::from_user(p)) == ptm::chunk_size{64});
}
