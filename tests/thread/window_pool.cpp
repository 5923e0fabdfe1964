#include "support/noisy_lock.hpp"
#include "support/seed.hpp"

#include "support/catch.hpp"

#include <ptm/os/reserve.hpp>
#include <ptm/sync/futex_lock.hpp>
#include <ptm/thread/window_pool.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <sys/mman.h>

namespace {
using ptm_test::noisy_lock;

constexpr std::size_t window = 4096, stretch = 1u << 20, most = stretch / window;

struct record {
    std::uint64_t kept[5] = {};
};

// Backends whose failures a test can command: they are the pool's own, so they look at what all of them share.
struct commanded {
    static inline bool refuses_windows = false, refuses_records = false, keeps_pages = false;
    static inline int asked = 0;
};
template <std::size_t Bytes, bool& Refuses>
struct obeying : ptm::reserve_backend<Bytes> {
    using inner = ptm::reserve_backend<Bytes>;
    ptm::pages obtain(std::size_t bytes) noexcept {
        ++commanded::asked;
        return Refuses ? ptm::no_pages() : inner::obtain(bytes);
    }
    bool discard(ptm::pages run) noexcept { return !commanded::keeps_pages && inner::discard(run); }
};

template <class Lock = ptm::no_lock>
using pool_of = ptm::detail::window_pool<record, window, Lock, obeying<stretch, commanded::refuses_windows>,
                                         obeying<64 * 1024, commanded::refuses_records>>;
using pool = pool_of<>;

template <class Pool = pool>
std::unique_ptr<Pool> prepared() {
    commanded::refuses_windows = commanded::refuses_records = commanded::keeps_pages = false;
    auto p = std::make_unique<Pool>();
    p->prepare();
    return p;
}

auto ignore = [](ptm::pages) {};

std::vector<record*> all_of(pool& p) {
    std::vector<record*> taken;
    while (record* r = p.take_anew(0)) taken.push_back(r);
    return taken;
}

using set = ptm::detail::window_set<256>;
}

TEST_CASE("a set gives the lowest first, and runs as long as they are") {
    set s;
    CHECK_FALSE(s.take());
    CHECK_FALSE(s.take_run());
    s.add({60, 10});
    s.add({3, 1});
    CHECK(s.take().first == 3);
    auto some = s.take_run();
    CHECK(some.first == 60);
    CHECK(some.count == 10);
    CHECK_FALSE(s.take_run());
    s.add({64, 128});
    CHECK(s.take_run().count == 128);
    CHECK_FALSE(s.take());
    s.add({255, 1});
    CHECK(s.take_run(1, 255).first == 255);
    s.add({255, 1});
    CHECK(s.take().first == 255);
    CHECK_FALSE(s.take_last());
    s.add({60, 10}), s.add({250, 1});
    CHECK(s.take_last().first == 250);
    CHECK(s.take_last().first == 69);
    CHECK(s.take().first == 60);
}

TEST_CASE("a run has so many numbers at most, and the next one goes on from there") {
    using large_set = ptm::detail::window_set<4096>;
    auto s = std::make_unique<large_set>();
    s->add({100, 3000});
    auto some = s->take_run();
    CHECK((some.first == 100 && some.count == large_set::most));
    some = s->take_run(1, some.first + some.count);
    CHECK((some.first == 100 + large_set::most && some.count == large_set::most));
    CHECK(s->take().first == 100 + 2 * large_set::most);
}

