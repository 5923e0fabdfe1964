#include "support/batches.hpp"
#include "support/configs.hpp"
#include "support/noisy_lock.hpp"
#include "support/seed.hpp"

#include "support/catch.hpp"

#include <ptm/os/reserve.hpp>
#include <ptm/sync/futex_lock.hpp>
#include <ptm/sync/spin_lock.hpp>
#include <ptm/thread/slab_shelves.hpp>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstdlib>
#include <memory>
#include <random>
#include <thread>
#include <tuple>
#include <vector>

namespace {
using ptm::batch;
using ptm_test::noisy_lock;
using contexts = std::tuple<ptm_test::plain_context, ptm_test::safe_context, ptm_test::safest_context>;
using locks = std::tuple<ptm::futex_lock, ptm::spin_lock>;

constexpr std::size_t window = 4096;
constexpr unsigned lists = 20;

// stand - shelves, and windows for them.
template <class C, class Lock = ptm::no_lock>
struct stand {
    using header = typename C::header;
    using links = ptm::detail::cached_links<C>;
    using shelves_type = ptm::detail::slab_shelves<C, Lock, lists, window>;
    using slab = typename shelves_type::slab;

    static constexpr std::size_t most_windows = 64;
    std::unique_ptr<std::byte, decltype(&std::free)> memory{
        static_cast<std::byte*>(std::aligned_alloc(window, (most_windows + 2) * window)), std::free};
    std::size_t used = 0;
    std::unique_ptr<shelves_type> shelves = std::make_unique<shelves_type>();

    // make - a slab of list i in a new window; not on any shelf yet.
    slab* make(unsigned i) {
        REQUIRE(used < most_windows);
        auto* c = header::from_user(memory.get() + ++used * window);
        header::set_used(c, ptm::chunk_size{window}, false);
        header::set_used(header::next(c), ptm::chunk_size{window}, false);
        slab* s = shelves->add(i, c);
        REQUIRE(s != nullptr);
        return s;
    }
    batch first(unsigned i, unsigned most, unsigned near = 0) { return shelves->take_first(i, make(i), most, near); }

    static std::vector<void*> in(batch b) { return ptm_test::batch_maker<C>::in(b); }
    static batch chained(const std::vector<void*>& blocks) {
        batch b;
        for (void* p : blocks) {
            links::lead(p, b.first);
            b = {p, b.count + 1};
        }
        return b;
    }
    static constexpr unsigned capacity(unsigned i) {
        return ptm::detail::slab_cut(window, shelves_type::size_in(i), header::smallest).capacity;
    }
    std::size_t size(unsigned i) const { return ptm::bytes(shelves->size_in(i)); }
};

using plain = stand<ptm_test::plain_context>;
}

TEMPLATE_LIST_TEST_CASE("a slab's chunks come side by side, and what is left of it stands on the shelf", "", contexts) {
    stand<TestType> t;
    for (unsigned i : {1u, 2u, lists}) {
        CHECK_FALSE(t.shelves->take(i, 5, 0));
        batch b = t.first(i, 2);
        auto mine = t.in(b);
        REQUIRE(mine.size() == 2);
        CHECK(b.count == 2);
        CHECK(ptm::bytes_between(mine[0], mine[1]) == t.size(i));
        for (void* p : mine) CHECK(t.shelves->owns(p, i));
        for (void* p : mine) CHECK(t.shelves->owns(p));
        for (void* p : mine) CHECK_FALSE(t.shelves->owns(p, i == 3 ? 4 : 3));
        auto next = t.in(t.shelves->take(i, 1, 0));
        REQUIRE(next.size() == 1);
        CHECK(ptm::bytes_between(mine[1], next[0]) == t.size(i));
    }
    CHECK(t.shelves->whole_bytes() == 0);
}

TEST_CASE("all chunks of several slabs are there once, and go back to where they are from") {
    plain t;
    std::vector<void*> all;
    std::size_t each = t.capacity(2);
    for (int k = 0; k < 3; ++k) {
        auto some = t.in(t.first(2, 10));
        all.insert(all.end(), some.begin(), some.end());
    }
    while (batch b = t.shelves->take(2, 50, 0)) {
        CHECK(b.count <= 50);
        auto some = t.in(b);
        REQUIRE(some.size() == b.count);
        all.insert(all.end(), some.begin(), some.end());
    }
    CHECK(all.size() == 3 * each);
    std::sort(all.begin(), all.end());
    CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
    CHECK(t.shelves->free_bytes() == 0);

    PTM_TEST_SEED(random);
    std::shuffle(all.begin(), all.end(), random);
    CHECK_FALSE(t.shelves->put(2, t.chained(all)));
    CHECK(t.shelves->free_bytes() == 3 * each * t.size(2));
    CHECK(t.shelves->whole_bytes() == 3 * window);
}

