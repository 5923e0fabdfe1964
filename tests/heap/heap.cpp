#include "support/heaps.hpp"
#include "support/live_blocks.hpp"
#include "support/seed.hpp"

#include <ptm/observe/counters.hpp>
#include <ptm/os/mapping_cache.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>
#include <type_traits>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace {
using ptm_test::fresh_heap;

struct uncached : ptm::edit<ptm_test::glass, ptm::set_cache<ptm::no_cache>> {};
struct counting : ptm::edit<ptm_test::glass, ptm::set_observer<ptm::counters>> {};
struct perturbed : ptm::edit<ptm_test::glass, ptm::set_tuned<ptm::tuning{.perturb = 0x5a}>> {};
struct direct
    : ptm::edit<ptm_test::glass, ptm::set_fast_bins<ptm::no_fast_bins>, ptm::set_unsorted_bin<ptm::no_unsorted_bin>> {};
// Mapped blocks from 20,000 bytes on, so that a random run has many.
template <int>
struct over_a_cache : ptm::edit<ptm_test::glass, ptm::set_mapped_backend<ptm::mapping_cache<>>,
                                ptm::set_tuned<ptm::tuning{.mmap_threshold = 20'000, .adaptive = false}>> {};

using random_heaps = std::tuple<fresh_heap<100>, ptm_test::counted_heap<100>, ptm_test::tested_heap<uncached>,
                                ptm_test::tested_heap<counting>, ptm_test::tested_heap<perturbed>,
                                ptm_test::tested_heap<direct>, ptm_test::tested_heap<over_a_cache<0>>>;

template <class H>
class random_run {
    std::mt19937_64& random_;
    ptm_test::live_blocks live_{};

public:
    explicit random_run(std::mt19937_64& random) : random_(random) {}

    void step() {
        std::size_t n = any_request();
        switch (random_() % 8) {
        case 0:
        case 1: return take(H::malloc(n), n);
        case 2: return take_cleared(H::calloc(n, 1), n);
        case 3: return take(H::aligned_alloc(std::size_t{1} << random_() % 13, n), n);
        case 4:
        case 5: return resize(n);
        default: return give_back();
        }
    }
    std::size_t live() const { return live_.size(); }
    void free_all() {
        while (!live_.empty()) give_back();
    }

private:
    std::size_t any_request() {
        const std::size_t most[] = {60, 200, 1100, 1100, 8000, 150'000};
        return random_() % most[random_() % 6];
    }
    void take(void* p, std::size_t n) {
        REQUIRE(p != nullptr);
        REQUIRE(ptm::is_aligned(p, 16));
        REQUIRE(H::usable_size(p) >= n);
        REQUIRE(live_.add(p, n));
    }
    void take_cleared(void* p, std::size_t n) {
        REQUIRE(ptm_test::reads_as_zero(p, n));
        take(p, n);
    }
    void resize(std::size_t n) {
        if (live_.empty()) return;
        auto old = live_.take(random_() % live_.size());
        void* p = H::realloc(old.at, n);
        if (n == 0) {
            REQUIRE(p == nullptr);
            return;
        }
        REQUIRE(ptm_test::painted(p, std::min(n, old.bytes), old.tag));
        take(p, n);
    }
    void give_back() {
        if (live_.empty()) return;
        auto old = live_.take(random_() % live_.size());
        REQUIRE(old.intact());
        H::free(old.at);
    }
};
}

TEMPLATE_LIST_TEST_CASE("a heap keeps its promises in a random run", "", random_heaps) {
    PTM_TEST_SEED(random);
    random_run<TestType> run(random);
    for (std::size_t i = 0; i < ptm_test::steps(3000); ++i) {
        CAPTURE(i);
        run.step();
        REQUIRE(ptm_test::verdict(TestType{}) == "sound");
        if (run.live() > 150) run.free_all();
    }
    run.free_all();
    TestType::leave(); // this thread's cache
    TestType::consolidate();
    CHECK(TestType::figures().used_bytes() == 0);
    CHECK(TestType::shared().mapped_bytes == 0);
}

TEST_CASE("a heap is a name: an object of it is empty") {
    STATIC_REQUIRE(std::is_empty_v<fresh_heap<101>>);
    STATIC_REQUIRE(std::is_trivially_destructible_v<fresh_heap<101>>);
}

TEST_CASE("two heaps share nothing") {
    using one = fresh_heap<102>;
    using other = fresh_heap<103>;
    one::free(one::malloc(100));
    CHECK(one::figures().system_bytes == 0x21000);
    CHECK(other::figures().system_bytes == 0);
}

TEST_CASE("the first request of a thread makes its cache") {
    using heap = fresh_heap<104>;
    heap::free(nullptr);
    CHECK(heap::figures().system_bytes == 0);
    void* p = heap::malloc(24);
    CHECK(ptm_test::place<heap>(p) == 0x2a0);
    CHECK(heap::figures().used_bytes() == 0x290 + 32);
}

TEST_CASE("without a cache there is no block for it") {
    struct config : uncached {};
    using heap = ptm_test::tested_heap<config>;
    CHECK(ptm_test::place<heap>(heap::malloc(24)) == 0x10);
    CHECK(ptm_test::place<heap>(heap::calloc(1, 24)) == 0x30);
}

TEST_CASE("a thread that has left caches no more") {
    using heap = fresh_heap<105>;
    void* p = heap::malloc(24);
    heap::free(p);
    heap::leave();
    CHECK(heap::figures().used_bytes() == 0);
    p = heap::malloc(24);
    heap::free(p);
    CHECK(heap::figures().used_bytes() == 0);
    heap::leave();
    CHECK(ptm_test::verdict(heap{}) == "sound");
}

TEST_CASE("calloc is given cleared memory, and never takes it from the cache") {
    using heap = fresh_heap<106>;
    void* p = heap::malloc(100);
    ptm_test::paint(p, 100, 1);
    heap::free(p);
    void* q = heap::calloc(4, 25);
    CHECK(q != p);
    CHECK(ptm_test::reads_as_zero(q, heap::usable_size(q)));
    CHECK(heap::malloc(100) == p);
}

TEST_CASE("requests that cannot be met fail with ENOMEM") {
    using heap = fresh_heap<107>;
    void* p = heap::malloc(100);
    ptm_test::paint(p, 100, 1);
    auto failed = [](void* result) { return result == nullptr && std::exchange(errno, 0) == ENOMEM; };
    errno = 0;
    CHECK(failed(heap::malloc(ptm::largest_request + 1)));
    CHECK(failed(heap::malloc(ptm::largest_request)));
    CHECK(failed(heap::calloc(SIZE_MAX / 2, 3)));
    CHECK(failed(heap::calloc(1, ptm::largest_request + 1)));
    CHECK(failed(heap::realloc(p, SIZE_MAX)));
    CHECK(failed(heap::realloc(p, ptm::largest_request)));
    CHECK(failed(heap::aligned_alloc(SIZE_MAX / 2 + 1, ptm::largest_request - 40)));
    CHECK(failed(heap::aligned_alloc(SIZE_MAX / 4 + 1, SIZE_MAX / 4 + 1)));
    CHECK(ptm_test::painted(p, 100, 1));
    CHECK(ptm_test::verdict(heap{}) == "sound");
}

TEST_CASE("an alignment beyond all powers of two is EINVAL, odd ones are rounded up") {
    using heap = fresh_heap<108>;
    errno = 0;
    CHECK(heap::aligned_alloc(SIZE_MAX / 2 + 2, 8) == nullptr);
    CHECK(errno == EINVAL);
    for (std::size_t odd : {0u, 3u, 24u, 100u, 5000u}) {
        std::size_t power = 16;
        while (power < odd) power *= 2;
        CHECK(ptm::is_aligned(heap::aligned_alloc(odd, 8), power));
    }
}

TEST_CASE("realloc to nothing frees and leaves errno alone") {
    using heap = fresh_heap<109>;
    void* p = heap::malloc(100);
    errno = 99;
    CHECK(heap::realloc(p, 0) == nullptr);
    CHECK(errno == 99);
    CHECK(heap::malloc(100) == p);
    CHECK(heap::realloc(nullptr, 0) != nullptr);
}

TEST_CASE("the usable size of a free chunk is 0") {
    using heap = fresh_heap<110>;
    void* p = heap::malloc(2000);
    heap::malloc(24);
    CHECK(heap::usable_size(p) == 2008);
    heap::free(p);
    CHECK(heap::usable_size(p) == 0);
    CHECK(heap::usable_size(nullptr) == 0);
}

TEST_CASE("a heap reports a second free of a cached block, and a pointer that is none") {
    using heap = fresh_heap<111>;
    auto* p = static_cast<std::byte*>(heap::malloc(24));
    heap::free(p);
    CHECK(ptm_test::fault_of([&] { heap::free(p); }) == "free(): double free detected in tcache 2");
    CHECK(ptm_test::fault_of([&] { heap::free(p + 8); }) == "free(): invalid pointer");
    CHECK(ptm_test::fault_of([&] { heap::realloc(p + 8, 100); }) == "realloc(): invalid pointer");
}

TEST_CASE("an observer hears of every block") {
    struct config : counting {};
    using heap = ptm_test::tested_heap<config>;
    auto& tally = heap::shared().observer.now();
    void *p = heap::malloc(10), *q = heap::calloc(2, 10), *r = heap::aligned_alloc(64, 30);
    p = heap::realloc(p, 40);
    CHECK(heap::realloc(p, SIZE_MAX) == nullptr);
    for (void* each : {p, q, r}) heap::free(each);
    CHECK(tally.allocated == 4);
    CHECK(tally.freed == 4);
    CHECK(tally.bytes_requested == 10 + 20 + 30 + 40);
    CHECK(tally.bytes_gained == 0x21000);
}

TEST_CASE("trim gives the end of the heap back, consolidate merges") {
    using heap = fresh_heap<112>;
    std::vector<void*> p;
    for (int i = 0; i < 10; ++i) p.push_back(heap::malloc(24));
    for (void* each : p) heap::free(each);
    CHECK(heap::figures().fast_chunks == 3);
    heap::consolidate();
    CHECK(heap::figures().fast_chunks == 0);
    CHECK(heap::trim(0));
    CHECK(heap::figures().system_bytes == 4096);
    CHECK_FALSE(heap::trim(0));
}

TEST_CASE("expand - in place or not at all, in whichever arena the block lies") {
    using heap = fresh_heap<120>;
    void *p = heap::malloc(200), *guard = heap::malloc(24);
    CHECK_FALSE(heap::expand(p, 209));
    CHECK(heap::expand(p, 208 - 8));
    CHECK(heap::expand(p, 100));
    CHECK(heap::usable_size(p) == 104);
    void* mapped = heap::malloc(300'000);
    CHECK(heap::expand(mapped, heap::usable_size(mapped)));
    CHECK_FALSE(heap::expand(mapped, heap::usable_size(mapped) + 1));
    bool grew = false;
    std::thread([&] {
        void* last = heap::malloc(5000);
        grew = heap::expand(last, 9000);
        heap::free(last);
    }).join();
    CHECK(grew);
    CHECK_FALSE(heap::expand(p, SIZE_MAX));
    for (void* q : {p, guard, mapped}) heap::free(q);
    CHECK(ptm_test::verdict(heap{}) == "sound");
}

TEST_CASE("malloc_run - neighbours; free_run - of any arenas, mapped ones between") {
    using heap = fresh_heap<121>;
    void *here[100], *there[100] = {};
    REQUIRE(heap::malloc_run(ptm_test::hidden(24), 100, here) == 100);
    for (int i = 1; i < 100; ++i) CHECK(ptm::bytes_between(here[i - 1], here[i]) == 32);
    std::thread([&] { heap::malloc_run(ptm_test::hidden(50), 100, there); }).join();
    void* large[2];
    REQUIRE(heap::malloc_run(ptm_test::hidden(300'000), 2, large) == 2);
    CHECK(heap::shared().mapped_count == 2);
    CHECK(ptm_test::verdict(heap{}) == "sound");
    std::vector<void*> mixed{large[0]};
    for (int i = 0; i < 100; ++i) {
        mixed.push_back(here[i]);
        mixed.push_back(there[99 - i]);
    }
    mixed.push_back(large[1]);
    errno = 4321;
    heap::free_run(mixed.data(), mixed.size());
    CHECK(errno == 4321);
    CHECK(heap::shared().mapped_count == 0);
    CHECK(ptm_test::verdict(heap{}) == "sound");
    errno = 0;
    CHECK(heap::malloc_run(ptm_test::hidden(SIZE_MAX), 2, here) == 0);
    CHECK(errno == ENOMEM);
}

TEST_CASE("malloc_run - where memory ends, the rest of the list is as it was") {
    using heap = ptm_test::counted_heap<122>;
    void *first = heap::malloc(24), *out[100];
    std::size_t top = ptm::figures_of(heap::ready_arena()).top_bytes;
    heap::free(first);
    heap::ready_arena().backend.grant(0);
    heap::shared().mapped_backend.grant(0);
    for (void*& p : out) p = first;
    errno = 0;
    std::size_t served = heap::malloc_run(ptm_test::hidden(4000), 100, out);
    CHECK(errno == ENOMEM);
    CHECK(served == (top - 32) / 4016); // a top must stay
    CHECK(out[served] == first);
    heap::free_run(out, served);
    CHECK(ptm_test::verdict(heap{}) == "sound");
}

TEST_CASE("malloc_of and free_of are malloc and free") {
    using heap = fresh_heap<123>;
    void *p = heap::malloc_of<24>(), *q = heap::malloc(24);
    heap::free_of<24>(p);
    CHECK(heap::malloc(24) == p);
    heap::free(q);
    CHECK(heap::malloc_of<24>() == q);
    heap::free_of<24>(p);
    CHECK(ptm_test::fault_of([&] { heap::free_of<24>(p); }) == "free(): double free detected in tcache 2");
    CHECK(ptm_test::fault_of([&] { heap::free_of<24>(static_cast<char*>(q) + 8); }) == "free(): invalid pointer");
    void* blocks[20];
    for (void*& b : blocks) b = heap::malloc_of<100>();
    for (void* b : blocks) heap::free_of<100>(b); // more than the cache takes
    CHECK(ptm_test::verdict(heap{}) == "sound");
    CHECK(heap::malloc_of<PTRDIFF_MAX + std::size_t{1}>() == nullptr);
}

TEST_CASE("good_size - the least that a block has") {
    using heap = fresh_heap<124>;
    CHECK(heap::good_size(0) == 24);
    CHECK(heap::good_size(25) == 40);
    CHECK(heap::good_size(40) == 40);
    CHECK(heap::good_size(SIZE_MAX) == SIZE_MAX);
    void* p = heap::malloc(123);
    CHECK(heap::usable_size(p) == heap::good_size(123));
}

TEST_CASE("large blocks are kept when freed, cleared when calloc gets them, and trim gives them back") {
    using h = ptm::heap<over_a_cache<1>>;
    void* p = h::malloc(1'000'000);
    std::memset(p, 0xff, 1'000'000);
    h::free(p);
    CHECK(h::shared().held < 1'000'000);
    CHECK(h::shared().mapped_backend.kept() >= 1'000'000);
    void* again = h::calloc(1, 1'000'000);
    CHECK(again == p);
    CHECK(ptm_test::reads_as_zero(again, 1'000'000));
    h::free(again);
    CHECK(h::trim(0));
    CHECK(h::shared().mapped_backend.kept() == 0);
}

TEST_CASE("a child of fork has what its parent kept, though other threads were at it") {
    using h = ptm::heap<over_a_cache<2>>;
    std::atomic<bool> stop = false;
    auto churn = [&stop] {
        for (std::size_t n = 100'000; !stop; n = 20'000 + n * 7 % 500'000) h::free(h::malloc(n));
    };
    std::thread first(churn), second(churn);
    int wrong = 0;
    for (int i = 0; i < 20; ++i) {
        pid_t child = fork();
        if (child == 0) {
            h::trim(0);
            h::free(h::malloc(700'000));
            bool kept = h::shared().mapped_backend.kept() >= 700'000; // nobody holds it
            void* p = h::calloc(1, 700'000);
            _exit(kept && p && h::shared().mapped_backend.kept() == 0 ? 0 : 1);
        }
        int status = 0;
        waitpid(child, &status, 0);
        wrong += status != 0;
    }
    stop = true;
    first.join();
    second.join();
    CHECK(wrong == 0);
    CHECK(h::verify() == nullptr);
    h::trim(0);
}
