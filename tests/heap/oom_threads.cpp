// Four threads, and memory for 0, 1, 2, ... calls of any backend: whoever is refused is told so, everybody else goes
// on, the heap stays in order, and in the end nothing is lost. Threads assert nothing themselves: they count what is
// wrong.
#include "support/heaps.hpp"
#include "support/live_blocks.hpp"
#include "support/rationed.hpp"

#include <ptm/heap/fast.hpp>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cerrno>
#include <random>
#include <thread>
#include <vector>

namespace {
using namespace ptm::literals;
using ptm_test::live_blocks;

constexpr std::size_t threads = 4;

template <int I, class Base = ptm_test::glass>
struct on_ration : ptm::edit<Base, ptm::set_main_backend<ptm_test::rationed<ptm::reserve_backend<64_MiB>, I>>,
                             ptm::set_arena_backend<ptm_test::rationed<ptm::reserve_backend<4_MiB>, I>>,
                             ptm::set_mapped_backend<ptm_test::rationed<ptm::mmap_backend, I>>> {
    using ration = ptm_test::ration<I>;
};

template <int I, class Base = ptm_test::glass>
struct rationed_heap : ptm_test::tested_heap<on_ration<I, Base>> {
    using ration = ptm_test::ration<I>;
};
template <int I>
struct fast_on_ration : ptm::edit<ptm_test::in_glass<ptm::fast>,
                                  ptm::set_cache<ptm::front_cache<64 * 1024, 32 * 1024, ptm_test::rationed_slabs<I>>>> {
};
template <int I>
using rationed_fast = rationed_heap<I, fast_on_ration<I>>;

// worker - some requests, of which any may be refused.
template <class H>
class worker {
    std::minstd_rand random_;
    live_blocks live_{};

public:
    int refused = 0;
    int wrong = 0;

    explicit worker(std::size_t number) : random_(static_cast<unsigned>(number) + 1) {}

    void run() {
        for (int i = 0; i < 100; ++i) step();
        while (!live_.empty()) give_back();
    }

private:
    std::size_t below(std::size_t n) { return random_() % n; }

    // size - every second is one of four: what was freed is likely to be wanted again.
    std::size_t size() {
        const std::size_t most[] = {100, 1000, 20'000, 300'000};
        return below(2) == 0 ? 200 * (1 + below(4)) : 1 + below(most[below(4)]);
    }

    void step() {
        std::size_t n = size();
        switch (below(5)) {
        case 0: return take(H::malloc(n), n);
        case 1: return take(H::calloc(1, n), n);
        case 2: return take(H::aligned_alloc(4096, n), n);
        case 3: return resize(n);
        default: return give_back();
        }
    }

    void take(void* p, std::size_t n) {
        if (p)
            wrong += !live_.add(p, n);
        else
            look_at_refusal(errno);
    }

    void look_at_refusal(int error) {
        wrong += error != ENOMEM;
        if (refused++ == 0) wrong += H::verify() != nullptr; // whatever the others are doing
    }

    live_blocks::block taken() {
        auto b = live_.take(below(live_.size()));
        wrong += !b.intact();
        return b;
    }

    void resize(std::size_t n) {
        if (live_.empty()) return;
        auto old = taken();
        void* p = H::realloc(old.at, n);
        std::size_t kept = p ? std::min(n, old.bytes) : old.bytes;
        wrong += !ptm_test::painted(p ? p : old.at, kept, old.tag);
        take(p, n);
        if (!p) wrong += !live_.add(old.at, old.bytes);
    }

    void give_back() {
        if (live_.empty()) return;
        auto b = taken();
        errno = 1234;
        H::free(b.at);
        wrong += errno != 1234;
    }
};

// round - four threads, alive together, with memory for so many calls.
//   returns  how many requests were refused
template <class H>
int round(long calls) {
    H::ration::left = calls;
    std::barrier together(threads);
    std::atomic<int> refused = 0, wrong = 0;
    std::vector<std::thread> running;
    for (std::size_t i = 0; i < threads; ++i)
        running.emplace_back([&, i] {
            worker<H> w(i);
            w.run();
            together.arrive_and_wait();
            refused += w.refused, wrong += w.wrong;
        });
    for (std::thread& t : running) t.join();
    REQUIRE(wrong == 0);
    return refused;
}

// nothing_left - no block, and no page that the heap does not know of.
template <class H>
void nothing_left() {
    REQUIRE(ptm_test::verdict(H{}) == "sound");
    REQUIRE(H::shared().mapped_bytes == 0);
    ptm_test::bring_home<H>();
    REQUIRE(ptm_test::block_bytes<H>() <= threads * 4096); // what arenas themselves take
    H::trim(0);
    REQUIRE(H::ration::held == H::figures().system_bytes);
}

// idle_bytes - what counts as handed out after the same work with memory for all.
template <class H>
std::size_t idle_bytes() {
    REQUIRE(round<H>(H::ration::unlimited) == 0);
    nothing_left<H>();
    return ptm_test::block_bytes<H>();
}

// refuse_call_after_call - rounds with memory for 0, 1, 2, ... calls, more than `fewest`, until nothing is refused any
// more. How many that are depends a little on the threads' turns. Other: the same heap again, which never lacked
// memory.
template <class H, class Other>
void refuse_call_after_call(long fewest) {
    long calls = 0, refused = 0, rounds_without = 0;
    for (; rounds_without < 3 && calls < 1000; ++calls) {
        CAPTURE(calls);
        int n = round<H>(calls);
        nothing_left<H>();
        refused += n;
        rounds_without += n == 0;
    }
    CHECK(calls > fewest);
    CHECK(rounds_without == 3);
    CHECK(refused > calls);
    CHECK(idle_bytes<H>() == idle_bytes<Other>());
}
}

TEST_CASE("a heap refused memory at any call serves its other threads, and goes on later") {
    refuse_call_after_call<rationed_heap<320>, rationed_heap<321>>(12); // 19 to 28 were seen
}

TEST_CASE("a heap that never had memory refuses every thread, and keeps nothing") {
    using heap = rationed_heap<322>;
    CHECK(round<heap>(0) > 0);
    CHECK(heap::ration::held == 0);
    CHECK(heap::figures().system_bytes == 0);
    CHECK(idle_bytes<heap>() == idle_bytes<rationed_heap<323>>());
}

TEST_CASE("a heap that exchanges batches, refused memory at any call, serves its other threads, and goes on later") {
    refuse_call_after_call<rationed_fast<324>, rationed_fast<325>>(5);
}
