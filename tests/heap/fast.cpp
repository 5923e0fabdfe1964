// The quick general heap: batteries that it shares with others are run in soak.cpp, threads.cpp, oom.cpp,
// oom_threads.cpp and tests/cover/named.cpp. Threads assert nothing themselves: they count what is wrong.
#include "support/affinity.hpp"
#include "support/heaps.hpp"
#include "support/live_blocks.hpp"
#include "support/mailbox.hpp"
#include "support/seed.hpp"

#include <ptm/heap/fast.hpp>
#include <ptm/os/listed.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <numeric>
#include <random>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <pthread.h>
#include <sys/resource.h>
#include <sys/single_threaded.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {
using namespace ptm::literals;
using ptm_test::block_bytes;
using ptm_test::live_blocks;
using ptm_test::mailbox;

constinit ptm::heap<ptm::fast> a_name_for_it;

template <int>
struct numbered : ptm_test::in_glass<ptm::fast> {};
template <int I>
using heap_of = ptm_test::tested_heap<numbered<I>>;

// hasty - whose unused batches go home after a few milliseconds.
constexpr ptm::tuning hasty(ptm::tuning t) {
    t.exchange_period = 5;
    return t;
}
struct in_haste : ptm::edit<ptm_test::in_glass<ptm::fast>, ptm::set_tuned<hasty(ptm_test::deaf(ptm::fast::tuned))>> {};

struct refusing : ptm::edit<ptm_test::in_glass<ptm::fast>, ptm::set_arenas<ptm::one_arena>,
                            ptm::set_cache<ptm::front_cache<64 * 1024, 32 * 1024, ptm_test::without_windows>>,
                            ptm::set_main_backend<ptm_test::counted_glass::main_backend>,
                            ptm::set_mapped_backend<ptm_test::counted_glass::mapped_backend>> {};

// without_headers - have the small blocks of a heap none?
template <class H>
constexpr bool without_headers = H::config::cache::template in<typename H::config>::headerless;

// Of every kind: stacked, the first and last of a class, too large for a cache, large enough for a mapping.
constexpr std::size_t kinds[] = {0,      1,      8,      24,     25,      100,     1000,      1031,     1032,
                                 1033,   1100,   1144,   1145,   2040,    2041,    20'000,    32'760,   40'000,
                                 65'527, 65'528, 65'529, 70'000, 130'000, 900'000, 1'048'576, 5'000'000};

template <class H>
void end_clean() {
    H::leave();
    H::trim(0);
    CHECK(ptm_test::verdict(H{}) == "sound");
    CHECK(block_bytes<H>() == 0);
    CHECK(H::shared().mapped_bytes == 0);
}

// crew - threads that each run work(number) and end at the same time.
template <class Work>
void crew(std::size_t threads, Work work) {
    std::barrier together(static_cast<std::ptrdiff_t>(threads));
    std::vector<std::thread> running;
    for (std::size_t t = 0; t < threads; ++t)
        running.emplace_back([&, t] {
            work(t);
            together.arrive_and_wait();
        });
    for (std::thread& t : running) t.join();
}

// leave_after_use - the calling thread has had a cache, and nothing of it is left.
template <class H>
void leave_after_use() {
    H::free(H::malloc(100));
    H::leave();
    H::trim(0);
}

template <class H>
std::vector<void*> some(std::size_t count, std::size_t request) {
    std::vector<void*> blocks;
    for (std::size_t i = 0; i < count; ++i) blocks.push_back(H::malloc(request));
    return blocks;
}
template <class H>
void free_all(std::vector<void*>& blocks) {
    for (void* p : blocks) H::free(p);
    blocks.clear();
}

void in_thread(auto body) { std::thread(body).join(); }

