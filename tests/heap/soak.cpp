// Many threads for a while: each makes, resizes and frees blocks, hands some on to the next thread, and ends now and
// then, whereupon a new thread goes on with what it held. Every byte is looked at, and in the end every byte is
// accounted for. Threads assert nothing themselves: they count what is wrong.
#include "support/heaps.hpp"
#include "support/live_blocks.hpp"
#include "support/mailbox.hpp"
#include "support/seed.hpp"

#include <ptm/bin/tree_bins.hpp>
#include <ptm/heap/fast.hpp>
#include <ptm/sync/mutex_lock.hpp>
#include <ptm/sync/spin_lock.hpp>
#include <ptm/thread/attached_arenas.hpp>
#include <ptm/thread/budget_cache.hpp>
#include <ptm/thread/unshared_arenas.hpp>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <thread>
#include <vector>

namespace {
using ptm_test::live_blocks;
using ptm_test::mailbox;

using std::chrono::steady_clock;

constexpr std::size_t threads = 6;

struct with_futex : ptm_test::glass {};
struct with_spin_lock : ptm::edit<ptm_test::glass, ptm::set_lock<ptm::spin_lock>> {};
struct with_mutex : ptm::edit<ptm_test::glass, ptm::set_lock<ptm::mutex_lock>> {};
struct without_cache : ptm::edit<ptm_test::glass, ptm::set_cache<ptm::no_cache>> {};
struct with_one_arena : ptm::edit<ptm_test::glass, ptm::set_arenas<ptm::one_arena>> {};
struct with_cpu_arenas : ptm::edit<ptm_test::glass, ptm::set_arenas<ptm::arenas_per_cpu<2>>> {};
struct with_unshared_arenas : ptm::edit<ptm_test::glass, ptm::set_arenas<ptm::unshared_arenas<2>>> {};
struct with_quota : ptm::edit<ptm_test::glass, ptm::set_arenas<ptm::arenas_by_quota<1>>> {};
struct with_budget : ptm::edit<ptm_test::glass, ptm::set_cache<ptm::budget_cache<>>,
                               ptm::set_tuned<ptm::tuning{.cache_budget = 20'000}>> {};
struct with_trees
    : ptm::edit<ptm_test::glass, ptm::set_cache<ptm::budget_cache<>>, ptm::set_large_bins<ptm::tree_bins>> {};
struct with_exchange : ptm_test::in_glass<ptm::fast> {};
struct for_short_threads : ptm_test::glass {};
struct exchange_for_short_threads : ptm_test::in_glass<ptm::fast> {};

using soaked_heaps = std::tuple<
    ptm_test::tested_heap<with_futex>, ptm_test::tested_heap<with_spin_lock>, ptm_test::tested_heap<with_mutex>,
    ptm_test::tested_heap<without_cache>, ptm_test::tested_heap<with_one_arena>, ptm_test::tested_heap<with_cpu_arenas>,
    ptm_test::tested_heap<with_unshared_arenas>, ptm_test::tested_heap<with_quota>, ptm_test::tested_heap<with_budget>,
    ptm_test::tested_heap<with_trees>, ptm_test::tested_heap<with_exchange>>;
using heaps_for_short_threads =
    std::tuple<ptm_test::tested_heap<for_short_threads>, ptm_test::tested_heap<exchange_for_short_threads>>;

// worker - what a thread does; lives longer than the thread. One thread at a time.
template <class H>
class worker {
    std::mt19937_64 random_;
    mailbox &in_, &out_;
    live_blocks live_{};
    int wrong_ = 0;

public:
    worker(std::uint64_t seed, mailbox& in, mailbox& out) : random_(seed), in_(in), out_(out) {}

    void run(std::size_t steps) {
        for (std::size_t i = 0; i < steps; ++i) step();
    }

    void run_until(steady_clock::time_point end) {
        do run(100);
        while (steady_clock::now() < end);
        wrong_ += H::verify() != nullptr; // whatever the others are doing
    }

    void finish() {
        while (!live_.empty()) H::free(taken().at);
        while (receive()) {}
    }

    int wrong() const { return wrong_; }

private:
    std::size_t below(std::size_t n) { return random_() % n; }

    // size - mostly small; every fiftieth is large, and may get a mapping of its own.
    std::size_t size() { return below(50) == 0 ? below(300'000) : below(5) == 0 ? below(6000) : below(300); }

    void step() {
        if (live_.size() < 10) return make();
        switch (below(8)) {
        case 0: return resize(size() + 1);
        case 1: return hand_on();
        case 2:
        case 3: return void(receive());
        case 4:
        case 5: return H::free(taken().at);
        default: return live_.size() < 60 ? make() : H::free(taken().at);
        }
    }

    void make() {
        std::size_t n = size(), alignment = std::size_t{16} << below(9);
        switch (below(4)) {
        case 0: return keep(zeroed(n), n);
        case 1: return keep(aligned(alignment, n), n);
        default: return keep(H::malloc(n), n);
        }
    }

    void* zeroed(std::size_t n) {
        void* p = H::calloc(1, n);
        wrong_ += !p || !ptm_test::reads_as_zero(p, n);
        return p;
    }

    void* aligned(std::size_t alignment, std::size_t n) {
        void* p = H::aligned_alloc(alignment, n);
        wrong_ += reinterpret_cast<std::uintptr_t>(p) % alignment != 0;
        return p;
    }

    // keep - every byte that may be used is.
    void keep(void* p, std::size_t n) {
        std::size_t usable = H::usable_size(p);
        wrong_ += usable < n || !live_.add(p, usable);
    }

    live_blocks::block taken() {
        auto b = live_.take(below(live_.size()));
        wrong_ += !b.intact();
        return b;
    }

    void resize(std::size_t n) {
        auto old = taken();
        void* p = H::realloc(old.at, n);
        wrong_ += !p || !ptm_test::painted(p, std::min(n, old.bytes), old.tag);
        keep(p, n);
    }

    void hand_on() {
        auto b = taken();
        if (!out_.put(b)) H::free(b.at);
    }

    bool receive() {
        live_blocks::block b;
        if (!in_.take(b)) return false;
        wrong_ += !b.intact();
        H::free(b.at);
        return true;
    }
};

void in_threads(auto body) {
    std::vector<std::thread> running;
    for (std::size_t i = 0; i < threads; ++i) running.emplace_back([&body, i] { body(i); });
    for (std::thread& t : running) t.join();
}

// idle_bytes - what counts as used when no thread holds anything, after as many threads as there will be were alive
// together: what arenas themselves take, and nothing else.
template <class H>
std::size_t idle_bytes() {
    std::barrier together(threads);
    in_threads([&](std::size_t) {
        H::free(H::malloc(1));
        together.arrive_and_wait();
    });
    ptm_test::bring_home<H>();
    REQUIRE(ptm_test::block_bytes<H>() <= threads * 4096);
    return ptm_test::block_bytes<H>();
}

template <class H>
std::vector<worker<H>> make_workers(std::vector<mailbox>& boxes, std::mt19937_64& random) {
    std::vector<worker<H>> workers;
    for (std::size_t i = 0; i < threads; ++i) workers.emplace_back(random(), boxes[i], boxes[(i + 1) % threads]);
    return workers;
}
}

TEMPLATE_LIST_TEST_CASE("a soak: threads hand blocks on, end and begin, and nothing is lost", "", soaked_heaps) {
    using heap = TestType;
    PTM_TEST_SEED(random);
    std::size_t before = idle_bytes<heap>();
    std::vector<mailbox> boxes(threads);
    auto workers = make_workers<heap>(boxes, random);
    for (int spell = 0; spell < 5; ++spell) {
        auto end = steady_clock::now() + std::chrono::milliseconds(ptm_test::steps(150));
        in_threads([&](std::size_t i) { workers[i].run_until(end); });
        REQUIRE(ptm_test::verdict(heap{}) == "sound");
    }
    in_threads([&](std::size_t i) { workers[i].finish(); });
    for (auto& w : workers) CHECK(w.wrong() == 0);
    ptm_test::bring_home<heap>();
    CHECK(ptm_test::verdict(heap{}) == "sound");
    CHECK(ptm_test::block_bytes<heap>() == before);
    CHECK(heap::shared().mapped_bytes == 0);
}

TEMPLATE_LIST_TEST_CASE("threads that live for a few blocks leave some for others, and the heap stays small", "",
                        heaps_for_short_threads) {
    using heap = TestType;
    PTM_TEST_SEED(random);
    std::size_t before = idle_bytes<heap>();
    std::vector<mailbox> boxes(threads);
    int wrong = 0;
    for (std::size_t round = 0; round < ptm_test::steps(200); ++round) {
        auto workers = make_workers<heap>(boxes, random);
        in_threads([&](std::size_t i) {
            workers[i].run(40);
            workers[i].finish();
        });
        for (auto& w : workers) wrong += w.wrong();
    }
    auto last = make_workers<heap>(boxes, random);
    in_threads([&](std::size_t i) { last[i].finish(); });
    CHECK(wrong == 0);
    ptm_test::bring_home<heap>();
    CHECK(ptm_test::block_bytes<heap>() == before);
    CHECK(heap::figures().most_system_bytes < 32 << 20);
    CHECK(ptm_test::verdict(heap{}) == "sound");
}