TEST_CASE("what is taken of partial slabs is not of whole ones") {
    plain t;
    std::size_t each = t.capacity(2), some = each - 3;
    auto whole = t.in(t.first(2, t.capacity(2), 1));
    REQUIRE(whole.size() == each);
    t.shelves->put(2, t.chained(whole));
    CHECK(t.shelves->spare_bytes(2, 1) == 0);
    CHECK_FALSE(t.shelves->take_partial(2, 1, 1));
    t.first(2, 3, 1);
    CHECK(t.shelves->free_bytes(2, 1) == (each + some) * t.size(2));
    CHECK(t.shelves->free_bytes(2, 0) == 0);
    CHECK(t.shelves->whole_bytes(1) == window);
    CHECK(t.shelves->whole_bytes(0) == 0);
    std::size_t taken = 0;
    while (batch b = t.shelves->take_partial(2, 100, 1)) taken += b.count;
    CHECK(taken == some);
    CHECK(t.shelves->whole_bytes() == window);
    CHECK(t.shelves->take(2, 1, 1).count == 1);
}

namespace {
// full_slabs - so many of list 2 at place 1; the chunks of each.
std::vector<std::vector<void*>> full_slabs(plain& t, std::size_t count) {
    std::vector<std::vector<void*>> slabs;
    for (std::size_t k = 0; k < count; ++k) slabs.push_back(t.in(t.first(2, t.capacity(2), 1)));
    return slabs;
}

// give_back - the last `count` of a slab's chunks that are not free.
void give_back(plain& t, std::vector<void*>& chunks, std::size_t count) {
    auto from = chunks.end() - static_cast<std::ptrdiff_t>(count);
    t.shelves->put(2, t.chained(std::vector<void*>(from, chunks.end())));
    chunks.erase(from, chunks.end());
}
}

TEST_CASE("partial slabs have chunks to spare for other places if those are more than a slab, whole ones apart") {
    plain t;
    std::size_t each = t.capacity(2);
    auto slabs = full_slabs(t, 3);
    CHECK(t.shelves->spare_bytes(2, 1) == 0);
    give_back(t, slabs[0], each - 1); // nearly all, but one slab's
    CHECK(t.shelves->spare_bytes(2, 1) == 0);
    give_back(t, slabs[1], 1);
    CHECK(t.shelves->spare_bytes(2, 1) == 0);
    give_back(t, slabs[1], 1);
    CHECK(t.shelves->spare_bytes(2, 1) == (each + 1) * t.size(2));
    CHECK(t.shelves->spare_bytes(2, 0) == 0);
    CHECK(t.shelves->spare_bytes(3, 1) == 0);
    give_back(t, slabs[2], each); // a whole one more
    CHECK(t.shelves->spare_bytes(2, 1) == (each + 1) * t.size(2));
    give_back(t, slabs[0], 1); // all of them are whole, but one
    CHECK(t.shelves->spare_bytes(2, 1) == 0);
    CHECK(t.shelves->verify() == nullptr);
}

TEST_CASE("partial slabs have chunks to spare for other places if those are more than a part of them") {
    plain t;
    std::size_t each = t.capacity(2), share = t.shelves->spare_share;
    auto slabs = full_slabs(t, 4 * share); // a slab's worth is a quarter of the part
    for (auto& chunks : slabs) give_back(t, chunks, each / share);
    CHECK(t.shelves->spare_bytes(2, 1) == 0);
    for (auto& chunks : slabs) give_back(t, chunks, 1);
    CHECK(t.shelves->spare_bytes(2, 1) == slabs.size() * (each / share + 1) * t.size(2));
    CHECK(t.shelves->spare_bytes(2, 0) == 0);
}