// wait_for - the exit status of a child, or -1 if it has not ended in time.
int wait_for(pid_t child, int seconds) {
    int status = 0;
    for (int i = 0; i < seconds * 100; ++i) {
        if (waitpid(child, &status, WNOHANG) == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return -1;
}
}

TEST_CASE("fast is a complete configuration") {
    STATIC_REQUIRE(ptm::heap_config<ptm::fast>);
    STATIC_REQUIRE(std::is_empty_v<decltype(a_name_for_it)>);
    STATIC_REQUIRE(ptm::fast::cache::exchanges);
    CHECK(a_name_for_it.usable_size(nullptr) == 0);
}

TEST_CASE("blocks of every kind are apart, large enough, and come back in any order") {
    using heap = heap_of<0>;
    PTM_TEST_SEED(random);
    for (int round = 0; round < 6; ++round) {
        live_blocks live;
        for (int copies = 0; copies < 3; ++copies)
            for (std::size_t n : kinds) {
                void* p = heap::malloc(n);
                REQUIRE(p != nullptr);
                REQUIRE(ptm::is_aligned(p, 16));
                REQUIRE(heap::usable_size(p) >= n);
                REQUIRE(live.add(p, heap::usable_size(p)));
            }
        REQUIRE(ptm_test::verdict(heap{}) == "sound");
        REQUIRE(live.intact());
        while (!live.empty()) heap::free(live.take(random() % live.size()).at);
        REQUIRE(ptm_test::verdict(heap{}) == "sound");
    }
    end_clean<heap>();
}

TEST_CASE("what calloc gives is zero, whatever its memory was used for") {
    using heap = heap_of<1>;
    for (int round = 0; round < 4; ++round)
        for (std::size_t n : kinds) {
            auto blocks = some<heap>(5, n);
            for (void* p : blocks) std::memset(p, 0xff, heap::usable_size(p));
            free_all<heap>(blocks);
            for (int i = 0; i < 5; ++i) {
                blocks.push_back(heap::calloc(1, n));
                REQUIRE(ptm_test::reads_as_zero(blocks.back(), n));
            }
            free_all<heap>(blocks);
        }
    end_clean<heap>();
}

TEST_CASE("realloc keeps what a block holds, from any size to any other") {
    using heap = heap_of<2>;
    for (std::size_t from : kinds)
        for (std::size_t to : kinds) {
            if (from == 0 || to == 0) continue; // realloc to nothing frees
            CAPTURE(from, to);
            void* p = heap::malloc(from);
            ptm_test::paint(p, from, 7);
            void* q = heap::realloc(p, to);
            REQUIRE(q != nullptr);
            REQUIRE(heap::usable_size(q) >= to);
            REQUIRE(ptm_test::painted(q, std::min(from, to), 7));
            heap::free(q);
        }
    end_clean<heap>();
}

TEST_CASE("a block that grows byte by byte keeps what it holds") {
    using heap = heap_of<3>;
    void* p = heap::malloc(1);
    for (std::size_t n = 1; n < 80'000; n += 1 + n / 20) {
        ptm_test::paint(p, n, 3);
        p = heap::realloc(p, n + 1 + n / 20);
        REQUIRE(ptm_test::painted(p, n, 3));
    }
    heap::free(p);
    end_clean<heap>();
}

TEST_CASE("a cached size stays where it is while it wastes less than half, and moves below that") {
    using heap = heap_of<4>;
    void* p = heap::malloc(1000);
    CHECK(heap::realloc(p, 600) == p);
    CHECK(heap::realloc(p, 1000) == p);
    void* q = heap::realloc(p, 400);
    CHECK(q != p);
    CHECK(heap::usable_size(q) < 500);
    heap::free(q);
    end_clean<heap>();
}

TEST_CASE("aligned blocks are aligned and apart, from the cache and from arenas") {
    using heap = heap_of<5>;
    for (int round = 0; round < 3; ++round) {
        live_blocks live;
        for (std::size_t alignment = 16; alignment <= 65'536; alignment *= 2)
            for (std::size_t n : {1u, 40u, 200u, 1000u, 1500u, 33'000u, 200'000u}) {
                CAPTURE(alignment, n);
                void* p = heap::aligned_alloc(alignment, n);
                REQUIRE(ptm::is_aligned(p, alignment));
                REQUIRE(live.add(p, heap::usable_size(p)));
            }
        REQUIRE(live.intact());
        REQUIRE(ptm_test::verdict(heap{}) == "sound");
        while (!live.empty()) heap::free(live.take(live.size() / 2).at);
    }
    end_clean<heap>();
}

namespace {
struct with_one_arena : ptm::edit<ptm_test::in_glass<ptm::fast>, ptm::set_arenas<ptm::one_arena>> {};
// in_small_pages - whose mappings may be as small as the smallest chunks. One thread at a time.
struct in_small_pages : ptm::edit<with_one_arena, ptm::set_mapped_backend<ptm::listed<ptm::mmap_backend>>> {};
using heaps_that_map = std::tuple<ptm_test::tested_heap<with_one_arena>, ptm_test::tested_heap<in_small_pages>>;
}

TEMPLATE_LIST_TEST_CASE("mappings of the smallest requests are freed as mappings", "", heaps_that_map) {
    using heap = TestType;
    heap::leave(); // so that every request goes to an arena, which has no top
    heap::ready_arena();
    heap::shared().mmap_threshold = 0;
    live_blocks live;
    for (std::size_t n : {1u, 100u, 1000u, 4000u}) {
        void* p = heap::malloc(n);
        REQUIRE(live.add(p, heap::usable_size(p)));
    }
    for (std::size_t alignment = 32; alignment <= 8192; alignment *= 2) {
        void* p = heap::aligned_alloc(alignment, 16);
        REQUIRE(live.add(p, heap::usable_size(p)));
    }
    CHECK(heap::shared().mapped_count == int(live.size()));
    heap::shared().mmap_threshold = 100'000;
    in_thread([&] { // whose cache has room for every size
        std::vector<void*> mine;
        for (std::size_t n = 24; n < 1040; n += 16) mine.push_back(heap::malloc(n));
        while (!live.empty()) heap::free(live.take(0).at);
        free_all<heap>(mine);
    });
    CHECK(heap::shared().mapped_count == 0);
    end_clean<heap>();
}

TEST_CASE("a thread that has left is served by its arena, and what it frees is free at once") {
    using heap = heap_of<7>;
    leave_after_use<heap>();
    std::size_t before = block_bytes<heap>();
    auto blocks = some<heap>(50, 100);
    CHECK(block_bytes<heap>() == before + 50 * (without_headers<heap> ? 128 : 112)); // as if one stood in
    free_all<heap>(blocks);
    CHECK(block_bytes<heap>() == before);
    end_clean<heap>();
}

namespace {
alignas(16) unsigned char hooked_block[64];
void* from_hook(std::size_t, const void*) { return std::memset(hooked_block, 0xff, sizeof hooked_block); }

struct malloc_hook_alone : ptm::no_hooks {
    static inline ptm::malloc_hook hook = nullptr;
    static ptm::malloc_hook on_malloc() noexcept { return hook; }
};
struct with_hook : ptm::edit<ptm_test::in_glass<ptm::fast>, ptm::set_hooks<malloc_hook_alone>> {};
}

TEST_CASE("a hook for malloc is asked by calloc, too, whatever is cached") {
    using heap = ptm_test::tested_heap<with_hook>;
    heap::free(heap::malloc(40));
    malloc_hook_alone::hook = from_hook;
    CHECK(heap::malloc(40) == hooked_block);
    CHECK(heap::calloc(1, 40) == hooked_block);
    CHECK(ptm_test::reads_as_zero(hooked_block, 40));
    CHECK(heap::calloc(1, 60) == hooked_block); // of a size that is not cached
    malloc_hook_alone::hook = nullptr;
    end_clean<heap>();
}

TEST_CASE("a thread that has left keeps nothing that its arena finds on the way") {
    using heap = heap_of<8>;
    for (std::size_t n : {104u, 504u, 1000u}) {
        std::vector<void*> blocks, others;
        std::size_t kept = 1;
        in_thread([&] {
            for (int i = 0; i < 100; ++i) {
                blocks.push_back(heap::malloc(n));
                others.push_back(heap::malloc(24));
            }
        });
        heap::leave();
        free_all<heap>(blocks); // to the arena: 100 holes of one size
        in_thread([&] {
            heap::free(heap::malloc(1));
            heap::leave();
            heap::trim(0);
            std::size_t used = block_bytes<heap>();
            heap::free(heap::malloc(n));
            kept = block_bytes<heap>() - used;
        });
        CHECK(kept == 0);
        free_all<heap>(others);
    }
    end_clean<heap>();
}

// ---- batches -------------------------------------------------------------------------------------------------------

TEST_CASE("what one thread has freed serves another one, without a larger arena") {
    using heap = heap_of<10>;
    heap::free(heap::malloc(1));
    auto blocks = some<heap>(5000, 200);
    std::size_t used = block_bytes<heap>(), system = heap::figures().system_bytes;
    in_thread([&] { free_all<heap>(blocks); });
    CHECK(block_bytes<heap>() >= used); // nothing came home: it waits for a thread
    std::atomic<std::size_t> used_then = 0;
    in_thread([&] {
        auto others = some<heap>(5000, 200);
        used_then = block_bytes<heap>();
        free_all<heap>(others);
    });
    CHECK(used_then <= used + used / 3 + 64 * 1024); // a quarter of all may be another processor's
    CHECK(heap::figures().system_bytes <= system + 1024 * 1024);
    end_clean<heap>();
}

TEST_CASE("who brings back what it takes cuts what its arena has, before it takes what waits elsewhere") {
    using heap = heap_of<73>;
    std::vector<int> all = ptm_test::processors();
    if (all.size() < 2) return; // there is one place
    std::atomic<std::size_t> cut_at_first = 0, cut_later = 0;
    in_thread([&] {
        ptm_test::stay_on(all[0]);
        auto blocks = some<heap>(8000, 200);
        free_all<heap>(blocks); // they wait there
    });
    in_thread([&] {
        ptm_test::stay_on(all[1]);
        heap::free(heap::malloc(900'000)); // a hole
        std::size_t used = block_bytes<heap>();
        auto first = some<heap>(1000, 200);
        cut_at_first = block_bytes<heap>() - used;
        auto others = some<heap>(4000, 300);
        free_all<heap>(others);
        heap::free(heap::malloc(900'000));
        used = block_bytes<heap>();
        auto later = some<heap>(1000, 200);
        cut_later = block_bytes<heap>() - used;
        free_all<heap>(first);
        free_all<heap>(later);
    });
    CHECK(cut_at_first < 1000 * 200 / 2);
    CHECK(cut_later >= 1000 * 200 / 2);
    CHECK(ptm_test::verdict(heap{}) == "sound");
    end_clean<heap>();
}

// ---- slabs ---------------------------------------------------------------------------------------------------------

namespace {
// side_by_side - of how many blocks lies the next one right behind.
template <class H>
std::size_t side_by_side(const std::vector<void*>& blocks) {
    std::size_t near = 0, each = H::usable_size(blocks[0]) + (without_headers<H> ? 0 : H::config::header::overhead);
    for (std::size_t i = 1; i < blocks.size(); ++i) near += ptm::bytes_between(blocks[i - 1], blocks[i]) == each;
    return near;
}

// look_side_by_side - blocks of one size after another, made and freed in any order.
template <class H>
void look_side_by_side(std::mt19937_64& random) {
    for (std::size_t n : {24u, 40u, 200u, 1000u}) {
        CAPTURE(n);
        const std::size_t count = 16 * ptm::fast::tuned.cache_budget / n; // a thread keeps few of them
        for (int round = 0; round < 3; ++round) {
            auto blocks = some<H>(count, n);
            CHECK(side_by_side<H>(blocks) > count / 4 * 3);
            std::shuffle(blocks.begin(), blocks.end(), random);
            free_all<H>(blocks);
            REQUIRE(ptm_test::verdict(H{}) == "sound");
        }
    }
    end_clean<H>();
}
}

TEST_CASE("small blocks of a size lie side by side, in whatever order they were freed") {
    using heap = heap_of<75>;
    PTM_TEST_SEED(random);
    look_side_by_side<heap>(random);
}

TEST_CASE("a block from a slab goes back to it, whichever way it is freed, and is not resized where it is") {
    using heap = heap_of<76>;
    auto first = some<heap>(200, 500); // those are from no slab
    auto blocks = some<heap>(1000, 500);
    std::size_t used = block_bytes<heap>();
    for (std::size_t i = 0; i < 200; ++i) {
        ptm_test::paint(blocks[i], 500, 5);
        CHECK(heap::expand(blocks[i], 300));
        CHECK_FALSE(heap::expand(blocks[i], 600));
        blocks[i] = heap::realloc(blocks[i], i % 2 == 0 ? 40'000 : 100); // large: from an arena
        REQUIRE(ptm_test::painted(blocks[i], i % 2 == 0 ? 300 : 100, 5));
    }
    REQUIRE(ptm_test::verdict(heap{}) == "sound");
    for (std::size_t i = 0; i < 200; ++i) heap::free(std::exchange(blocks[i], heap::malloc(500)));
    heap::free_run(blocks.data(), 500);
    heap::leave();
    for (std::size_t i = 500; i < 1000; ++i) heap::free(blocks[i]); // without a cache
    REQUIRE(ptm_test::verdict(heap{}) == "sound");
    CHECK(block_bytes<heap>() <= used);
    free_all<heap>(first);
    end_clean<heap>();
}

TEST_CASE("before an arena grows, slabs become whole of what a thread keeps, and go home") {
    using heap = heap_of<77>;
    auto blocks = some<heap>(20'000, 200);
    PTM_TEST_SEED(random);
    std::shuffle(blocks.begin(), blocks.end(), random);
    free_all<heap>(blocks); // the last ones, which lie anywhere, stay in the thread's lists
    std::size_t system = heap::figures().system_bytes;
    CHECK(block_bytes<heap>() > 20'000 * 200);
    void* large = heap::malloc(900'000);
    void* larger = heap::realloc(heap::malloc(500'000), 900'000);
    CHECK(heap::figures().system_bytes <= system);
    CHECK(block_bytes<heap>() < 3'000'000);
    heap::free(large);
    heap::free(larger);
    end_clean<heap>();
}

TEST_CASE("a thread takes over slabs that another processor's threads do not use, before its arena grows") {
    using heap = heap_of<78>;
    std::vector<int> all = ptm_test::processors();
    if (all.size() < 2) return; // there is one place
    std::size_t system_then = 0, system_now = 0;
    in_thread([&] {
        ptm_test::stay_on(all[0]);
        auto blocks = some<heap>(8000, 200);
        free_all<heap>(blocks);
        system_then = heap::figures().system_bytes;
    });
    in_thread([&] {
        ptm_test::stay_on(all[1]);
        auto blocks = some<heap>(6000, 200);
        system_now = heap::figures().system_bytes;
        free_all<heap>(blocks);
    });
    CHECK(system_now <= system_then + 2 * ptm::fast::tuned.top_pad);
    end_clean<heap>();
}

TEST_CASE("a thread leaves idle slabs to the threads of the processor that had them, until much of the heap is idle") {
    using heap = heap_of<87>;
    std::vector<int> all = ptm_test::processors();
    if (all.size() < 2 || !without_headers<heap>) return; // there is one place, or all slabs are an arena's
    auto grown_by = [](int processor, std::size_t request) {
        std::size_t before = heap::figures().system_bytes, after = 0;
        in_thread([&] {
            ptm_test::stay_on(processor);
            auto blocks = some<heap>(200'000 / request, request);
            after = heap::figures().system_bytes;
            free_all<heap>(blocks);
        });
        return after - before;
    };
    std::vector<void*> stay;
    in_thread([&] {
        ptm_test::stay_on(all[0]);
        stay = some<heap>(60'000, 200);
        CHECK(heap::shared().held > ptm::fast::tuned.idle_small);
        auto idle = some<heap>(1'200, 208);
        free_all<heap>(idle);
    });
    CHECK(grown_by(all[0], 208) < 50'000);
    CHECK(grown_by(all[1], 208) > 150'000);
    free_all<heap>(stay);
    for (std::size_t request : {400u, 208u}) CHECK(grown_by(all[1], request) < 50'000);
    CHECK(ptm_test::verdict(heap{}) == "sound");
    end_clean<heap>();
}

TEST_CASE("a child of fork frees into slabs of its parent's, and gets new ones") {
    using heap = heap_of<79>;
    auto blocks = some<heap>(3000, 100);
    pid_t child = fork();
    if (child == 0) {
        free_all<heap>(blocks);
        auto more = some<heap>(6000, 100);
        free_all<heap>(more);
        heap::leave();
        heap::trim(0);
        _exit(heap::verify() == nullptr ? 0 : 1);
    }
    CHECK(wait_for(child, 20) == 0);
    free_all<heap>(blocks);
    end_clean<heap>();
}

// ---- blocks without headers ----------------------------------------------------------------------------------------

namespace {
// with_chunks - slabs of chunks, in place of blocks without headers.
template <int>
struct with_chunks : ptm::edit<ptm_test::in_glass<ptm::fast>, ptm::set_cache<ptm::front_cache<64 * 1024, 32 * 1024>>> {
};
template <int I>
using chunk_heap = ptm_test::tested_heap<with_chunks<I>>;

// rationed - windows as long as the test lets there be some.
struct rationed : ptm::reserve_backend<64_MiB> {
    static inline bool refuses = false;
    ptm::pages obtain(std::size_t bytes) noexcept {
        return refuses ? ptm::no_pages() : ptm::reserve_backend<64_MiB>::obtain(bytes);
    }
};
using rationed_slabs = ptm::headerless_slabs<rationed, ptm::reserve_backend<1_MiB>>;
template <int>
struct with_rations
    : ptm::edit<ptm_test::in_glass<ptm::fast>, ptm::set_cache<ptm::front_cache<64 * 1024, 32 * 1024, rationed_slabs>>> {
};
template <int I>
using rationed_heap = ptm_test::tested_heap<with_rations<I>>;

// warm - the calling thread's list for requests of n bytes has been emptied often enough to get whole slabs.
template <class H>
void warm(std::size_t n) {
    auto blocks = some<H>(1000, n);
    free_all<H>(blocks);
    H::trim(0);
}
}

TEST_CASE("a small block takes its bytes, rounded up, and no header") {
    using heap = heap_of<80>;
    if (!without_headers<heap>) return;
    for (std::size_t n = 1; n <= 1024; n += n < 100 ? 1 : 37) {
        warm<heap>(n);
        auto blocks = some<heap>(300, n);
        std::size_t each = ptm::align_up(n, 16), near = 0;
        for (void* p : blocks) REQUIRE(heap::usable_size(p) == each);
        for (std::size_t k = 1; k < blocks.size(); ++k) near += ptm::bytes_between(blocks[k - 1], blocks[k]) == each;
        CHECK(near > 250);
        CHECK(heap::good_size(n) >= each);
        free_all<heap>(blocks);
    }
    void* none = heap::malloc(0);
    CHECK(heap::usable_size(none) == 16);
    heap::free(none);
    end_clean<heap>();
}

TEST_CASE("small blocks with and without headers live side by side, whoever makes and frees them") {
    using heap = heap_of<81>;
    PTM_TEST_SEED(random);
    live_blocks live;
    for (std::size_t i = 0; i < ptm_test::steps(20'000); ++i) {
        std::size_t n = random() % 1100;
        void* p = nullptr;
        switch (random() % 5) {
        case 0: REQUIRE(heap::malloc_run(n, 1, &p) == 1); break; // past the cache: an arena's
        case 1: p = heap::realloc(heap::malloc(5000), n == 0 ? 1 : n); break;
        case 2: p = heap::aligned_alloc(64, n); break;
        case 3: p = heap::calloc(1, n); break;
        default: p = heap::malloc(n);
        }
        REQUIRE(p != nullptr);
        REQUIRE(live.add(p, heap::usable_size(p)));
        if (live.size() > 500) {
            REQUIRE(live.intact());
            while (live.size() > 100) {
                void* q = live.take(random() % live.size()).at;
                if (random() % 8 == 0)
                    heap::free_run(&q, 1);
                else
                    heap::free(q);
            }
        }
    }
    while (!live.empty()) heap::free(live.take(0).at);
    end_clean<heap>();
}

TEST_CASE("a block of a known size may be freed as such, wherever it is from") {
    using heap = ptm::heap<numbered<82>>;
    constexpr std::size_t sizes = 4;
    for (int round = 0; round < 300; ++round) {
        void* blocks[sizes][3];
        auto make = [&]<std::size_t N>(std::integral_constant<std::size_t, N>, void** out) {
            out[0] = heap::template malloc_of<N>();
            REQUIRE(heap::malloc_run(N, 1, out + 1) == 1);
            out[2] = heap::calloc(1, ptm_test::hidden(N));
            std::size_t least = without_headers<heap> ? ptm::align_up(N, 16) : N; // what is poisoned is not usable
            for (int k = 0; k < 3; ++k) REQUIRE(heap::usable_size(out[k]) >= least);
            for (int k = 0; k < 3; ++k) ptm_test::paint(out[k], N, 3);
        };
        make(std::integral_constant<std::size_t, 1>{}, blocks[0]);
        make(std::integral_constant<std::size_t, 40>{}, blocks[1]);
        make(std::integral_constant<std::size_t, 333>{}, blocks[2]);
        make(std::integral_constant<std::size_t, 1017>{}, blocks[3]);
        for (int k = 0; k < 3; ++k) {
            heap::template free_of<1>(blocks[0][k]);
            heap::template free_of<40>(blocks[1][k]);
            heap::template free_of<333>(blocks[2][k]);
            heap::template free_of<1017>(blocks[3][k]);
        }
    }
    end_clean<heap>();
}

TEST_CASE("a pointer into the middle of a small block, or to none, is found when it goes home") {
    using heap = heap_of<83>;
    if (!without_headers<heap>) return;
    warm<heap>(48);
    auto blocks = some<heap>(10, 48);
    auto middle = [&] { heap::free(static_cast<std::byte*>(blocks[3]) + 16), heap::trim(0); };
    CHECK(ptm_test::fault_of(middle) == ptm::sentence(ptm::fault::double_free_out));
}

TEST_CASE("what is freed where nobody has a small block any more is found at once") {
    using heap = heap_of<84>;
    if (!without_headers<heap>) return;
    warm<heap>(48);
    void* p = heap::malloc(48);
    heap::free(p);
    heap::leave();
    heap::trim(0);
    CHECK(ptm_test::fault_of([&] { heap::free(p); }) == ptm::sentence(ptm::fault::double_free_out));
    CHECK(heap::usable_size(p) == 0);
}

TEST_CASE("a small block that is freed twice is found when it goes home") {
    using heap = heap_of<85>;
    if (!without_headers<heap>) return;
    warm<heap>(48);
    auto blocks = some<heap>(10, 48);
    auto twice = [&] { heap::free(blocks[3]), heap::free(blocks[4]), heap::free(blocks[3]), heap::trim(0); };
    CHECK(ptm_test::fault_of(twice) != "none");
}

TEST_CASE("without addresses for windows, or without more of them, small blocks are chunks") {
    using never = rationed_heap<0>;
    using later = rationed_heap<1>;
    rationed::refuses = true;
    auto first = some<never>(3000, 40);
    rationed::refuses = false;
    for (std::size_t k = 0; k < 3000; ++k) ptm_test::paint(first[k], 40, 9);
    free_all<never>(first);
    CHECK(never::windows().held_bytes == 0);
    end_clean<never>();

    auto some_more = some<later>(3000, 40);
    std::size_t held = later::windows().held_bytes;
    rationed::refuses = true;
    for (void* p : some<later>(60'000, 40)) some_more.push_back(p);
    rationed::refuses = false;
    if (without_headers<later>) CHECK(held > 0);
    for (void* p : some_more) REQUIRE(later::usable_size(p) >= 40);
    for (void* p : some_more) ptm_test::paint(p, 40, 9);
    free_all<later>(some_more);
    end_clean<later>();
}

TEST_CASE("nullptr is freed at any time, also before the first block") {
    using heap = heap_of<86>;
    heap::free(nullptr);
    in_thread([] { heap::free(nullptr); });
    void* p = heap::malloc(1);
    heap::free(nullptr);
    heap::free(p);
    heap::free(nullptr);
    end_clean<heap>();
}

TEST_CASE("windows count as held, and a limit holds for them") {
    using heap = rationed_heap<2>;
    warm<heap>(100);
    std::size_t before = heap::shared().held;
    heap::shared().limit = before + 1_MiB;
    std::vector<void*> blocks;
    while (void* p = heap::malloc(100)) blocks.push_back(p);
    CHECK(blocks.size() * 112 > (without_headers<heap> ? 900'000 : 700'000)); // an arena grows in larger steps
    CHECK(heap::shared().held <= before + 1_MiB);
    heap::shared().limit = SIZE_MAX;
    free_all<heap>(blocks);
    end_clean<heap>();
    CHECK(heap::windows().held_bytes == 0);
}

TEST_CASE("a large heap gets several windows at once, a small one a window at a time") {
    using heap = rationed_heap<4>;
    if (!without_headers<heap>) return;
    auto most_ready_while_filled = [](std::vector<void*>& blocks) {
        std::size_t most = 0;
        for (void*& p : blocks) {
            p = heap::malloc(1000);
            most = std::max(most, heap::windows().free_bytes);
        }
        return most;
    };
    std::vector<void*> few(4'000), many(40'000);
    CHECK(most_ready_while_filled(few) == 0);
    const std::size_t most = most_ready_while_filled(many), at_once = ptm::fast::tuned.populate_most;
    CHECK(most >= 3 * at_once / 4); // one of them is in use
    CHECK(most <= ptm::detail::places * at_once);
    CHECK(heap::shared().held < 50'000'000);
    free_all<heap>(few), free_all<heap>(many);
    end_clean<heap>();
    CHECK(heap::windows().held_bytes == 0);
}

#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__) // those need more addresses than any limit
namespace {
// vm_size - addresses of the process, bytes.
std::size_t vm_size() {
    std::size_t pages_of_all = 0;
    std::FILE* f = std::fopen("/proc/self/statm", "r");
    if (f && std::fscanf(f, "%zu", &pages_of_all) != 1) pages_of_all = 0;
    if (f) std::fclose(f);
    return pages_of_all * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

struct in_all_windows : ptm::edit<ptm_test::in_glass<ptm::fast>, ptm::set_cache<ptm::fast::cache>> {};

// limited - what a child does whose addresses are limited to less than it has reserved. Returns its exit status.
int limited() {
    using heap = ptm_test::tested_heap<in_all_windows>;
    void* small = heap::malloc(100);
    if (heap::windows().held_bytes == 0) return 0; // there are no windows to be given up
    rlimit limit{vm_size() - (std::size_t{8} << 30), RLIM_INFINITY};
    if (setrlimit(RLIMIT_AS, &limit) != 0) return 1;
    void* large = heap::malloc(100'000'000);
    if (!large) return 2;
    auto blocks = some<heap>(200'000, 100);
    for (void* p : blocks)
        if (!p) return 3;
    for (void* p : blocks) ptm_test::paint(p, 100, 5);
    for (void*& p : blocks)
        if (!(p = heap::realloc(p, 300))) return 4;
    for (void* p : blocks)
        if (!ptm_test::painted(p, 100, 5)) return 5;
    free_all<heap>(blocks);
    heap::free(large);
    heap::free(small);
    heap::leave();
    heap::trim(0);
    return heap::verify() == nullptr && heap::windows().held_bytes == 0 ? 0 : 6;
}
}

TEST_CASE("a program that limits its addresses when it runs gets memory all the same, up to that limit") {
    if (sizeof(void*) != 8) return;
    pid_t child = fork();
    if (child == 0) _exit(limited());
    CHECK(wait_for(child, 30) == 0);
}
#endif

TEST_CASE("windows that small blocks do not use go back, after a while, with a thread, and before an arena grows") {
    using heap = rationed_heap<3>;
    if (!without_headers<heap>) return;
    auto fill = [] {
        auto blocks = some<heap>(100'000, 100);
        free_all<heap>(blocks);
        return heap::windows().held_bytes;
    };
    CHECK(fill() > 10'000'000);
    for (int k = 0; k < 3; ++k) heap::give_back(); // what waits was not wanted, nor what became whole by that
    CHECK(heap::windows().held_bytes < 2'000'000);
    CHECK(fill() > 10'000'000);
    heap::shared().mmap_max = 0;
    void* large = heap::malloc(9'000'000);
    CHECK(heap::windows().held_bytes < 2'000'000);
    heap::free(large);
    in_thread([&] { CHECK(fill() > 10'000'000); });
    CHECK(heap::windows().held_bytes < 2'000'000);
    end_clean<heap>();
}

TEST_CASE("slabs of chunks serve as well") {
    PTM_TEST_SEED(random);
    look_side_by_side<chunk_heap<0>>(random);
}

TEST_CASE("before an arena grows, what waits for threads goes home and merges") {
    using heap = heap_of<11>;
    auto blocks = some<heap>(16'000, 248);
    auto fence = heap::malloc(248);
    std::size_t system = heap::figures().system_bytes;
    free_all<heap>(blocks);
    CHECK(block_bytes<heap>() > 3'000'000);
    void* p = heap::malloc(900'000);
    CHECK(heap::figures().system_bytes <= system);
    CHECK(block_bytes<heap>() < 2'000'000);
    CHECK(ptm_test::verdict(heap{}) == "sound");
    heap::free(p);
    heap::free(fence);
    end_clean<heap>();
}

namespace {
// most_kept - of sizes that slabs do not have, by the only thread's cache. Bytes.
template <class Heap>
std::size_t most_kept() {
    std::size_t share = Heap::shared().held / ptm::fast::tuned.budget_share;
    return std::max(ptm::fast::tuned.cache_budget, share) + 64 * 1024;
}
}

TEST_CASE("large chunks go home when enough of them wait, small ones wait however many there are") {
    using heap = heap_of<72>;
    constexpr std::size_t all = 4'000'000, share = all * 5 / 4 / ptm::fast::tuned.exchange_share;
    constexpr std::size_t most = 2 * std::max(ptm::fast::tuned.exchange_most, share); // a batch may be two
    constexpr std::size_t large = bytes(heap::config::header::size_for(ptm::fast::tuned.exchange_large));
    for (std::size_t n : {large - 48, large - 24, large, large + 500, std::size_t{4000}, std::size_t{8000}}) {
        CAPTURE(n);
        auto blocks = some<heap>(all / n, n);
        free_all<heap>(blocks);
        if (n < large)
            CHECK(block_bytes<heap>() > all * 9 / 10);
        else
            CHECK(block_bytes<heap>() < most_kept<heap>() + most);
        heap::trim(0);
    }
    end_clean<heap>();
}

TEST_CASE("in a large heap more large chunks wait, up to a share of it") {
    using heap = heap_of<74>;
    constexpr std::size_t fence = 100'000, fences = 480, most = fence * fences / ptm::fast::tuned.exchange_share;
    auto large = some<heap>(fences, fence);
    std::size_t used = block_bytes<heap>();
    auto blocks = some<heap>(1000, 4000);
    free_all<heap>(blocks);
    CHECK(block_bytes<heap>() >= used + most);
    CHECK(block_bytes<heap>() < used + most + most_kept<heap>());
    free_all<heap>(large);
    end_clean<heap>();
}

namespace {
constexpr ptm::tuning small_up_to(std::size_t most) {
    ptm::tuning t = ptm_test::deaf(ptm::fast::tuned);
    t.larger_below = most;
    return t;
}
// holding - a heap that counts as small up to so many bytes.
template <std::size_t Most>
struct holding : ptm::edit<ptm_test::in_glass<ptm::fast>, ptm::set_tuned<small_up_to(Most)>> {};

// served_by_larger - does a thread that has freed a block of `had` bytes get that one for `wanted` bytes?
template <class Heap>
bool served_by_larger(std::size_t had, std::size_t wanted) {
    void* p = Heap::malloc(had);
    Heap::free(p);
    void* q = Heap::malloc(wanted);
    std::memset(q, 1, wanted);
    Heap::free(q);
    Heap::trim(0);
    return q == p;
}
}

TEST_CASE("a block that is a little larger serves where its thread has none of the size, in a small heap") {
    using small = ptm_test::tested_heap<holding<64_MiB>>;
    using large = ptm_test::tested_heap<holding<0>>;
    for (std::size_t wanted : {1200u, 3000u, 10'000u, 20'000u}) {
        CAPTURE(wanted);
        CHECK(served_by_larger<small>(wanted * 9 / 8, wanted));
        CHECK_FALSE(served_by_larger<small>(wanted * 3 / 2, wanted));
        CHECK_FALSE(served_by_larger<large>(wanted * 9 / 8, wanted));
    }
    CHECK_FALSE(served_by_larger<small>(1000, 900)); // each has a size of its own
    end_clean<small>();
    end_clean<large>();
}

TEST_CASE("an aligned block that is a little larger serves, if its size aligns it so") {
    using heap = ptm_test::tested_heap<holding<32_MiB>>;
    auto serves = [](std::size_t alignment) {
        void* p = heap::aligned_alloc(64, 2288); // a chunk of 2,304 bytes: of 256 times 9
        heap::free(p);
        void* q = heap::aligned_alloc(alignment, 2000);
        CHECK(reinterpret_cast<std::uintptr_t>(q) % alignment == 0);
        std::memset(q, 1, 2000);
        heap::free(q);
        heap::trim(0);
        return q == p;
    };
    CHECK(serves(64));
    CHECK(serves(256));
    CHECK_FALSE(serves(512));
    end_clean<heap>();
}

TEST_CASE("what nobody wants for a while goes home by itself") {
    using heap = ptm_test::tested_heap<in_haste>;
    auto blocks = some<heap>(16'000, 248);
    free_all<heap>(blocks);
    std::size_t used = block_bytes<heap>();
    CHECK(used > 3'000'000);
    for (int i = 0; i < 100 && used > 1'000'000; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        auto busy = some<heap>(500, 1000); // somebody is: hands some batches over
        free_all<heap>(busy);
        used = block_bytes<heap>();
    }
    CHECK(used <= 1'000'000); // half of it is on its way between the busy ones
    CHECK(ptm_test::verdict(heap{}) == "sound");
    end_clean<heap>();
}

TEST_CASE("a trim brings home what is cached and what waits, and the thread goes on with an empty cache") {
    using heap = heap_of<12>;
    for (int round = 0; round < 3; ++round) {
        for (std::size_t n : {24u, 200u, 1000u, 3000u, 30'000u}) {
            auto blocks = some<heap>(300, n);
            free_all<heap>(blocks);
        }
        heap::trim(0);
        CHECK(block_bytes<heap>() == 0);
        CHECK(ptm_test::verdict(heap{}) == "sound");
    }
    end_clean<heap>();
}

TEST_CASE("a producer and a consumer need no more memory than lies between them") {
    using heap = heap_of<13>;
    heap::free(heap::malloc(1));
    mailbox between;
    std::atomic<bool> done = false;
    std::atomic<int> wrong = 0;
    std::thread consumer([&] {
        for (bool last = false; !last;) {
            last = done;
            for (live_blocks::block b; between.take(b); heap::free(b.at)) wrong += !b.intact();
        }
    });
    for (std::size_t i = 0; i < ptm_test::steps(60'000); ++i) {
        std::size_t n = 16 + i * 7919 % 2000;
        void* p = heap::malloc(n);
        auto tag = static_cast<std::uint8_t>(i);
        ptm_test::paint(p, n, tag);
        while (!between.put({p, n, tag})) std::this_thread::yield();
    }
    done = true;
    consumer.join();
    CHECK(wrong == 0);
    CHECK(heap::figures().most_system_bytes < 12 << 20); // of 60 MB that went through
    end_clean<heap>();
}

// ---- threads -------------------------------------------------------------------------------------------------------

TEST_CASE("threads that end hand everything back, whoever frees what they leave") {
    using heap = heap_of<20>;
    heap::free(heap::malloc(1));
    for (int round = 0; round < 4; ++round) {
        constexpr std::size_t threads = 6;
        std::barrier together(threads);
        std::vector<std::vector<void*>> left(threads);
        std::vector<std::thread> running;
        for (std::size_t t = 0; t < threads; ++t)
            running.emplace_back([&, t] {
                for (std::size_t n : kinds) {
                    auto mine = some<heap>(20, n > 50'000 ? 50'000 : n);
                    left[t].insert(left[t].end(), mine.begin(), mine.begin() + 10);
                    mine.erase(mine.begin(), mine.begin() + 10);
                    free_all<heap>(mine);
                }
                together.arrive_and_wait();
                free_all<heap>(left[(t + 1) % threads]);
            });
        for (std::thread& t : running) t.join();
        heap::trim(0);
        REQUIRE(ptm_test::verdict(heap{}) == "sound");
        REQUIRE(block_bytes<heap>() == 0);
    }
    CHECK(heap::figures().system_bytes < 8 << 20);
    end_clean<heap>();
}

TEST_CASE("a thousand short threads leave no more than one of them needs") {
    using heap = heap_of<21>;
    heap::free(heap::malloc(1));
    for (int i = 0; i < 1000; ++i)
        in_thread([&] {
            auto blocks = some<heap>(30, static_cast<std::size_t>(i % 60 * 16));
            free_all<heap>(blocks);
        });
    CHECK(heap::figures().most_system_bytes < 4 << 20);
    end_clean<heap>();
}

namespace {
using late_heap = heap_of<22>;
thread_local struct late {
    std::vector<void*> blocks{};
    ~late() { free_all<late_heap>(blocks); }
} at_the_end;
}

TEST_CASE("a thread frees after its cache has left") {
    using heap = late_heap;
    for (int i = 0; i < 50; ++i)
        in_thread([] {
            at_the_end.blocks.reserve(20);
            for (std::size_t n : {24u, 100u, 1000u, 5000u, 50'000u}) {
                at_the_end.blocks.push_back(heap::malloc(n));
                heap::free(heap::malloc(n));
            }
            heap::leave();
        });
    end_clean<heap>();
}

TEST_CASE("the child of a fork has a heap that works, while other threads exchange batches") {
    using heap = heap_of<23>;
    heap::free(heap::malloc(1));
    std::atomic<bool> stop = false;
    std::vector<std::thread> busy;
    for (std::size_t i = 0; i < 2; ++i)
        busy.emplace_back([&stop, i] {
            for (std::size_t k = i; !stop; ++k) {
                auto blocks = some<heap>(600, 40 + k % 5 * 300);
                free_all<heap>(blocks);
            }
        });
    std::vector<int> exits;
    for (int i = 0; i < 20; ++i) {
        pid_t child = fork();
        if (child == 0) {
            bool good = heap::verify() == nullptr;
            for (std::size_t n = 0; n < 3000; n += 50) {
                void* blocks[100];
                for (void*& p : blocks) good = (p = heap::malloc(n)) != nullptr && good;
                for (void* p : blocks) heap::free(p);
            }
            heap::trim(0);
            _exit(good && heap::verify() == nullptr ? 0 : 1);
        }
        REQUIRE(child > 0);
        exits.push_back(wait_for(child, 30));
    }
    stop = true;
    for (std::thread& t : busy) t.join();
    CHECK(exits == std::vector<int>(20, 0));
    end_clean<heap>();
}

namespace {
using forking_heap = heap_of<24>;
std::vector<void*>* freed_in_fork = nullptr; // by a handler that runs while the heap's locks are taken

void free_in_fork() {
    if (freed_in_fork) free_all<forking_heap>(*freed_in_fork);
}
}

TEST_CASE("a fork's own handlers may free as much as they like") {
    pid_t child = fork();
    if (child == 0) {
        pthread_atfork(free_in_fork, nullptr, nullptr); // before the heap's, so that it is called after it
        std::atomic<bool> stop = false;
        std::thread other([&] {
            while (!stop) std::this_thread::yield();
        });
        std::vector<void*> blocks = some<forking_heap>(4000, 1000);
        freed_in_fork = &blocks;
        pid_t grandchild = fork();
        if (grandchild == 0) _exit(forking_heap::verify() == nullptr ? 0 : 1);
        int status = 1;
        waitpid(grandchild, &status, 0);
        stop = true;
        other.join();
        _exit(status == 0 && blocks.empty() && forking_heap::verify() == nullptr ? 0 : 1);
    }
    REQUIRE(child > 0);
    CHECK(wait_for(child, 10) == 0);
}

// ---- aligned blocks ------------------------------------------------------------------------------------------------

namespace {
constexpr std::size_t alignments[] = {17, 32, 48, 64, 128, 256, 512, 1024, 2048, 4096, 8192};
constexpr std::size_t aligned_sizes[] = {0,   1,   8,   24,  25,   32,   33,   40,   63,    64,     65,     100,   127,
                                         128, 129, 500, 511, 1000, 1032, 2048, 4096, 8'000, 12'345, 16'300, 16'384};

template <class H>
void* some_aligned(std::size_t alignment, std::size_t n) {
    void* p = H::aligned_alloc(alignment, n);
    REQUIRE(ptm::is_aligned(p, std::bit_ceil(alignment))); // as it rounds
    REQUIRE(p != nullptr);
    REQUIRE(H::usable_size(p) >= n);
    return p;
}

// every_aligned - visit(alignment, bytes).
void every_aligned(auto&& visit) {
    for (std::size_t alignment : alignments)
        for (std::size_t n : aligned_sizes) {
            CAPTURE(alignment, n);
            visit(alignment, n);
        }
}
}

TEST_CASE("all that an aligned block says it has may be written, whatever lies beside it") {
    using heap = heap_of<30>;
    PTM_TEST_SEED(random);
    for (int round = 0; round < 4; ++round) {
        live_blocks live;
        every_aligned([&](std::size_t alignment, std::size_t n) {
            void *p = some_aligned<heap>(alignment, n), *q = heap::malloc(n);
            std::size_t room = heap::usable_size(p);
            REQUIRE(live.add(p, room));
            REQUIRE(live.add(q, heap::usable_size(q)));
            REQUIRE(heap::usable_size(p) == room);
        });
        REQUIRE(live.intact());
        REQUIRE(ptm_test::verdict(heap{}) == "sound");
        while (!live.empty()) {
            auto b = live.take(random() % live.size());
            REQUIRE(b.intact());
            heap::free(b.at);
        }
        if (round == 1) heap::trim(0);
        REQUIRE(ptm_test::verdict(heap{}) == "sound");
    }
    end_clean<heap>();
}

TEST_CASE("blocks that are aligned to cache lines waste no more than one each") {
    using heap = heap_of<31>;
    for (std::size_t n : {40u, 64u, 100u, 200u, 1000u}) {
        std::vector<void*> blocks;
        for (int i = 0; i < 500; ++i) blocks.push_back(some_aligned<heap>(64, n));
        CHECK(block_bytes<heap>() < 600 * (n + 16 + 64));
        free_all<heap>(blocks);
        heap::trim(0);
        CHECK(block_bytes<heap>() == 0);
    }
    end_clean<heap>();
}

TEST_CASE("realloc keeps what an aligned block holds, from any size to any other") {
    using heap = heap_of<32>;
    every_aligned([&](std::size_t alignment, std::size_t n) {
        for (std::size_t to : {1u, 20u, 64u, 100u, 700u, 1100u, 5000u, 40'000u, 1'500'000u}) {
            void* p = some_aligned<heap>(alignment, n);
            ptm_test::paint(p, n, 7);
            void* q = heap::realloc(p, to);
            REQUIRE(q != nullptr);
            REQUIRE(heap::usable_size(q) >= to);
            REQUIRE(ptm_test::painted(q, std::min(n, to), 7));
            ptm_test::paint(q, heap::usable_size(q), 8);
            heap::free(q);
        }
    });
    CHECK(ptm_test::verdict(heap{}) == "sound");
    end_clean<heap>();
}

TEST_CASE("realloc of an aligned block to nothing frees it, and errno survives") {
    using heap = heap_of<33>;
    heap::leave(); // so that what is free is free at once
    every_aligned([&](std::size_t alignment, std::size_t n) {
        void* p = some_aligned<heap>(alignment, n);
        errno = 1234;
        REQUIRE(heap::realloc(p, 0) == nullptr);
        REQUIRE(errno == 1234);
        REQUIRE(block_bytes<heap>() == 0);
    });
    end_clean<heap>();
}

TEST_CASE("an aligned block is expanded where it is, or not at all") {
    using heap = heap_of<34>;
    every_aligned([&](std::size_t alignment, std::size_t n) {
        void* p = some_aligned<heap>(alignment, n);
        void* beside = heap::malloc(n);
        std::size_t room = heap::usable_size(p), behind = heap::usable_size(beside);
        ptm_test::paint(p, room, 5);
        ptm_test::paint(beside, behind, 6);
        errno = 1234;
        REQUIRE(heap::expand(p, room));
        REQUIRE_FALSE(heap::expand(p, PTRDIFF_MAX));
        if (heap::expand(p, room + 1)) REQUIRE(heap::usable_size(p) > room);
        REQUIRE(heap::expand(p, n / 2));
        REQUIRE(heap::usable_size(p) >= n / 2);
        REQUIRE(errno == 1234);
        REQUIRE(ptm_test::painted(p, n / 2, 5));
        ptm_test::paint(p, heap::usable_size(p), 5);
        REQUIRE(ptm_test::painted(beside, behind, 6));
        heap::free(p);
        heap::free(beside);
    });
    CHECK(ptm_test::verdict(heap{}) == "sound");
    end_clean<heap>();
}

TEST_CASE("an aligned block goes home from any thread, and from one that has left") {
    using heap = heap_of<35>;
    heap::free(heap::malloc(1));
    for (bool left : {false, true}) {
        std::vector<live_blocks::block> blocks;
        std::uint8_t tag = 0;
        every_aligned([&](std::size_t alignment, std::size_t n) {
            void* p = some_aligned<heap>(alignment, n);
            blocks.push_back({p, heap::usable_size(p), ++tag});
        });
        for (auto& b : blocks) ptm_test::paint(b.at, b.bytes, b.tag);
        std::atomic<int> wrong = 0;
        in_thread([&] {
            heap::free(heap::malloc(50));
            if (left) heap::leave();
            for (auto& b : blocks) wrong += !b.intact(), heap::free(b.at);
        });
        CHECK(wrong == 0);
        CHECK(ptm_test::verdict(heap{}) == "sound");
        heap::trim(0);
        CHECK(block_bytes<heap>() == 0);
    }
    end_clean<heap>();
}

TEST_CASE("a thread that has left is served aligned blocks by its arena, and what it frees is free at once") {
    using heap = heap_of<36>;
    leave_after_use<heap>();
    REQUIRE(block_bytes<heap>() == 0);
    live_blocks live;
    every_aligned([&](std::size_t alignment, std::size_t n) {
        void* p = some_aligned<heap>(alignment, n);
        REQUIRE(live.add(p, heap::usable_size(p)));
    });
    CHECK(live.intact());
    CHECK(ptm_test::verdict(heap{}) == "sound");
    while (!live.empty()) heap::free(live.take(live.size() / 2).at);
    CHECK(block_bytes<heap>() == 0);
    end_clean<heap>();
}

TEST_CASE("a run of blocks may have aligned ones and mapped ones among others") {
    using heap = heap_of<37>;
    heap::leave();
    for (int round = 0; round < 3; ++round) {
        std::vector<void*> blocks(20);
        REQUIRE(heap::malloc_run(100, 20, blocks.data()) == 20);
        every_aligned([&](std::size_t alignment, std::size_t n) {
            blocks.push_back(some_aligned<heap>(alignment, n));
            if (n % 3 == 0) blocks.push_back(heap::malloc(n));
        });
        blocks.push_back(heap::malloc(3'000'000));
        blocks.push_back(some_aligned<heap>(64, 70));
        if (round == 1) std::sort(blocks.begin(), blocks.end());
        if (round == 2) std::reverse(blocks.begin(), blocks.end());
        errno = 1234;
        heap::free_run(blocks.data(), blocks.size());
        CHECK(errno == 1234);
        CHECK(block_bytes<heap>() == 0);
        CHECK(ptm_test::verdict(heap{}) == "sound");
    }
    end_clean<heap>();
}

TEST_CASE("an aligned block may be freed by the number of bytes that were asked for") {
    using heap = heap_of<38>;
    for (int round = 0; round < 3; ++round) {
        std::vector<void*> of_1, of_40, of_1000, others;
        for (std::size_t n : {1u, 40u, 1000u}) { // so that lists have room
            auto blocks = some<heap>(200, n);
            free_all<heap>(blocks);
            blocks = some<heap>(200, n);
            others.insert(others.end(), blocks.begin(), blocks.end());
        }
        for (int i = 0; i < 300; ++i) {
            of_1.push_back(some_aligned<heap>(round == 0 ? 32 : 64, 1));
            of_40.push_back(some_aligned<heap>(64, 40));
            of_1000.push_back(some_aligned<heap>(round == 0 ? 64 : 512, 1000));
        }
        for (void* p : of_1) heap::template free_of<1>(p);
        for (void* p : of_40) heap::template free_of<40>(p);
        for (void* p : of_1000) heap::template free_of<1000>(p);
        if (round > 0) heap::trim(0); // else they are handed out again first
        free_all<heap>(others);
        live_blocks live;
        for (int i = 0; i < 400; ++i)
            for (std::size_t n : {24u, 40u, 1000u}) {
                void* p = i % 5 == 0 ? some_aligned<heap>(64, n) : heap::malloc(n);
                REQUIRE(heap::usable_size(p) >= n);
                REQUIRE(live.add(p, heap::usable_size(p)));
            }
        REQUIRE(live.intact());
        REQUIRE(ptm_test::verdict(heap{}) == "sound");
        while (!live.empty()) heap::free(live.take(live.size() / 2).at);
        heap::trim(0);
        REQUIRE(ptm_test::verdict(heap{}) == "sound");
        REQUIRE(block_bytes<heap>() == 0);
    }
    end_clean<heap>();
}

TEST_CASE("aligned requests that cannot be met fail as they should, and break nothing") {
    using heap = heap_of<39>;
    constexpr std::size_t half = SIZE_MAX / 2 + 1;
    auto fails = [](std::size_t alignment, std::size_t n, int error) {
        CAPTURE(alignment, n);
        errno = 0;
        CHECK(heap::aligned_alloc(alignment, n) == nullptr);
        CHECK(errno == error);
    };
    for (bool left : {false, true}) {
        void* p = some_aligned<heap>(64, 100);
        for (std::size_t n : {SIZE_MAX, SIZE_MAX - 8, SIZE_MAX - 64, SIZE_MAX / 2 + 1, std::size_t{PTRDIFF_MAX}})
            for (std::size_t alignment : {std::size_t{32}, std::size_t{64}, std::size_t{4096}, half})
                fails(alignment, n, ENOMEM);
        for (std::size_t n : {std::size_t{0}, std::size_t{8}, std::size_t{1000}, SIZE_MAX}) {
            fails(half + 1, n, EINVAL);
            fails(SIZE_MAX, n, EINVAL);
        }
        for (std::size_t n : {0u, 8u, 1000u}) {
            fails(half, n, ENOMEM);
            fails(half / 2, n, ENOMEM);
            fails(std::size_t{1} << 46, n, ENOMEM);
        }
        errno = 0;
        CHECK(heap::realloc(p, PTRDIFF_MAX) == nullptr);
        CHECK(errno == ENOMEM);
        CHECK(heap::usable_size(p) >= 100);
        heap::free(p);
        CHECK(ptm_test::verdict(heap{}) == "sound");
        if (!left) heap::leave();
    }
    end_clean<heap>();
}

TEST_CASE("errno survives an aligned request that is met") {
    using heap = heap_of<40>;
    every_aligned([&](std::size_t alignment, std::size_t n) {
        errno = 1234;
        void* p = heap::aligned_alloc(alignment, n);
        heap::free(p);
        REQUIRE(errno == 1234);
    });
    end_clean<heap>();
}

namespace {
struct of_one_arena : with_one_arena {};
struct of_small_pages : in_small_pages {};
using other_heaps_that_map = std::tuple<ptm_test::tested_heap<of_one_arena>, ptm_test::tested_heap<of_small_pages>>;
}

TEMPLATE_LIST_TEST_CASE("an aligned block may lie in a mapping, and be resized and freed there", "",
                        other_heaps_that_map) {
    using heap = TestType;
    heap::leave(); // so that every request goes to an arena, which has no top
    heap::ready_arena();
    std::size_t threshold = heap::shared().mmap_threshold;
    heap::shared().mmap_threshold = 0;
    live_blocks live;
    every_aligned([&](std::size_t alignment, std::size_t n) {
        void* p = some_aligned<heap>(alignment, n);
        REQUIRE(live.add(p, heap::usable_size(p)));
    });
    CHECK(heap::shared().mapped_count == int(live.size()));
    CHECK(live.intact());
    heap::shared().mmap_threshold = threshold;
    for (std::size_t k = 0; !live.empty(); ++k) {
        auto b = live.take(live.size() / 2);
        REQUIRE(heap::usable_size(b.at) == b.bytes);
        REQUIRE(heap::expand(b.at, b.bytes));
        REQUIRE_FALSE(heap::expand(b.at, 1'000'000));
        void* q = heap::realloc(b.at, k % 2 == 0 ? 50 : 20'000);
        REQUIRE(ptm_test::painted(q, std::min<std::size_t>(b.bytes, k % 2 == 0 ? 50 : 20'000), b.tag));
        heap::free(q);
    }
    CHECK(heap::shared().mapped_count == 0);
    end_clean<heap>();
}

TEST_CASE("where the main backend has nothing, aligned blocks come from mappings") {
    struct only_mappings : refusing {};
    using heap = ptm_test::tested_heap<only_mappings>;
    heap::ready_arena().backend.grant(0);
    live_blocks live;
    every_aligned([&](std::size_t alignment, std::size_t n) {
        void* p = some_aligned<heap>(alignment, n);
        REQUIRE(live.add(p, heap::usable_size(p)));
    });
    CHECK(live.intact());
    CHECK(ptm_test::verdict(heap{}) == "sound");
    while (!live.empty()) {
        auto b = live.take(0);
        REQUIRE(b.intact());
        heap::free(b.at);
    }
    heap::leave();
    heap::trim(0);
    CHECK(ptm_test::verdict(heap{}) == "sound");
    CHECK(block_bytes<heap>() < 1024); // the fences of tops that were left behind
}

TEST_CASE("without any memory an aligned block is neither made nor moved, and stays as it is") {
    struct without_memory : refusing {};
    using heap = ptm_test::tested_heap<without_memory>;
    void *p = some_aligned<heap>(64, 900), *q = some_aligned<heap>(256, 300);
    heap::ready_arena().backend.grant(0);
    heap::shared().mapped_backend.grant(0);
    std::vector<void*> all;
    for (std::size_t n : {1000u, 100u, 24u})
        while (void* each = heap::malloc(n)) all.push_back(each);
    ptm_test::paint(p, 900, 3);
    ptm_test::paint(q, 300, 4);
    for (std::size_t alignment : {32u, 64u, 256u, 4096u}) {
        errno = 0;
        CHECK(heap::aligned_alloc(alignment, 500) == nullptr);
        CHECK(errno == ENOMEM);
    }
    errno = 0;
    CHECK(heap::realloc(p, 5000) == nullptr);
    CHECK(errno == ENOMEM);
    errno = 1234;
    CHECK(heap::realloc(p, 90) == p); // no smaller place, either
    CHECK(errno == 1234);
    CHECK(ptm_test::painted(p, 90, 3));
    CHECK(ptm_test::painted(q, 300, 4));
    CHECK(ptm_test::verdict(heap{}) == "sound");
    heap::free(p);
    heap::free(q);
    free_all<heap>(all);
    end_clean<heap>();
}

TEST_CASE("in a random run with threads aligned blocks and others keep what they hold") {
    using heap = heap_of<41>;
    PTM_TEST_SEED(seeds);
    std::uint64_t seed = seeds();
    heap::free(heap::malloc(1));
    std::atomic<int> wrong = 0;
    mailbox between;
    auto work = [&](unsigned who) {
        std::minstd_rand random(static_cast<unsigned>(seed) + who);
        std::vector<live_blocks::block> mine;
        for (std::size_t step = 0; step < ptm_test::steps(20'000); ++step) {
            if (random() % 2 == 0 || mine.size() > 200) {
                live_blocks::block b;
                if (!mine.empty())
                    b = mine.back(), mine.pop_back();
                else if (!between.take(b))
                    continue;
                wrong += !b.intact();
                if (random() % 4 == 0 && between.put(b)) continue;
                heap::free(b.at);
            } else {
                std::size_t n = random() % 5 == 0 ? random() % 9000 : random() % 300;
                std::size_t alignment = std::size_t{16} << random() % 6;
                void* p = heap::aligned_alloc(alignment, n);
                if (!p || !ptm::is_aligned(p, alignment) || heap::usable_size(p) < n) ++wrong;
                mine.push_back({p, n, static_cast<std::uint8_t>(step)});
                ptm_test::paint(p, n, mine.back().tag);
                if (random() % 4 != 0) continue;
                std::size_t to = 1 + random() % 600;
                void* q = heap::realloc(p, to);
                wrong += !ptm_test::painted(q, std::min(n, to), mine.back().tag);
                mine.back().at = q, mine.back().bytes = std::min(n, to);
            }
        }
        for (auto& b : mine) wrong += !b.intact(), heap::free(b.at);
    };
    std::vector<std::thread> running;
    for (unsigned i = 0; i < 3; ++i) running.emplace_back(work, i);
    for (std::thread& t : running) t.join();
    for (live_blocks::block b; between.take(b); heap::free(b.at)) wrong += !b.intact();
    CHECK(wrong == 0);
    CHECK(ptm_test::verdict(heap{}) == "sound");
    end_clean<heap>();
}

TEST_CASE("an aligned block is handed out again for its alignment, and for nothing that asks for none") {
    using heap = heap_of<67>;
    for (std::size_t alignment = 32; alignment <= 4096; alignment *= 2) {
        std::size_t n = std::max<std::size_t>(alignment, 100);
        void* p = some_aligned<heap>(alignment, n);
        heap::free(p);
        std::vector<void*> ordinary;
        for (int i = 0; i < 50; ++i) ordinary.push_back(heap::malloc(heap::good_size(n)));
        CHECK(std::find(ordinary.begin(), ordinary.end(), p) == ordinary.end());
        void* q = heap::aligned_alloc(alignment, n);
        CHECK(q == p);
        heap::free(q);
        free_all<heap>(ordinary);
    }
    end_clean<heap>();
}

TEST_CASE("aligned blocks of one size lie side by side, and take what an ordinary one takes, rounded up") {
    using heap = heap_of<68>;
    for (std::size_t alignment : {32u, 64u, 256u}) {
        std::vector<void*> blocks;
        for (int i = 0; i < 1000; ++i) blocks.push_back(some_aligned<heap>(alignment, 2 * alignment));
        std::size_t each = 2 * alignment + std::max<std::size_t>(alignment, 16);
        CHECK(block_bytes<heap>() >= 1000 * each);
        CHECK(block_bytes<heap>() < 1100 * each);
        free_all<heap>(blocks);
        heap::trim(0);
    }
    end_clean<heap>();
}

TEST_CASE("the holes that aligned blocks leave are filled by aligned blocks") {
    using heap = heap_of<69>;
    PTM_TEST_SEED(random);
    std::vector<void*> blocks(200);
    std::size_t early = 0;
    for (std::size_t step = 0; step < 20'000; ++step) {
        void*& slot = blocks[random() % blocks.size()];
        heap::free(slot);
        slot = some_aligned<heap>(random() % 3 == 0 ? 64 : 4096, 4096);
        if (step == 4'000) early = heap::figures().system_bytes;
    }
    CHECK(heap::figures().system_bytes <= early + early / 4);
    CHECK(ptm_test::verdict(heap{}) == "sound");
    free_all<heap>(blocks);
    end_clean<heap>();
}

namespace {
struct marking : ptm::edit<ptm_test::glass, ptm::set_header<ptm::natural_tag<ptm::safe_links>>> {};
struct not_marking : ptm_test::glass {};
}

TEST_CASE("a header that marks says nothing to a heap whose cache exchanges nothing") {
    using heap = ptm_test::tested_heap<marking>;
    using other = ptm_test::tested_heap<not_marking>;
    every_aligned([&](std::size_t alignment, std::size_t n) {
        void *p = some_aligned<heap>(alignment, n), *q = some_aligned<other>(alignment, n);
        using header = marking::header;
        REQUIRE_FALSE(header::natural_in(header::peek(header::from_user(p))));
        REQUIRE(heap::usable_size(p) == other::usable_size(q));
        REQUIRE(ptm_test::place<heap>(p) == ptm_test::place<other>(q));
        ptm_test::paint(p, heap::usable_size(p), 9);
        if (n % 2 == 0) heap::free(p), other::free(q);
    });
    CHECK(ptm_test::verdict(heap{}) == "sound");
}

// ---- cache lines ---------------------------------------------------------------------------------------------------

namespace {
// lines_of - the cache lines that a block lies in, first and last.
template <class H>
std::pair<std::uintptr_t, std::uintptr_t> lines_of(void* p) {
    return {ptm::address_of(p) / 64, (ptm::address_of(p) + H::usable_size(p) - 1) / 64};
}
template <class H>
bool share_a_line(void* p, void* q) {
    auto [first, last] = lines_of<H>(p);
    auto [begin, end] = lines_of<H>(q);
    return first <= end && begin <= last;
}
template <class H>
bool shares_with_any(void* p, const std::vector<void*>& others) {
    return std::any_of(others.begin(), others.end(), [p](void* q) { return share_a_line<H>(p, q); });
}

// apart - blocks that a thread gets at first. sharing - sizes of those that share cache lines.
template <class H>
constexpr std::size_t apart(std::size_t request) {
    std::size_t block = ptm::align_up(request, 16);
    return without_headers<H> ? 128 / std::gcd(std::size_t{128}, block)
                              : 128 / ptm::bytes(ptm::fast::header::size_for(request));
}
template <class H>
constexpr std::array<std::size_t, 3> sharing =
    without_headers<H> ? std::array<std::size_t, 3>{8, 24, 40} : std::array<std::size_t, 3>{24, 40, 56};

// cache_lines - that blocks lie in, in order, each once. in_both - of how many are there two?
template <class H>
std::vector<std::uintptr_t> cache_lines(const std::vector<void*>& blocks) {
    std::vector<std::uintptr_t> lines;
    for (void* p : blocks)
        if (p)
            for (auto [line, last] = lines_of<H>(p); line <= last; ++line) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
    return lines;
}
std::size_t in_both(const std::vector<std::uintptr_t>& lines, const std::vector<std::uintptr_t>& others) {
    std::vector<std::uintptr_t> both;
    std::set_intersection(lines.begin(), lines.end(), others.begin(), others.end(), std::back_inserter(both));
    return both.size();
}

// replace_some - so many of the blocks, chosen at random, get freed for others of 1 to 500 bytes.
template <class H>
void replace_some(std::vector<void*>& blocks, std::size_t count, std::mt19937_64& random) {
    for (std::size_t i = 0; i < count; ++i) {
        void*& p = blocks[random() % blocks.size()];
        H::free(p);
        p = H::malloc(random() % 500 + 1);
    }
}
}

TEST_CASE("threads on two processors that replace blocks of their own do not come to share cache lines") {
    using heap = heap_of<88>;
    std::vector<int> all = ptm_test::processors();
    if (all.size() < 2) return; // there is one place
    PTM_TEST_SEED(random);
    std::mt19937_64 own_random[] = {std::mt19937_64(random()), std::mt19937_64(random())};
    std::vector<void*> blocks[2];
    std::barrier turn(2);
    crew(2, [&](std::size_t t) {
        ptm_test::stay_on(all[t]);
        blocks[t].resize(10'000);
        for (std::size_t k = 0; k < 400; ++k) {
            if (k % 2 == t) replace_some<heap>(blocks[t], 1000, own_random[t]);
            turn.arrive_and_wait();
        }
    });
    auto lines = cache_lines<heap>(blocks[0]), others = cache_lines<heap>(blocks[1]);
    CHECK(in_both(lines, others) < lines.size() / 200);
    for (auto& some : blocks) free_all<heap>(some);
    CHECK(ptm_test::verdict(heap{}) == "sound");
    end_clean<heap>();
}

TEST_CASE("who frees a small block of another thread before it has any gets some that lie elsewhere first") {
    using heap = heap_of<50>;
    heap::free(heap::malloc(1));
    for (std::size_t n : sharing<heap>) {
        CAPTURE(n);
        std::vector<void*> made, got;
        void* later = nullptr;
        in_thread([&] {
            made = some<heap>(200, n);
            in_thread([&] {
                heap::free(made[100]);
                got = some<heap>(apart<heap>(n), n);
                later = heap::malloc(n);
            });
        });
        for (void* p : got) CHECK_FALSE(shares_with_any<heap>(p, made));
        CHECK(later == made[100]);
        free_all<heap>(made);
        free_all<heap>(got);
        CHECK(ptm_test::verdict(heap{}) == "sound");
    }
    end_clean<heap>();
}

TEST_CASE("blocks that fill a cache line are handed out at once when they come back") {
    using heap = heap_of<51>;
    heap::free(heap::malloc(1));
    for (std::size_t n : {57u, 72u, 200u, 1000u, 5000u}) {
        void *p = heap::malloc(n), *q = nullptr;
        in_thread([&] {
            heap::free(p);
            q = heap::malloc(n);
        });
        CHECK(q == p);
        heap::free(q);
    }
    end_clean<heap>();
}

TEST_CASE("a thread that has had a block of a size hands out what it freed last, whoever made it") {
    using heap = heap_of<52>;
    for (std::size_t n : {24u, 40u, 56u}) {
        void *p = heap::malloc(n), *q = nullptr;
        in_thread([&] {
            void* own = heap::malloc(n);
            heap::free(p);
            q = heap::malloc(n);
            heap::free(own);
        });
        CHECK(q == p);
        heap::free(q);
    }
    end_clean<heap>();
}

TEST_CASE("the first small blocks of several threads share no cache line") {
    using heap = heap_of<53>;
    heap::free(heap::malloc(1));
    for (std::size_t n : sharing<heap>) {
        CAPTURE(n);
        constexpr std::size_t threads = 8;
        std::vector<std::vector<void*>> got(threads);
        crew(threads,
             [&](std::size_t t) { got[t] = some<heap>(apart<heap>(n), n); }); // nobody leaves anything before that
        for (std::size_t t = 0; t < threads; ++t)
            for (std::size_t u = 0; u < t; ++u)
                for (void* p : got[t]) CHECK_FALSE(shares_with_any<heap>(p, got[u]));
        for (auto& mine : got) free_all<heap>(mine);
        heap::trim(0);
    }
    end_clean<heap>();
}

TEST_CASE("a process with one thread gets its small blocks back at once") {
    pid_t child = fork();
    if (child == 0) {
        using heap = heap_of<54>;
        void* p = heap::malloc(24);
        heap::trim(0); // the cache is as new
        heap::free(p);
        _exit(!__libc_single_threaded || heap::malloc(24) == p ? 0 : 1);
    }
    REQUIRE(child > 0);
    CHECK(wait_for(child, 10) == 0);
}

// ---- the end of threads --------------------------------------------------------------------------------------------

namespace {
// side_bytes - of all side arenas.
template <class H>
std::size_t side_bytes() {
    std::size_t sum = 0;
    H::for_each_arena([&](auto& a) { sum += a.side_arena ? std::size_t{a.system_bytes} : 0; });
    return sum;
}
}

TEST_CASE("threads that end at the same time with much free memory leave little of it waiting") {
    using heap = heap_of<60>;
    heap::free(heap::malloc(1));
    for (int round = 0; round < 20; ++round) {
        std::atomic<std::size_t> most = 0;
        crew(8, [&](std::size_t t) {
            auto blocks = some<heap>((4 << 20) / 250, 240 + t);
            most = std::max(most.load(), block_bytes<heap>());
            free_all<heap>(blocks);
        });
        REQUIRE(most > 4 << 20);
        REQUIRE(block_bytes<heap>() < ptm::fast::tuned.collect_at_end / 4);
        REQUIRE(ptm_test::verdict(heap{}) == "sound");
    }
    heap::trim(0);
    CHECK(block_bytes<heap>() == 0);
    CHECK(heap::figures().system_bytes < 512 * 1024);
    end_clean<heap>();
}

TEST_CASE("mappings that stay when the last thread ends are no reason to collect again") {
    using heap = heap_of<75>;
    heap::free(heap::malloc(1));
    for (int round = 0; round < 3; ++round) {
        in_thread([] {
            auto blocks = some<heap>(6, 4'500'000);
            free_all<heap>(blocks);
        });
        std::size_t kept = heap::shared().mapped_backend.kept();
        CHECK(kept > 0);
        CHECK(kept <= ptm::fast::tuned.collect_at_end / 2); // a quarter of that is half of what the last one may leave
    }
    end_clean<heap>();
}

TEST_CASE("a trim gives the top of every arena back") {
    using heap = heap_of<61>;
    heap::free(heap::malloc(1));
    std::vector<std::vector<void*>> left(8);
    crew(8, [&](std::size_t t) { left[t] = some<heap>(600, 500); });
    CHECK(heap::figures().system_bytes > 8 * 600 * 500);
    for (auto& blocks : left) free_all<heap>(blocks);
    heap::trim(0);
    std::size_t sides = heap::figures().arenas - 1;
    CHECK(side_bytes<heap>() <= ptm_test::structures<heap>() + sides * 2 * ptm::system_page_bytes());
    CHECK(ptm_test::verdict(heap{}) == "sound");
    in_thread([] { heap::free(heap::malloc(100'000)); }); // they go on
    end_clean<heap>();
}

// ---- out of memory -------------------------------------------------------------------------------------------------

TEST_CASE("a block that cannot become smaller elsewhere stays, and errno survives") {
    using heap = ptm_test::tested_heap<refusing>;
    void* large = heap::malloc(1000);
    heap::ready_arena().backend.grant(0);
    heap::shared().mapped_backend.grant(0);
    std::vector<void*> all;
    while (void* p = heap::malloc(100)) all.push_back(p);
    CHECK(errno == ENOMEM);
    ptm_test::paint(large, 1000, 9);
    errno = 1234;
    CHECK(heap::realloc(large, 90) == large);
    CHECK(errno == 1234);
    CHECK(ptm_test::painted(large, 90, 9));
    errno = 0;
    CHECK(heap::realloc(large, 2000) == nullptr);
    CHECK(errno == ENOMEM);
    CHECK(ptm_test::painted(large, 90, 9));
    CHECK(ptm_test::verdict(heap{}) == "sound");
    heap::free(large);
    free_all<heap>(all);
    end_clean<heap>();
}
