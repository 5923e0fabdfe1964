// support/heap_battery.hpp - what every heap<C> keeps, whatever C is put together from. The backends of C are
// rationed<..., Purse>: one purse for all, so that the books can be compared and memory can run out anywhere.
//
// One call for each heap: at its end the calling thread has left the heap.
#pragma once

#include "support/heaps.hpp"
#include "support/live_blocks.hpp"
#include "support/mailbox.hpp"
#include "support/rationed.hpp"
#include "support/seed.hpp"

#include <ptm/sync/lock.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <random>
#include <thread>
#include <type_traits>
#include <vector>

namespace ptm_test {

// heap_worker - makes random requests in one thread. It asserts nothing: what was wrong is counted, because threads
// must not use Catch2.
template <class H>
class heap_worker {
    using header = typename H::config::header;

    std::mt19937_64 random_;
    mailbox* others_;
    live_blocks live_{};
    int wrong_ = 0;
    int refused_ = 0;

public:
    explicit heap_worker(std::uint64_t seed, mailbox* others = nullptr) : random_(seed), others_(others) {}

    int wrong() const { return wrong_; }
    int refused() const { return refused_; }

    void step() {
        if (live_.size() < 8) return allocate();
        switch (below(14)) {
        case 0:
        case 1:
        case 2: return live_.size() < 120 ? allocate() : deallocate();
        case 3: return allocate_cleared();
        case 4: return allocate_aligned();
        case 5:
        case 6: return reallocate();
        case 7: return others_ ? hand_on() : deallocate();
        case 8: return others_ ? receive() : deallocate();
        case 9: return expand();
        case 10: return allocate_run();
        default: return deallocate();
        }
    }

    void free_all() {
        while (!live_.empty()) deallocate();
    }

    void look_at_all() { wrong_ += !live_.intact(); }

private:
    std::size_t below(std::size_t n) { return random_() % n; }

    std::size_t any_request() {
        const std::size_t most[] = {180, 180, 1100, 1100, 12'000, 70'000};
        std::size_t n = below(most[below(6)]) + 1;
        return below(60) == 0 ? n + 150'000 : n;
    }

    void refused() {
        ++refused_;
        wrong_ += errno != ENOMEM;
    }

    void take(void* p, std::size_t n, bool zeroed = false) {
        if (!p) return refused();
        wrong_ += H::usable_size(p) < n || !ptm::is_aligned(p, header::alignment);
        wrong_ += zeroed && !reads_as_zero(p, n);
        wrong_ += !live_.add(p, n);
    }

    live_blocks::block taken() {
        auto b = live_.take(below(live_.size()));
        wrong_ += !b.intact();
        return b;
    }

    void allocate() {
        std::size_t n = any_request();
        take(H::malloc(n), n);
    }

    void allocate_cleared() {
        std::size_t n = any_request();
        take(H::calloc(1, n), n, true);
    }

    void allocate_aligned() {
        std::size_t n = any_request(), alignment = std::size_t{16} << below(9);
        void* p = H::aligned_alloc(alignment, n);
        wrong_ += p && !ptm::is_aligned(p, alignment);
        take(p, n);
    }

    void reallocate() {
        auto old = taken();
        std::size_t n = any_request();
        void* p = H::realloc(old.at, n);
        wrong_ += !painted(p ? p : old.at, p ? std::min(n, old.bytes) : old.bytes, old.tag);
        if (!p) refused();
        take(p ? p : old.at, p ? n : old.bytes);
    }

    void deallocate() {
        auto old = taken();
        errno = 4321;
        H::free(old.at);
        wrong_ += errno != 4321;
    }

    void expand() {
        auto old = taken();
        std::size_t n = any_request();
        bool did = H::expand(old.at, n);
        wrong_ += !painted(old.at, did ? std::min(n, old.bytes) : old.bytes, old.tag);
        take(old.at, did ? n : old.bytes);
    }

    void allocate_run() {
        void* blocks[10];
        std::size_t n = any_request() / 4 + 1, count = below(11), served = H::malloc_run(n, count, blocks);
        for (std::size_t i = 0; i < served; ++i) take(blocks[i], n);
        if (served < count) refused();
        if (below(2) == 0) return;
        for (std::size_t i = 0; i < served; ++i) live_.take(live_.size() - 1);
        H::free_run(blocks, served);
    }