TEST_CASE("chunks of no slab are handed back, and so are those that belong to another list") {
    plain t;
    ptm_test::batch_maker<ptm_test::plain_context> others;
    auto mine = t.in(t.first(2, 3));
    auto loose = others.in(others.make(t.size(2), 4));
    std::vector<void*> mixed{loose[0], mine[0], loose[1], mine[1], mine[2], loose[2], loose[3]};
    auto back = t.in(t.shelves->put(2, t.chained(mixed)));
    std::sort(back.begin(), back.end());
    std::sort(loose.begin(), loose.end());
    CHECK(back == loose);
    CHECK(t.shelves->whole_bytes() == window);

    auto of_three = t.in(t.first(3, 2));
    CHECK(t.in(t.shelves->put(2, t.chained(of_three))).size() == 2);
    CHECK_FALSE(t.shelves->owns(others.in(others.make(64, 1))[0]));
}

TEST_CASE("a chunk goes back to its slab's place, whoever puts it there") {
    plain t;
    constexpr unsigned places = plain::shelves_type::places;
    std::vector<std::vector<void*>> of(places);
    for (unsigned p = 0; p < places; ++p) of[p] = t.in(t.first(1, t.capacity(1), p + 8 * places));
    for (unsigned p = 0; p < places; ++p) CHECK_FALSE(t.shelves->take(1, 1, p));
    std::vector<void*> mixed;
    for (unsigned k = 0; k < 3; ++k)
        for (unsigned p = 0; p < places; ++p) mixed.push_back(of[p][p == 2 ? k : k + 5]);
    CHECK_FALSE(t.shelves->put(1, t.chained(mixed)));
    for (unsigned p = 0; p < places; ++p) {
        auto some = t.in(t.shelves->take(1, 10, p));
        REQUIRE(some.size() == 3);
        CHECK(some[0] == of[p][p == 2 ? 0 : 5]);
        CHECK(some[2] == of[p][p == 2 ? 2 : 7]);
    }
}

TEST_CASE("partial slabs are used before whole ones, which go away whole and can be used elsewhere") {
    plain t;
    std::vector<void*> one = t.in(t.first(4, 1000)), two = t.in(t.first(4, 1000));
    t.shelves->put(4, t.chained(one));
    two.pop_back();
    t.shelves->put(4, t.chained(two));
    CHECK(t.shelves->whole_bytes() == window);
    CHECK(t.in(t.shelves->take(4, 3, 0))[0] == *std::min_element(two.begin(), two.end()));
    CHECK(t.shelves->whole_bytes() == window);
    CHECK(t.shelves->take_whole(4, 1) == nullptr);
    auto* s = t.shelves->take_whole(4, 0);
    REQUIRE(s != nullptr);
    CHECK(s->first() == plain::header::from_user(one[0]));
    CHECK(t.shelves->whole_bytes() == 0);
    CHECK(t.shelves->take_whole(4, 0) == nullptr);
    CHECK_FALSE(t.shelves->owns(one[0]));
    CHECK(t.in(t.shelves->take_first(4, s, 2, 3)) == std::vector<void*>{one[0], one[1]});
    CHECK(t.in(t.shelves->take(4, 1, 3)) == std::vector<void*>{one[2]});
    CHECK(t.shelves->owns(one[0], 4));
}

TEST_CASE("where many chunks are free a batch may be twice as large, but no larger than any") {
    plain t;
    CHECK(t.shelves->ample(5, 20, 0) == 20);
    std::vector<std::vector<void*>> slabs;
    while (t.shelves->free_bytes() < 400 * t.size(5)) {
        slabs.push_back(t.in(t.first(5, 1000)));
        t.shelves->put(5, t.chained(slabs.back()));
    }
    auto free = static_cast<unsigned>(t.shelves->free_bytes() / t.size(5));
    CHECK(t.shelves->ample(5, 20, 0) == 40);
    CHECK(t.shelves->ample(5, 20, 1) == 20);
    CHECK(t.shelves->ample(5, free / 8 - 3, 0) == free / 8);
    CHECK(t.shelves->ample(5, free / 8 + 3, 0) == free / 8 + 3);
    CHECK(t.shelves->ample(5, plain::shelves_type::most_in_batch, 0) == plain::shelves_type::most_in_batch);
}

