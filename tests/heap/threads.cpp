// Several threads on one heap: nobody's block is anybody else's, a thread that ends leaves nothing behind, and fork is
// safe at any time. Threads assert nothing themselves: they count what is wrong.
#include "support/heaps.hpp"
#include "support/live_blocks.hpp"
#include "support/mailbox.hpp"
#include "support/seed.hpp"

#include <ptm/chunk/compact_tag.hpp>
#include <ptm/chunk/keyed_links.hpp>
#include <ptm/chunk/sealed_tag.hpp>
#include <ptm/heap/fast.hpp>
#include <ptm/sync/mutex_lock.hpp>
#include <ptm/sync/spin_lock.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace {
using ptm_test::fresh_heap;
using ptm_test::live_blocks;
using ptm_test::mailbox;

struct with_spin_lock : ptm::edit<ptm_test::glass, ptm::set_lock<ptm::spin_lock>> {};
struct with_mutex : ptm::edit<ptm_test::glass, ptm::set_lock<ptm::mutex_lock>> {};
struct without_cache : ptm::edit<ptm_test::glass, ptm::set_cache<ptm::no_cache>> {};
struct with_seals : ptm::edit<ptm_test::glass, ptm::set_header<ptm::sealed_tag<ptm::safe_links>>> {};
struct with_secrets
    : ptm::edit<ptm_test::glass, ptm::set_header<ptm::sealed_tag<ptm::keyed_links<>, ptm::keyed_links<>>>,
                ptm::set_cache<ptm::no_cache>> {};

struct with_exchange : ptm_test::in_glass<ptm::fast> {};

using shared_heaps =
    std::tuple<fresh_heap<200>, ptm_test::tested_heap<with_spin_lock>, ptm_test::tested_heap<with_mutex>,
               ptm_test::tested_heap<without_cache>, ptm_test::tested_heap<with_seals>,
               ptm_test::tested_heap<with_secrets>, ptm_test::tested_heap<with_exchange>>;

template <class H>
class worker {
    std::mt19937_64 random_;
    mailbox& others_;
    live_blocks live_{};
    int wrong_ = 0;

public:
    worker(std::uint64_t seed, mailbox& others) : random_(seed), others_(others) {}

    int run(std::size_t steps) {
        for (std::size_t i = 0; i < steps; ++i) step();
        while (!live_.empty()) H::free(taken().at);
        return wrong_;
    }

private:
    void step() {
        std::size_t n = random_() % (random_() % 50 == 0 ? 150'000 : 1500);
        if (live_.size() < 5) return take(H::malloc(n), n);
        switch (random_() % 6) {
        case 0: return take(H::malloc(n), n);
        case 1: return take(H::calloc(1, n), n);
        case 2: return resize(n + 1);
        case 3: return leave_to_another();
        case 4: return free_of_another();
        default: return H::free(taken().at);
        }
    }

    void take(void* p, std::size_t n) { wrong_ += !p || !live_.add(p, n); }

    live_blocks::block taken() {
        auto b = live_.take(random_() % live_.size());
        wrong_ += !b.intact();
        return b;
    }

    void resize(std::size_t n) {
        auto old = taken();
        void* p = H::realloc(old.at, n);
        wrong_ += !p || !ptm_test::painted(p, std::min(n, old.bytes), old.tag);
        take(p, n);
    }

    void leave_to_another() {
        auto b = taken();
        if (!others_.put(b)) H::free(b.at);
    }

    void free_of_another() {
        live_blocks::block b;
        if (!others_.take(b)) return;
        wrong_ += !b.intact();
        H::free(b.at);
    }
};

void in_threads(int count, auto body) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back([=] { body(i); });
    for (std::thread& t : threads) t.join();
}