    void hand_on() {
        auto b = taken();
        if (!others_->put(b)) H::free(b.at);
    }

    void receive() {
        live_blocks::block b;
        if (!others_->take(b)) return;
        wrong_ += !b.intact();
        H::free(b.at);
    }
};

template <class C, int Purse>
class heap_battery {
    using H = tested_heap<C>;
    using purse = ration<Purse>;

    static constexpr bool takes_threads = !std::is_same_v<typename C::lock, ptm::no_lock>;

    std::size_t held_before_ = purse::held;

public:
    void run(std::size_t steps) {
        purse::left = purse::unlimited;
        PTM_TEST_SEED(random);
        alone(random(), steps);
        if constexpr (takes_threads) together(random(), steps);
        run_dry(random(), 14);
        H::leave();
        nothing_is_lost();
    }

private:
    // foreign - bytes that others took at the frontier, which the main arena counts and no backend gave.
    static std::size_t foreign() {
        if constexpr (requires { H::ready_arena().backend.foreign_bytes; })
            return H::ready_arena().backend.foreign_bytes;
        return 0;
    }

    bool books_agree() const {
        std::size_t held = purse::held - held_before_ + foreign();
        return held == H::figures().system_bytes - H::windows().held_bytes + H::shared().mapped_bytes;
    }

    void look() const {
        REQUIRE(verdict(H{}) == "sound");
        REQUIRE(books_agree());
    }

    void alone(std::uint64_t seed, std::size_t steps) {
        heap_worker<H> w(seed);
        for (std::size_t i = 0; i < steps; ++i) {
            CAPTURE(i);
            w.step();
            look();
        }
        w.look_at_all();
        w.free_all();
        REQUIRE(w.wrong() == 0);
        look();
    }

    // together - four threads that free each other's blocks.
    void together(std::uint64_t seed, std::size_t steps) {
        mailbox others;
        std::atomic<int> wrong = 0;
        std::vector<std::thread> threads;
        for (std::uint64_t t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                heap_worker<H> w(seed + t, &others);
                for (std::size_t i = 0; i < steps; ++i) w.step();
                w.free_all();
                wrong += w.wrong();
            });
        for (std::thread& t : threads) t.join();
        for (live_blocks::block b; others.take(b);) {
            wrong += !b.intact();
            H::free(b.at);
        }
        REQUIRE(wrong == 0);
        look();
    }

    // run_dry - the backends serve 0, 1, 2, ... calls and no more; then there is memory again.
    void run_dry(std::uint64_t seed, long rounds) {
        for (long granted = 0; granted < rounds; ++granted) {
            CAPTURE(granted);
            heap_worker<H> w(seed + static_cast<std::uint64_t>(granted));
            H::consolidate();
            H::trim(0);
            purse::left = granted;
            for (std::size_t i = 0; i < 60; ++i) {
                w.step();
                look();
            }
            purse::left = purse::unlimited;
            for (std::size_t i = 0; i < 10; ++i) w.step();
            w.look_at_all();
            w.free_all();
            REQUIRE(w.wrong() == 0);
            look();
        }
    }

    // most_fences - of a top that was left behind: two chunks of one header, and what no chunk can have.
    static std::size_t most_fences() { return purse::served * 64; }

    // kept_region - what no chunk can have of a region that the backend had to offer, which stays.
    static std::size_t kept_region() {
        if constexpr (has(C::main_backend::able, ptm::can::offer))
            return H::ready_arena().backend.taken() != 0 ? ptm::detail::region_overhead<C> : 0;
        return 0;
    }

    void nothing_is_lost() const {
        H::consolidate();
        H::trim(0);
        look();
        CHECK(H::shared().mapped_bytes == 0);
        CHECK(H::shared().mapped_count == 0);
        ptm::heap_figures f = H::figures();
        CHECK(f.fast_chunks == 0);
        std::size_t least = structures<H>() + foreign();
        CHECK(f.used_bytes() >= least);
        if (H::ready_arena().contiguous || ptm::keeps_regions<C>)
            CHECK(f.used_bytes() <= least + kept_region());
        else
            CHECK(f.used_bytes() <= least + most_fences());
    }
};

} // namespace ptm_test