TEST_CASE("what was whole for a period is unused, what was wanted in between is not") {
    plain t;
    std::vector<std::vector<void*>> slabs;
    for (int k = 0; k < 4; ++k) slabs.push_back(t.in(t.first(5, 1000)));
    for (auto& s : slabs) t.shelves->put(5, t.chained(s));
    CHECK(t.shelves->take_unused(5, 0) == nullptr); // the first period begins: nobody had a chance to want them
    auto wanted = t.in(t.shelves->take(5, 2 * t.capacity(5), 0));
    CHECK(wanted.size() == 2 * t.capacity(5));
    t.shelves->put(5, t.chained(wanted));
    CHECK(t.shelves->whole_bytes() == 4 * window);
    CHECK(t.shelves->take_unused(5, 0) != nullptr); // two of the four were not missed: any two
    CHECK(t.shelves->take_unused(5, 0) != nullptr);
    CHECK(t.shelves->take_unused(5, 0) == nullptr);
    CHECK(t.shelves->whole_bytes() == 2 * window);
    CHECK(t.shelves->take_unused(5, 0) != nullptr);
    CHECK(t.shelves->take_unused(5, 0) != nullptr);
    CHECK(t.shelves->take_unused(5, 0) == nullptr);
    CHECK(t.shelves->free_bytes() == 0);
}