TEST_CASE("a set has what was added and not taken, whatever the order") {
    PTM_TEST_SEED(random);
    set s;
    std::set<std::size_t> model;
    // Takes a run from the model, too; returns whether the number after it is there.
    auto take_lowest = [&](set::run run) {
        REQUIRE(run);
        REQUIRE(run.first == *model.begin());
        for (std::size_t k = 0; k < run.count; ++k) REQUIRE(model.erase(run.first + k) == 1);
        return model.contains(run.first + run.count);
    };
    for (std::size_t i = 0; i < ptm_test::steps(20'000); ++i) {
        if (random() % 2 == 0) {
            std::size_t k = random() % 256;
            if (model.insert(k).second) s.add({k, 1});
        } else if (model.empty()) {
            REQUIRE_FALSE(s.take());
        } else if (random() % 4 == 0) {
            bool more = take_lowest(s.take_run());
            REQUIRE_FALSE(more);
        } else if (random() % 3 == 0) {
            REQUIRE(s.take_last().first == *model.rbegin());
            model.erase(*model.rbegin());
        } else if (random() % 2 == 0) {
            std::size_t n = 1 + random() % 80;
            auto run = s.take(n);
            bool more = take_lowest(run);
            REQUIRE(run.count <= n);
            REQUIRE((run.count == n || !more));
        } else {
            auto one = s.take();
            take_lowest(one);
            REQUIRE(one.count == 1);
        }
    }
}

TEST_CASE("a set gives the first run that is long enough, from a number on") {
    PTM_TEST_SEED(random);
    auto expected = [](const std::vector<bool>& has, std::size_t least, std::size_t from) {
        for (std::size_t first = from; first < has.size();) {
            std::size_t end = first;
            while (end < has.size() && has[end]) ++end;
            if (end > first && end - first >= least) return std::pair{first, end - first};
            first = end == first ? first + 1 : end;
        }
        return std::pair<std::size_t, std::size_t>{0, 0};
    };
    for (int turn = 0; turn < 500; ++turn) {
        set s;
        std::vector<bool> has(256, false);
        for (int k = 0; k < 12; ++k) {
            std::size_t first = random() % 256, count = 1 + random() % std::min<std::size_t>(256 - first, 40);
            s.add({first, count});
            std::fill_n(has.begin() + static_cast<std::ptrdiff_t>(first), count, true);
        }
        for (int k = 0; k < 12; ++k) {
            std::size_t least = 1 + random() % 12, from = random() % 3 == 0 ? 0 : random() % 256;
            auto [first, count] = expected(has, least, from);
            auto some = s.take_run(least, from);
            REQUIRE(some.count == count);
            if (count == 0) continue;
            REQUIRE(some.first == first);
            std::fill_n(has.begin() + static_cast<std::ptrdiff_t>(first), count, false);
        }
    }
}

TEST_CASE("windows lie side by side, from a multiple of their size on, and each has a record of its own") {
    auto p = prepared();
    auto taken = all_of(*p);
    REQUIRE(taken.size() == most);
    for (std::size_t k = 0; k < most; ++k) {
        ptm::pages w = p->window_of(taken[k]);
        REQUIRE(w.bytes == window);
        REQUIRE(ptm::is_aligned(w.data, window));
        REQUIRE(w.data == p->window_of(taken[0]).data + k * window);
        REQUIRE(p->find(w.data) == taken[k]);
        REQUIRE(p->find(w.data + window - 1) == taken[k]);
        REQUIRE(p->number_of(w.data) == most - 1 - k);
        std::memset(w.data, 1, window);
        taken[k]->kept[4] = k;
    }
    for (std::size_t k = 0; k < most; ++k) REQUIRE(taken[k]->kept[4] == k);
}

TEST_CASE("an address outside is in no window") {
    auto p = prepared();
    std::byte* first = p->window_of(p->take_anew(0)).data;
    int here = 0;
    CHECK_FALSE(p->holds(p->number_of(nullptr)));
    CHECK_FALSE(p->holds(p->number_of(&here)));
    CHECK_FALSE(p->holds(p->number_of(first - 1)));
    CHECK_FALSE(p->holds(p->number_of(first + stretch)));
    CHECK(p->holds(p->number_of(first + stretch - 1))); // not committed yet
    CHECK(p->mark_of(p->number_of(first + stretch - 1)) == 0);
    CHECK(p->find(&here) == nullptr);
}

TEST_CASE("a mark is its window's alone") {
    auto p = prepared();
    record *a = p->take_anew(0), *b = p->take_anew(0);
    p->mark(a, 7);
    p->mark(b, 0xffff);
    CHECK(p->mark_of(p->number_of(p->window_of(a).data)) == 7);
    CHECK(p->mark_of(p->number_of(p->window_of(b).data + window - 1)) == 0xffff);
    p->mark(b, 0);
    for (std::size_t k = 0; k < most; ++k) CHECK(p->mark_of(k) == (k == p->number_of(p->window_of(a).data) ? 7 : 0));
}

TEST_CASE("what nobody uses any more is handed out again, the lowest first, with what was in it") {
    auto p = prepared();
    CHECK(p->take_ready(0) == nullptr);
    auto taken = all_of(*p);
    for (std::size_t k : {9u, 4u, 200u}) {
        std::memset(p->window_of(taken[k]).data, 5, window);
        p->put(taken[k], 0);
    }
    CHECK(p->ready_bytes() == 3 * window);
    CHECK(p->take_anew(0) == nullptr); // those are not new
    CHECK(p->take_ready(0) == taken[4]);
    CHECK(*p->window_of(taken[4]).data == std::byte{5});
    p->put(taken[4], 0);
    for (std::size_t k : {4u, 9u, 200u}) CHECK(p->take_ready(0) == taken[k]);
    CHECK(p->take_ready(0) == nullptr);
    CHECK(p->ready_bytes() == 0);
}

TEST_CASE("a window comes back to the place that had it last, and others get the highest first") {
    auto p = prepared();
    auto taken = all_of(*p);
    for (std::size_t k : {9u, 4u, 200u}) p->put(taken[k], 1);
    p->put(taken[7], 1 + ptm::detail::places); // the same place
    p->put(taken[3], 2);
    CHECK(p->take_ready(0) == nullptr);
    CHECK(p->take_ready(1) == taken[4]);
    CHECK(p->take_far(0) == taken[200]);
    CHECK(p->take_far(0) == taken[9]);
    CHECK(p->take_far(1) == taken[3]);
    CHECK(p->take_far(1) == nullptr); // what is there is its own
    CHECK(p->ready_bytes() == window);
    CHECK(p->take_ready(1) == taken[7]);
    CHECK(p->take_far(0) == nullptr);
    CHECK(p->ready_bytes() == 0);
    p->put(taken[3], 2), p->put(taken[4], 3);
    std::size_t dropped = 0;
    p->drop([&](ptm::pages run) { dropped += run.bytes; });
    CHECK(dropped == 2 * window);
}

TEST_CASE("pages that are dropped are new when they are handed out again") {
    auto p = prepared();
    CHECK(p->held_bytes() == 0);
    auto taken = all_of(*p);
    CHECK(p->held_bytes() == stretch);
    for (record* r : taken) std::memset(p->window_of(r).data, 5, window);
    for (std::size_t k = 70; k < 100; ++k) p->put(taken[k], 0);
    for (std::size_t k = 120; k < 140; ++k) p->put(taken[k], 0);
    std::vector<ptm::pages> runs;
    p->drop([&](ptm::pages run) { runs.push_back(run); });
    std::byte* base = p->window_of(taken[0]).data;
    CHECK(runs == std::vector<ptm::pages>{{base + 70 * window, 30 * window}, {base + 120 * window, 20 * window}});
    CHECK(p->ready_bytes() == 0);
    CHECK(p->held_bytes() == stretch - 50 * window);
    CHECK(p->take_ready(0) == nullptr);
    for (std::size_t k = 70; k < 100; ++k) {
        REQUIRE(p->take_anew(0) == taken[k]);
        REQUIRE(*p->window_of(taken[k]).data == std::byte{0});
        REQUIRE(p->window_of(taken[k]).data[window - 1] == std::byte{0});
    }
    p->drop([](ptm::pages) { FAIL("there was nothing to drop"); });
}

namespace {
// in_memory - how many pages of a run are.
std::size_t in_memory(ptm::pages run) {
    std::vector<unsigned char> resident(run.bytes / ptm::system_page_bytes());
    if (mincore(run.data, run.bytes, resident.data()) != 0) return SIZE_MAX;
    return static_cast<std::size_t>(std::count_if(resident.begin(), resident.end(), [](auto r) { return r & 1; }));
}

// populated - which windows were.
ptm::pages populated(pool& p, unsigned place, std::size_t n) {
    ptm::pages some;
    const std::size_t ready = p.ready_bytes();
    bool any = p.populate(place, n, [&](ptm::pages run) {
        some = run;
        CHECK(p.ready_bytes() == ready); // who can drop them knows of them
    });
    CHECK(any == static_cast<bool>(some));
    return some;
}
}

TEST_CASE("windows that are populated have their pages, and are ready at that place alone") {
    auto p = prepared();
    auto* first = p->take_anew(1);
    std::byte* base = p->window_of(first).data;
    bool can = ptm::populate({base, window});
    ptm::pages some = populated(*p, 1, 3);
    CHECK(some == ptm::pages{base + window, 3 * window});
    CHECK(in_memory(some) == (can ? 3 * window / ptm::system_page_bytes() : 0));
    CHECK(p->held_bytes() == 4 * window);
    CHECK(p->ready_bytes() == 3 * window);
    CHECK(p->take_ready(0) == nullptr);
    for (std::size_t k = 1; k <= 3; ++k) CHECK(p->take_ready(1) == first + k);
    CHECK(p->take_ready(1) == nullptr);
    CHECK(p->take_anew(1) == first + 4);
}

TEST_CASE("windows that were dropped are populated again, those first, as far as they lie side by side") {
    auto p = prepared();
    auto taken = all_of(*p);
    CHECK(populated(*p, 0, 8) == ptm::pages{});
    for (std::size_t k : {20u, 21u, 22u, 30u}) p->put(taken[k], 0);
    p->drop(ignore);
    CHECK(populated(*p, 0, 2) == ptm::pages{p->window_of(taken[20]).data, 2 * window});
    CHECK(populated(*p, 0, 2) == p->window_of(taken[22]));
    CHECK(populated(*p, 0, 2) == p->window_of(taken[30]));
    CHECK(populated(*p, 0, 2) == ptm::pages{});
    CHECK(p->held_bytes() == stretch);
    for (std::size_t k : {20u, 21u, 22u, 30u}) CHECK(p->take_ready(0) == taken[k]);
}

TEST_CASE("windows that lie alone are dropped only when that is asked for, or when nobody wanted them for a while") {
    auto p = prepared();
    auto taken = all_of(*p);
    std::vector<std::size_t> runs;
    auto count = [&](ptm::pages run) { runs.push_back(run.bytes / window); };
    auto put = [&](std::size_t first, std::size_t n) {
        for (std::size_t k = first; k < first + n; ++k) p->put(taken[k], 0);
    };
    put(3, 2), put(10, p->few), put(90, p->few - 1), put(160, p->few + 20);
    p->drop(count, p->few);
    CHECK(runs == std::vector<std::size_t>{p->few, p->few + 20});
    CHECK(p->ready_bytes() == (2 + p->few - 1) * window);

    runs.clear();
    p->drop_unused(count); // nobody knows yet whether they are wanted
    CHECK(runs.empty());
    while (p->take_ready(0)) {}
    put(3, 2);
    p->drop_unused(count); // all were wanted meanwhile
    CHECK(runs.empty());
    p->drop_unused(count);
    CHECK(runs == std::vector<std::size_t>{2});
    CHECK(p->ready_bytes() == 0);
}

TEST_CASE("without addresses there are no windows, and everything says so") {
    for (bool* refuses : {&commanded::refuses_windows, &commanded::refuses_records}) {
        auto p = prepared();
        auto other = std::make_unique<pool>();
        *refuses = true;
        errno = 7;
        other->prepare();
        int here = 0;
        CHECK(other->take_anew(0) == nullptr);
        CHECK_FALSE(other->populate(0, 4, ignore));
        CHECK(other->take_ready(0) == nullptr);
        CHECK_FALSE(other->holds(other->number_of(&here)));
        std::size_t of_null = other->number_of(nullptr);
        CHECK((!other->holds(of_null) || other->mark_of(of_null) == 0));
        CHECK(other->find(&here) == nullptr);
        CHECK(errno == 7);
        *refuses = false;
        other->prepare();
        CHECK(other->take_anew(0) != nullptr);
    }
}

TEST_CASE("when the system refuses more, there is what there was") {
    for (bool* refuses : {&commanded::refuses_windows, &commanded::refuses_records}) {
        auto p = prepared();
        *refuses = true;
        auto first = all_of(*p);
        CHECK(first.size() < most);
        errno = 7;
        CHECK(p->take_anew(0) == nullptr);
        CHECK(errno == 7);
        p->put(first.back(), 0);
        CHECK(p->take_ready(0) == first.back());
        *refuses = false;
        auto rest = all_of(*p);
        CHECK(first.size() + rest.size() == most);
        for (record* r : rest) std::memset(p->window_of(r).data, 1, window);
        for (record* r : rest) r->kept[0] = 1;
    }
}

TEST_CASE("a process without a limit of addresses gives none up") {
    auto p = prepared();
    CHECK_FALSE(p->give_up());
    CHECK_FALSE(p->gave_up());
    CHECK(all_of(*p).size() == most);
}

TEST_CASE("pages that the system does not take stay ready") {
    auto p = prepared();
    record* r = p->take_anew(0);
    p->put(r, 0);
    commanded::keeps_pages = true;
    p->drop([](ptm::pages) { FAIL("nothing went back"); });
    CHECK(p->ready_bytes() == window);
    commanded::keeps_pages = false;
    CHECK(p->take_ready(0) == r);
}

TEST_CASE("a pool asks the system for several windows at a time, for more the more there are") {
    auto p = prepared();
    commanded::asked = 0;
    CHECK(all_of(*p).size() == most);
    CHECK(commanded::asked < 2 * 32); // 256 windows, eight at a time at first
}

TEST_CASE("of windows that two processors take in turn, no two are in the same 2 MiB, as soon as there are many") {
    constexpr std::size_t large = 32 * 1024, region = 2u << 20;
    using large_pool = ptm::detail::window_pool<record, large, ptm::no_lock, ptm::reserve_backend<(64u << 20)>,
                                                ptm::reserve_backend<(1u << 20)>>;
    auto p = std::make_unique<large_pool>();
    p->prepare();
    if (!p->take_anew(0)) return; // the process has a limit of addresses
    std::set<std::uintptr_t> regions[2];
    for (std::size_t k = 0; k < 1600; ++k) {
        record* r = p->take_anew(static_cast<unsigned>(k % 2));
        REQUIRE(r != nullptr);
        if (k >= 600) regions[k % 2].insert(ptm::address_of(p->window_of(r).data) / region);
    }
    CHECK(regions[0].size() > 5);
    for (std::uintptr_t one : regions[0]) CHECK_FALSE(regions[1].contains(one));
    while (p->take_anew(0)) {}
    CHECK(p->held_bytes() == large_pool::most_windows * large); // also what other processors had for themselves
}

TEST_CASE("threads never have the same window at the same time") {
    auto p = prepared<pool_of<ptm::futex_lock>>();
    const std::size_t turns = ptm_test::steps(3'000);
    const std::uint64_t seed = ptm_test::seed();
    INFO("PTM_SEED=" << seed << " replays this run, but for the threads' turns");
    std::atomic<int> wrong = 0;
    std::vector<std::thread> running;
    for (unsigned n = 0; n < 4; ++n)
        running.emplace_back([&, n] {
            std::mt19937_64 random(seed + n);
            std::vector<record*> mine;
            for (std::size_t i = 0; i < turns; ++i) {
                record* r = p->take_ready(n);
                if (!r) r = random() % 2 ? p->take_far(n) : p->take_anew(n);
                if (random() % 16 == 0) p->populate(n, 1 + random() % 9, ignore);
                if (r) {
                    std::memset(p->window_of(r).data, int(n), 64);
                    r->kept[0] = n;
                    mine.push_back(r);
                }
                for (record* m : mine) wrong += m->kept[0] != n || p->window_of(m).data[63] != std::byte(n);
                while (mine.size() > random() % 40) {
                    std::swap(mine[random() % mine.size()], mine.back());
                    p->put(mine.back(), n);
                    mine.pop_back();
                }
                if (random() % 32 == 0) p->drop(ignore);
            }
            for (record* m : mine) p->put(m, 0);
        });
    for (std::thread& r : running) r.join();
    CHECK(wrong == 0);
    p->drop(ignore);
    std::set<record*> all;
    while (record* r = p->take_anew(0)) all.insert(r);
    CHECK(all.size() == most);
}

TEST_CASE("a thread that forks puts without taking the lock") {
    auto p = prepared<pool_of<noisy_lock>>();
    auto* r = p->take_anew(0);
    auto take = [](noisy_lock& l) { return l.try_lock(); };
    p->lock_for_fork(take);
    noisy_lock::taken = noisy_lock::let_go = noisy_lock::reset = 0;
    p->put(r, 0, true);
    CHECK(noisy_lock::taken == 0);
    p->unlock_after_fork();
    CHECK(noisy_lock::let_go == 1 + ptm::detail::places);
    p->lock_for_fork(take);
    p->reset_after_fork();
    CHECK(noisy_lock::reset == 1 + ptm::detail::places);
    CHECK(p->take_ready(0) == r);
}
