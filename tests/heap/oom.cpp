// A heap out of memory: no block is lost, errno tells, the heap goes on when there is memory again, also for a thread
// that could not even get its cache.
#include "support/books.hpp"
#include "support/heaps.hpp"
#include "support/live_blocks.hpp"

#include <ptm/heap/fast.hpp>

#include <algorithm>
#include <cerrno>
#include <random>
#include <thread>

namespace {
using ptm_test::counted_heap;

// fast_counted - of `fast`, whose cache and bins are others.
template <int>
struct fast_counted : ptm::edit<ptm_test::in_glass<ptm::fast>, ptm::set_arenas<ptm::one_arena>,
                                ptm::set_main_backend<ptm_test::counted_glass::main_backend>,
                                ptm::set_mapped_backend<ptm_test::counted_glass::mapped_backend>> {};
template <int I>
using fast_heap = ptm_test::tested_heap<fast_counted<I>>;

constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

template <class H>
void grant(std::size_t main, std::size_t mapped) {
    H::ready_arena().backend.grant(main);
    H::shared().mapped_backend.grant(mapped);
}

template <class H>
bool sound() {
    return H::verify() == nullptr && ptm_test::books_agree(H::ready_arena());
}

// fill_top - leaves a top that serves nothing.
template <class H>
void* fill_top() {
    H::shared().mmap_max = 0;
    return H::malloc(H::figures().top_bytes - 32 - 8);
}

// round - the same requests each time; the first failure is looked at, then there is memory again.
template <class H>
class round {
    std::minstd_rand random_{777};
    ptm_test::live_blocks live_{};
    bool failed_ = false;

public:
    // returns  whether a request failed
    bool run() {
        for (int i = 0; i < 120; ++i) step();
        REQUIRE(live_.intact());
        while (!live_.empty()) H::free(live_.take(0).at);
        grant<H>(unlimited, unlimited);
        H::trim(0);
        REQUIRE(sound<H>());
        return failed_;
    }

private:
    std::size_t below(std::size_t n) { return random_() % n; }

    void* served(auto act) {
        errno = 1234;
        void* p = act();
        if (p) {
            REQUIRE(errno == 1234);
        } else {
            look_at_failure();
            p = act();
        }
        REQUIRE(p != nullptr);
        return p;
    }

    void look_at_failure() {
        REQUIRE(errno == ENOMEM);
        REQUIRE_FALSE(failed_);
        REQUIRE(sound<H>());
        REQUIRE(live_.intact());
        failed_ = true;
        grant<H>(unlimited, unlimited);
    }

    void step() {
        const std::size_t most[] = {100, 1000, 20'000, 300'000};
        std::size_t n = 1 + below(most[below(4)]);
        switch (below(5)) {
        case 0: return take(served([&] { return H::malloc(n); }), n);
        case 1: return take(served([&] { return H::calloc(1, n); }), n);
        case 2: return take(served([&] { return H::aligned_alloc(4096, n); }), n);
        case 3: return resize(n);
        default: return give_back();
        }
    }
    void take(void* p, std::size_t n) { REQUIRE(live_.add(p, n)); }

    void resize(std::size_t n) {
        if (live_.empty()) return;
        std::size_t i = below(live_.size());
        auto old = live_[i];
        void* p = served([&] { return H::realloc(old.at, n); });
        live_.take(i);
        REQUIRE(ptm_test::painted(p, std::min(n, old.bytes), old.tag));
        take(p, n);
    }
    void give_back() {
        if (live_.empty()) return;
        auto old = live_.take(below(live_.size()));
        REQUIRE(old.intact());
        errno = 1234;
        H::free(old.at);
        REQUIRE(errno == 1234);
    }
};

// refuse_each - rounds with 0, 1, 2, ... calls granted, by `set`.
//   returns  how many of them failed
template <class H>
int refuse_each(auto set) {
    int failures = 0;
    for (std::size_t k = 0; k < 40; ++k) {
        CAPTURE(k);
        set(k);
        failures += round<H>().run();
    }
    REQUIRE(H::shared().mapped_bytes == 0);
    return failures;
}
}

TEST_CASE("a heap whose main backend refuses is helped by the mapped one") {
    using heap = counted_heap<300>;
    CHECK(refuse_each<heap>([](std::size_t k) { grant<heap>(k, unlimited); }) == 0);
}

TEST_CASE("a heap whose mapped backend refuses is helped by the main one") {
    using heap = counted_heap<301>;
    CHECK(refuse_each<heap>([](std::size_t k) { grant<heap>(unlimited, k); }) == 0);
}

TEST_CASE("a heap that nobody helps fails, and goes on later") {
    using heap = counted_heap<302>;
    CHECK(refuse_each<heap>([](std::size_t k) { grant<heap>(k, 0); }) > 0);
}