TEST_CASE("the books are right, whatever is taken and put") {
    PTM_TEST_SEED(random);
    plain t;
    struct stock {
        std::vector<void*> mine;
        std::size_t slabs = 0;
    };
    std::vector<stock> of(4);
    for (std::size_t step = 0; step < ptm_test::steps(3'000); ++step) {
        unsigned i = 1 + static_cast<unsigned>(random() % 3), most = 1 + static_cast<unsigned>(random() % 100);
        stock& s = of[i];
        if (random() % 2 == 0) {
            auto near = static_cast<unsigned>(random() % 4);
            batch b = random() % 4 ? t.shelves->take(i, most, near) : t.shelves->take_partial(i, most, near);
            if (!b && t.used < 40) b = t.first(i, most, near), ++s.slabs;
            auto some = t.in(b);
            REQUIRE(some.size() == b.count);
            s.mine.insert(s.mine.end(), some.begin(), some.end());
        } else {
            std::vector<void*> some;
            for (; most > 0 && !s.mine.empty(); --most) {
                std::swap(s.mine[random() % s.mine.size()], s.mine.back());
                some.push_back(s.mine.back());
                s.mine.pop_back();
            }
            if (!some.empty()) REQUIRE_FALSE(t.shelves->put(i, t.chained(some)));
        }
        std::size_t free = 0;
        for (unsigned k = 1; k <= 3; ++k) free += (of[k].slabs * t.capacity(k) - of[k].mine.size()) * t.size(k);
        REQUIRE(t.shelves->free_bytes() == free);
    }
    for (unsigned k = 1; k <= 3; ++k)
        if (!of[k].mine.empty()) REQUIRE_FALSE(t.shelves->put(k, t.chained(of[k].mine)));
    CHECK(t.shelves->whole_bytes() == t.used * window);
}

TEMPLATE_LIST_TEST_CASE("threads that take and put chunks of one another's slabs lose none", "", locks) {
    stand<ptm_test::plain_context, TestType> t;
    constexpr unsigned threads = 4, places = 4;
    const std::size_t turns = ptm_test::steps(2'000);
    const std::uint64_t seed = ptm_test::seed();
    INFO("PTM_SEED=" << seed << " replays this run, but for the threads' turns");
    for (unsigned p = 0; p < places; ++p)
        for (int k = 0; k < 3; ++k) t.shelves->put(1, t.first(1, 100, p));
    std::size_t all = t.shelves->free_bytes();
    std::atomic<int> wrong = 0;
    std::vector<std::thread> running;
    for (unsigned n = 0; n < threads; ++n)
        running.emplace_back([&, n] {
            std::mt19937_64 random(seed + n);
            std::vector<void*> mine;
            for (std::size_t i = 0; i < turns; ++i) {
                for (void* p :
                     t.in(t.shelves->take(1, 1 + static_cast<unsigned>(random() % 60), n + (random() % 4 == 0)))) {
                    *static_cast<std::uintptr_t*>(p) = n;
                    mine.push_back(p);
                }
                for (void* p : mine) wrong += *static_cast<std::uintptr_t*>(p) != n;
                if (random() % 2 == 0 || mine.size() > 200) {
                    if (!mine.empty() && t.shelves->put(1, t.chained(mine))) ++wrong;
                    mine.clear();
                }
            }
            if (!mine.empty()) t.shelves->put(1, t.chained(mine));
        });
    for (std::thread& r : running) r.join();
    CHECK(wrong == 0);
    CHECK(t.shelves->free_bytes() == all);
    CHECK(t.shelves->whole_bytes() == places * 3 * window);
}

TEST_CASE("a fork has the lock of every shelf, and puts without taking any") {
    using noisy = stand<ptm_test::plain_context, noisy_lock>;
    noisy t;
    auto mine = t.in(t.first(1, 5));
    const int all = static_cast<int>(noisy::shelves_type::places * (lists + 1));
    noisy_lock::taken = noisy_lock::let_go = noisy_lock::reset = 0;
    auto take = [](noisy_lock& l) { return l.try_lock(); };
    t.shelves->lock_for_fork(take);
    CHECK(noisy_lock::taken == all);
    CHECK_FALSE(t.shelves->put(1, t.chained(mine), true));
    CHECK(noisy_lock::taken == all);
    CHECK(t.shelves->whole_bytes() == window);
    t.shelves->unlock_after_fork();
    CHECK(noisy_lock::let_go == all);
    t.shelves->lock_for_fork(take);
    t.shelves->reset_after_fork();
    CHECK(noisy_lock::reset == all);
    t.shelves->lock_for_fork([](noisy_lock&) { return false; }); // a thread that has them already
    t.shelves->unlock_after_fork();
    t.shelves->reset_after_fork();
    CHECK(noisy_lock::let_go == all);
    CHECK(noisy_lock::reset == all);
}

// ---- without headers -----------------------------------------------------------------------------------------------

namespace {
// bare - shelves of blocks without headers, and the windows that they have.
template <class Lock = ptm::no_lock>
struct bare {
    using context = ptm_test::plain_context;
    using kind = ptm::headerless_slabs<ptm::reserve_backend<(1u << 20)>, ptm::reserve_backend<(1u << 16)>>;
    using shelves_type = ptm::detail::slab_shelves<context, Lock, lists, window, kind>;
    using slab = typename shelves_type::slab;
    static constexpr std::size_t unit = context::header::alignment;

    std::unique_ptr<shelves_type> shelves = std::make_unique<shelves_type>();

    bare() { shelves->windows().prepare(); }

    batch first(unsigned i, unsigned most, unsigned near = 0) {
        slab* s = shelves->windows().take_anew(0);
        REQUIRE(s != nullptr);
        return shelves->take_first(i, shelves->begin(i, s), most, near);
    }
    static std::vector<void*> in(batch b) { return plain::in(b); }
    static unsigned capacity(unsigned i) { return static_cast<unsigned>(window / (i * unit)); }
};
}

TEST_CASE("blocks without headers lie side by side, and their list is known by their address") {
    bare<> t;
    auto& shelves = *t.shelves;
    for (unsigned i : {1u, 2u, 3u, lists}) {
        CHECK(shelves.block_bytes(i) == i * t.unit);
        auto mine = t.in(t.first(i, 1000));
        REQUIRE(mine.size() == std::min(t.capacity(i), 1000u));
        CHECK(ptm::is_aligned(mine[0], window));
        for (std::size_t k = 0; k < mine.size(); ++k) {
            REQUIRE(mine[k] == static_cast<std::byte*>(mine[0]) + k * i * t.unit);
            std::size_t number = shelves.number_of(mine[k]);
            REQUIRE(shelves.holds(number));
            REQUIRE(shelves.scaled_list_of(number) == 16 * i);
            REQUIRE(shelves.list_of(mine[k]) == i);
            REQUIRE(shelves.owns(mine[k], i));
        }
        CHECK_FALSE(shelves.put(i, plain::chained(mine)));
        CHECK(shelves.whole_bytes() == window);
        auto* s = shelves.take_whole(i, 0);
        REQUIRE(s != nullptr);
        CHECK(shelves.list_of(mine[0]) == 0); // nobody has a block there
        CHECK_FALSE(shelves.owns(mine[0]));
        shelves.windows().put(s, 0);
        CHECK(shelves.windows().take_ready(0) == s);
    }
    int here = 0;
    CHECK_FALSE(shelves.holds(shelves.number_of(&here)));
    CHECK_FALSE(shelves.owns(&here));
}

TEST_CASE("a window serves one list after another") {
    bare<> t;
    for (unsigned i : {5u, 1u, lists}) {
        auto mine = t.in(t.first(i, 4));
        CHECK(t.shelves->free_bytes() == (t.capacity(i) - 4) * i * t.unit);
        CHECK(t.shelves->list_of(mine[3]) == i);
        t.shelves->put(i, plain::chained(mine));
        auto* s = t.shelves->take_whole(i, 0);
        REQUIRE(s != nullptr);
        t.shelves->windows().put(s, 0);
        t.shelves->windows().drop([](ptm::pages) {});
    }
}

TEST_CASE("chunks with headers are handed back by shelves of blocks without") {
    bare<> t;
    ptm_test::batch_maker<ptm_test::plain_context> others;
    auto mine = t.in(t.first(2, 3));
    auto loose = others.in(others.make(48, 2));
    auto back = t.in(t.shelves->put(2, plain::chained({loose[0], mine[0], mine[1], loose[1], mine[2]})));
    std::sort(back.begin(), back.end());
    std::sort(loose.begin(), loose.end());
    CHECK(back == loose);
    CHECK(t.shelves->whole_bytes() == window);
}

TEST_CASE("threads that take and put blocks without headers lose none") {
    bare<ptm::futex_lock> t;
    constexpr unsigned threads = 4;
    const std::size_t turns = ptm_test::steps(2'000);
    const std::uint64_t seed = ptm_test::seed();
    INFO("PTM_SEED=" << seed << " replays this run, but for the threads' turns");
    std::atomic<int> wrong = 0;
    std::vector<std::thread> running;
    auto get = [&](unsigned i, unsigned most, unsigned near) {
        if (batch b = t.shelves->take(i, most, near)) return t.in(b);
        auto* s = t.shelves->windows().take_ready(0);
        if (!s) s = t.shelves->windows().take_anew(0);
        if (!s) return std::vector<void*>{};
        return t.in(t.shelves->take_first(i, t.shelves->begin(i, s), most, near));
    };
    for (unsigned n = 0; n < threads; ++n)
        running.emplace_back([&, n] {
            std::mt19937_64 random(seed + n);
            for (std::size_t turn = 0; turn < turns; ++turn) {
                unsigned i = 1 + static_cast<unsigned>(random() % 3);
                auto mine = get(i, 1 + static_cast<unsigned>(random() % 60), n);
                for (void* p : mine) static_cast<std::uintptr_t*>(p)[1] = n;
                for (void* p : mine) wrong += static_cast<std::uintptr_t*>(p)[1] != n || t.shelves->list_of(p) != i;
                if (!mine.empty() && t.shelves->put(i, plain::chained(mine))) ++wrong;
                if (random() % 8 == 0)
                    if (auto* s = t.shelves->take_whole(i, n)) t.shelves->windows().put(s, n);
            }
        });
    for (std::thread& r : running) r.join();
    CHECK(wrong == 0);
    CHECK(t.shelves->free_bytes() <= t.shelves->windows().held_bytes());
    std::size_t home = 0;
    for (unsigned i = 1; i <= 3; ++i)
        for (unsigned place = 0; place < 4; ++place)
            while (t.shelves->take_whole(i, place)) home += window;
    CHECK(home + t.shelves->windows().ready_bytes() == t.shelves->windows().held_bytes());
}

TEST_CASE("of a damaged shelf is said what does not hold") {
    bare<> t;
    auto verdict = [&] { return ptm_test::verdict(*t.shelves); };
    CHECK(verdict() == "sound");
    auto* s = t.shelves->windows().take_anew(0);
    auto mine = t.in(t.shelves->take_first(3, t.shelves->begin(3, s), 5, 0));
    t.first(3, 1000); // without a free one it stands nowhere
    auto whole = t.in(t.first(4, 2, 1));
    t.shelves->put(4, plain::chained(whole));
    CHECK(verdict() == "sound");

    s->in_row = false;
    CHECK(verdict() == "a slab on a shelf knows that");
    s->in_row = true;
    s->before = s;
    CHECK(verdict() == "neighbours in a row of slabs point back");
    s->before = nullptr;
    t.shelves->windows().mark(s, 0);
    CHECK(verdict() == "a window's mark says its list");
    t.shelves->windows().mark(s, 48);
    CHECK(verdict() == "sound");

    void* p = mine[0]; // marked as free, past the shelf
    ptm::detail::cached_links<ptm_test::plain_context>::lead(p, nullptr);
    s->mark_free(p, ptm::detail::slab_cut::headerless(window, 3 * t.unit));
    CHECK(verdict() == "a shelf knows how many chunks are free there");
}