// wait_for - the exit status of a child, or -1 if it has not ended in time.
int wait_for(pid_t child) {
    int status = 0;
    for (int i = 0; i < 3000; ++i) {
        if (waitpid(child, &status, WNOHANG) == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return -1;
}
}

TEMPLATE_LIST_TEST_CASE("threads share a heap and free each other's blocks", "", shared_heaps) {
    TestType::free(TestType::malloc(1)); // the heap is set up
    PTM_TEST_SEED(random);
    mailbox others;
    std::atomic<int> wrong = 0;
    std::uint64_t seed = random();
    in_threads(4, [&](int i) {
        wrong += worker<TestType>(seed + static_cast<std::uint64_t>(i), others).run(ptm_test::steps(4000));
    });
    CHECK(wrong == 0);
    for (live_blocks::block b; others.take(b);) {
        REQUIRE(b.intact());
        TestType::free(b.at);
    }
    TestType::leave();
    TestType::consolidate();
    ptm_test::bring_home<TestType>();
    CHECK(ptm_test::verdict(TestType{}) == "sound");
    CHECK(ptm_test::block_bytes<TestType>() == 0);
    CHECK(TestType::shared().mapped_bytes == 0);
}

// The main arena is static and has short links: its memory has to come from the program break, which lies near.
struct with_short_links : ptm::edit<ptm_test::glass, ptm::set_header<ptm::compact_tag>,
                                    ptm::set_main_backend<ptm::brk_backend>, ptm::set_cache<ptm::no_cache>> {};

TEST_CASE("threads share a heap whose links are short") {
    using heap = ptm_test::tested_heap<with_short_links>;
    void* first = heap::malloc(1);
    REQUIRE(first != nullptr);
    CHECK(heap::ready_arena().has_memory());
    heap::free(first);
    PTM_TEST_SEED(random);
    mailbox others;
    std::atomic<int> wrong = 0;
    std::uint64_t seed = random();
    in_threads(4, [&](int i) {
        wrong += worker<heap>(seed + static_cast<std::uint64_t>(i), others).run(ptm_test::steps(4000));
    });
    CHECK(wrong == 0);
    for (live_blocks::block b; others.take(b);) {
        REQUIRE(b.intact());
        heap::free(b.at);
    }
    heap::leave();
    CHECK(heap::figures().arenas > 1);
    CHECK(ptm_test::verdict(heap{}) == "sound");
    CHECK(heap::shared().mapped_bytes == 0);
}

TEST_CASE("a thread that ends hands back its cache") {
    using heap = fresh_heap<201>;
    heap::free(heap::malloc(1));
    std::size_t before = heap::figures().used_bytes(), within = 0;
    std::thread([&] {
        void* p[10];
        for (void*& each : p) each = heap::malloc(100);
        for (void* each : p) heap::free(each);
        within = heap::figures().used_bytes();
    }).join();
    CHECK(within == before + ptm_test::structures<heap>() + 0x290 + 7 * 112);
    CHECK(ptm_test::block_bytes<heap>() == before);
    CHECK(ptm_test::verdict(heap{}) == "sound");
}

TEST_CASE("blocks outlive the thread that got them") {
    using heap = fresh_heap<202>;
    heap::free(heap::malloc(1));
    live_blocks live;
    std::thread([&] {
        for (std::size_t n : {24u, 500u, 5000u, 200000u}) live.add(heap::malloc(n), n);
    }).join();
    CHECK(live.size() == 4);
    CHECK(live.intact());
    while (!live.empty()) heap::free(live.take(0).at);
    CHECK(ptm_test::verdict(heap{}) == "sound");
}

TEST_CASE("a thousand short threads leave nothing behind") {
    using heap = fresh_heap<203>;
    heap::free(heap::malloc(1));
    std::size_t before = heap::figures().used_bytes();
    std::atomic<int> wrong = 0;
    for (int i = 0; i < 250; ++i)
        in_threads(4, [&](int k) {
            void* p = heap::malloc(static_cast<std::size_t>(i % 60 * 16 + k));
            wrong += !p;
            heap::free(p);
        });
    CHECK(wrong == 0);
    CHECK(ptm_test::block_bytes<heap>() == before);
    CHECK(heap::figures().arenas <= 5); // those of ended threads are used again
    CHECK(heap::figures().system_bytes <= 5 * 0x21000);
    CHECK(ptm_test::verdict(heap{}) == "sound");
}

TEST_CASE("a thread that never allocates needs no cache") {
    using heap = fresh_heap<204>;
    heap::free(heap::malloc(1));
    std::size_t before = heap::figures().used_bytes(), within = 0;
    std::thread([&] {
        heap::free(nullptr);
        within = heap::figures().used_bytes();
    }).join();
    CHECK(within == before);
}

TEST_CASE("the child of fork has a heap that works, whatever other threads were doing") {
    using heap = fresh_heap<205>;
    heap::free(heap::malloc(1));
    std::atomic<bool> stop = false;
    std::vector<std::thread> busy;
    for (std::size_t i = 0; i < 2; ++i)
        busy.emplace_back([&stop, i] {
            for (std::size_t n = 0; !stop; ++n) heap::free(heap::malloc(2000 + (n + i) % 3000));
        });
    std::vector<int> exits;
    for (int i = 0; i < 20; ++i) {
        pid_t child = fork();
        if (child == 0) {
            bool good = heap::verify() == nullptr;
            for (std::size_t n = 0; n < 50; ++n) {
                void* p = heap::malloc(n * 100);
                good = good && p;
                heap::free(p);
            }
            _exit(good && heap::verify() == nullptr ? 0 : 1);
        }
        REQUIRE(child > 0);
        exits.push_back(wait_for(child));
    }
    stop = true;
    for (std::thread& t : busy) t.join();
    CHECK(exits == std::vector<int>(20, 0));
    CHECK(ptm_test::verdict(heap{}) == "sound");
}

TEST_CASE("threads that meet at a heap's first use all leave it in order") {
    using heap = fresh_heap<206>;
    std::atomic<int> ready = 0, wrong = 0;
    in_threads(4, [&](int) {
        ++ready;
        while (ready < 4) {}
        for (std::size_t n = 0; n < 100; ++n) {
            void* p = heap::malloc(n);
            wrong += !p;
            heap::free(p);
        }
    });
    CHECK(wrong == 0);
    CHECK(ptm_test::verdict(heap{}) == "sound");
    CHECK(ptm_test::block_bytes<heap>() == 0);
}
