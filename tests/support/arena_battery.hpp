// support/arena_battery.hpp - what every ptm::arena<C> keeps, whatever C is put together from. After every step of a
// random run the arena verifies, and the books of its backends agree with its own; at the end nothing is lost.
#pragma once

#include "support/books.hpp"
#include "support/configs.hpp"
#include "support/live_blocks.hpp"
#include "support/seed.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <new>
#include <random>
#include <type_traits>

namespace ptm_test {

// battery_buffer - for backends that are brought one.
alignas(64) inline std::byte battery_buffer[400'000];

template <class C>
constexpr bool brings_buffer = std::is_constructible_v<typename C::main_backend, ptm::pages>;

// ground - an arena of configuration C, with a backend that has memory. It is static, as the buffer is: some headers
// have links that are not long enough to lead from the stack to anywhere else.
template <class C>
struct ground {
    using arena_type = fresh_arena<C>;

    alignas(arena_type) static inline std::byte place[sizeof(arena_type)];
    arena_type& a;

    ground()
        requires(!brings_buffer<C>)
        : a(*::new(place) arena_type) {}
    ground()
        requires(brings_buffer<C>)
        : a(*::new(place) arena_type(typename C::main_backend(ptm::pages{battery_buffer, sizeof battery_buffer}))) {}
    ground(const ground&) = delete;
    ~ground() { a.~arena_type(); }
};

// least_lost, most_lost - used bytes of an arena where nothing is used: fences where a top was left behind, and what
// others own in between.
template <class C>
std::size_t least_lost(ptm::arena<C>& a) {
    if constexpr (requires { a.backend().foreign_bytes; }) return a.backend().foreign_bytes;
    return 0;
}

template <class C>
std::size_t most_lost(ptm::arena<C>& a) {
    std::size_t tops = 0;
    if constexpr (requires { a.backend().moves; })
        tops = a.backend().moves;
    else if constexpr (keeps_books<typename C::main_backend> && keeps_books<typename C::mapped_backend>)
        if (!a.state().contiguous) tops = a.backend().calls + a.shared().mapped_backend.calls;
    return least_lost(a) + tops * 64;
}

template <class C>
class arena_run {
    using header = typename C::header;

    ptm::arena<C>& a_;
    std::mt19937_64& random_;
    live_blocks live_;

public:
    arena_run(ptm::arena<C>& a, std::mt19937_64& random) : a_(a), random_(random) {}

    std::size_t live() const { return live_.size(); }

    void step() {
        unsigned dice = below(100);
        if (dice < 32) return allocate();
        if (dice < 38) return allocate_cleared();
        if (dice < 46) return allocate_aligned();
        if (dice < 65) return reallocate();
        if (dice < 68) return expand();
        if (dice < 71) return allocate_run();
        if (dice < 97) return deallocate();
        if (dice < 98) return static_cast<void>(a_.trim(below(3) * 10000));
        a_.consolidate();
    }

    void look() {
        REQUIRE(verdict(a_) == "sound");
        REQUIRE(books_agree(a_));
    }

    void look_at_all() { REQUIRE(live_.intact()); }

    void free_all() {
        while (!live_.empty()) deallocate();
        a_.consolidate();
    }

private:
    unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }

    std::size_t any_request() {
        unsigned dice = below(100);
        if (dice < 45) return below(180);
        if (dice < 75) return below(1100);
        if (dice < 93) return below(12'000);
        if (dice < 98) return below(70'000);
        return below(250'000);
    }

    void take(void* p, std::size_t request, std::size_t alignment = header::alignment) {
        if (!p) {
            REQUIRE(errno == ENOMEM);
            return;
        }
        REQUIRE(ptm::is_aligned(p, alignment));
        REQUIRE(ptm::arena<C>::usable_size(p) >= request);
        REQUIRE(live_.add(p, request));
    }

    void allocate() {
        std::size_t n = any_request();
        take(a_.allocate(n), n);
    }

    void allocate_cleared() {
        std::size_t n = any_request();
        void* p = a_.allocate_cleared(n);
        if (p) REQUIRE(reads_as_zero(p, n));
        take(p, n);
    }

    void allocate_aligned() {
        std::size_t n = any_request(), alignment = std::size_t{1} << below(14);
        take(a_.allocate(n, alignment), n, std::max(alignment, header::alignment));
    }

    void reallocate() {
        if (live_.empty()) return allocate();
        auto old = live_.take(below(static_cast<unsigned>(live_.size())));
        std::size_t n = any_request();
        void* p = a_.reallocate(old.at, n);
        REQUIRE(painted(p ? p : old.at, p ? std::min(n, old.bytes) : old.bytes, old.tag));
        if (!p) REQUIRE(errno == ENOMEM);
        take(p ? p : old.at, p ? n : old.bytes);
    }

    void deallocate() {
        if (live_.empty()) return;
        auto old = live_.take(below(static_cast<unsigned>(live_.size())));
        REQUIRE(old.intact());
        errno = 4321;
        if (below(2) == 0)
            a_.deallocate(old.at);
        else
            a_.deallocate(old.at, old.bytes);
        REQUIRE(errno == 4321);
    }

    void expand() {
        if (live_.empty()) return;
        auto old = live_.take(below(static_cast<unsigned>(live_.size())));
        std::size_t n = any_request();
        bool did = a_.expand(old.at, n);
        REQUIRE(painted(old.at, did ? std::min(n, old.bytes) : old.bytes, old.tag));
        take(old.at, did ? n : old.bytes);
    }

    void allocate_run() {
        void* blocks[12];
        std::size_t n = any_request() / 4, count = below(13);
        std::size_t served = a_.allocate_run(n, count, blocks);
        REQUIRE(served <= count);
        for (std::size_t i = 0; i < served; ++i) take(blocks[i], n);
        if (below(2) == 0) return;
        for (std::size_t i = 0; i < served; ++i) live_.take(live_.size() - 1);
        a_.deallocate_run(blocks, served);
    }
};

// keep_promises - in a random run.
template <class C>
void keep_promises(std::size_t steps) {
    PTM_TEST_SEED(random);
    ground<C> g;
    arena_run<C> run(g.a, random);
    for (std::size_t i = 0; i < steps; ++i) {
        CAPTURE(i);
        run.step();
        run.look();
        if (i % 128 == 0) run.look_at_all();
        if (run.live() > 250) run.free_all();
    }
    run.look_at_all();
    run.free_all();
    run.look();
    ptm::arena_figures f = g.a.figures();
    CHECK(g.a.shared().mapped_bytes == 0);
    CHECK(g.a.shared().mapped_count == 0);
    CHECK(f.fast_chunks == 0);
    CHECK(f.used_bytes() >= least_lost(g.a));
    CHECK(f.used_bytes() <= most_lost(g.a));
}

// answer_when_empty - an arena with nothing in it can be asked anything.
template <class C>
void answer_when_empty() {
    ground<C> g;
    CHECK(verdict(g.a) == "sound");
    g.a.deallocate(nullptr);
    g.a.consolidate();
    CHECK_FALSE(g.a.trim());
    CHECK(g.a.figures().system_bytes == 0);
    CHECK(g.a.figures().free_bytes() == 0);
    CHECK(ptm::arena<C>::usable_size(nullptr) == 0);
}

// refuse_the_impossible - such a request leaves the arena as it was.
template <class C>
void refuse_the_impossible() {
    ground<C> g;
    void* p = g.a.allocate(100);
    REQUIRE(p != nullptr);
    paint(p, 100, 1);
    for (std::size_t n : {ptm::largest_request, ptm::largest_request + 1, SIZE_MAX}) {
        errno = 0;
        CHECK(g.a.allocate(n) == nullptr);
        CHECK(g.a.allocate_cleared(n) == nullptr);
        CHECK(g.a.allocate(n, 4096) == nullptr);
        CHECK(g.a.reallocate(p, n) == nullptr);
        CHECK(errno == ENOMEM);
    }
    CHECK(g.a.allocate(100, SIZE_MAX / 2 + 1) == nullptr);
    CHECK(g.a.allocate(SIZE_MAX / 4, SIZE_MAX / 4 + 1) == nullptr);
    CHECK(painted(p, 100, 1));
    CHECK(verdict(g.a) == "sound");
    g.a.deallocate(p);
}

// run_dry - the backends, counted<failing<...>>, serve fewer and fewer calls: a request that fails changes nothing, and
// when there is memory again, the arena goes on.
template <class C>
void run_dry(std::size_t rounds) {
    PTM_TEST_SEED(random);
    for (std::size_t granted = 0; granted < rounds; ++granted) {
        CAPTURE(granted);
        ground<C> g;
        arena_run<C> run(g.a, random);
        g.a.backend().grant(granted);
        g.a.shared().mapped_backend.grant(granted / 2);
        for (std::size_t i = 0; i < 60; ++i) {
            run.step();
            run.look();
        }
        g.a.backend().grant(static_cast<std::size_t>(-1));
        for (std::size_t i = 0; i < 20; ++i) {
            run.step();
            run.look();
        }
        run.look_at_all();
        run.free_all();
        run.look();
        CHECK(g.a.live() == 0);
        CHECK(g.a.shared().mapped_bytes == 0);
    }
}

} // namespace ptm_test