TEST_CASE("a heap with nothing but the mapped backend fails, and goes on later") {
    using heap = counted_heap<303>;
    CHECK(refuse_each<heap>([](std::size_t k) { grant<heap>(0, k); }) > 0);
}

TEST_CASE("a heap that exchanges batches is helped by either backend, fails without both, and goes on later") {
    CHECK(refuse_each<fast_heap<310>>([](std::size_t k) { grant<fast_heap<310>>(k, unlimited); }) == 0);
    CHECK(refuse_each<fast_heap<311>>([](std::size_t k) { grant<fast_heap<311>>(unlimited, k); }) == 0);
    CHECK(refuse_each<fast_heap<312>>([](std::size_t k) { grant<fast_heap<312>>(k, 0); }) > 0);
    CHECK(refuse_each<fast_heap<313>>([](std::size_t k) { grant<fast_heap<313>>(0, k); }) > 0);
}

TEST_CASE("the very first request fails for want of memory") {
    using heap = counted_heap<304>;
    grant<heap>(0, 0);
    errno = 0;
    CHECK(heap::malloc(24) == nullptr);
    CHECK(errno == ENOMEM);
    CHECK(heap::figures().system_bytes == 0);
    CHECK(sound<heap>());
    grant<heap>(unlimited, unlimited);
    CHECK(ptm_test::place<heap>(heap::malloc(24)) == 0x2a0);
}

TEST_CASE("a thread without memory for a cache is served without") {
    using heap = counted_heap<305>;
    void *first = heap::malloc(100), *spare = heap::malloc(300);
    heap::malloc(24);
    heap::leave();     // so that what is freed here goes to the arena
    heap::malloc(640); // where the cache of this thread was
    heap::free(spare);
    fill_top<heap>();
    std::size_t asked = heap::ready_arena().backend.asked;
    std::thread([&] {
        grant<heap>(0, 0);
        errno = 1234;
        void* p = heap::malloc(300);
        bool served = p == spare && errno == 1234;
        heap::free(p);
        bool freed = errno == 1234;
        grant<heap>(unlimited, unlimited);
        spare = served && freed ? p : nullptr;
    }).join();
    CHECK(spare != nullptr);
    CHECK(heap::ready_arena().backend.asked > asked);
    CHECK(sound<heap>());
    heap::free(first);
}

TEST_CASE("a free needs no memory, not even for the cache it would like to make") {
    using heap = counted_heap<306>;
    void *fast = heap::malloc(24), *large = heap::malloc(3000);
    heap::malloc(24);
    fill_top<heap>();
    int seen = 0;
    std::size_t fast_chunks = 0;
    std::thread([&] {
        grant<heap>(0, 0);
        errno = 1234;
        heap::free(fast);
        fast_chunks = heap::figures().fast_chunks;
        heap::free(large); // the search for a cache merges the fast chunk first
        seen = errno;
        grant<heap>(unlimited, unlimited);
    }).join();
    CHECK(seen == 1234);
    CHECK(fast_chunks == 1);
    CHECK(heap::figures().binned_bytes == 32 + 3008);
    CHECK(sound<heap>());
}

TEST_CASE("a cache that could not be made is made when there is memory again") {
    using heap = counted_heap<307>;
    grant<heap>(0, 0);
    CHECK(heap::malloc(100) == nullptr);
    grant<heap>(unlimited, unlimited);
    void* p = heap::malloc(100);
    heap::free(p);
    CHECK(heap::figures().used_bytes() == 0x290 + 112); // the block is cached
    CHECK(heap::malloc(100) == p);
}

TEST_CASE("the cache itself may come from the mapped backend") {
    using heap = counted_heap<308>;
    grant<heap>(0, unlimited);
    errno = 1234;
    void* p = heap::malloc(24);
    CHECK(errno == 1234);
    CHECK(ptm_test::place<heap>(p) == 0x2a0);
    CHECK_FALSE(heap::ready_arena().contiguous);
    CHECK(heap::figures().system_bytes == 1048576);
    CHECK(sound<heap>());
}

TEST_CASE("realloc is served from the thread's cache when nothing else is left, and errno survives") {
    using heap = counted_heap<309>;
    heap::free(heap::malloc(1));
    void* wanted = nullptr;
    int seen = 0;
    bool same = false;
    std::thread([&] { // with a second thread about, as the way out is for
        void* p = heap::malloc(100);
        heap::malloc(24);
        void* cached = heap::malloc(500);
        heap::malloc(24);
        ptm_test::paint(p, 100, 8);
        heap::free(cached);
        fill_top<heap>();
        grant<heap>(0, 0);
        errno = 1234;
        wanted = heap::realloc(p, 500);
        seen = errno;
        same = wanted == cached && ptm_test::painted(wanted, 100, 8);
        grant<heap>(unlimited, unlimited);
    })
        .join();
    CHECK(same);
    CHECK(seen == 1234);
    CHECK(sound<heap>());
}
