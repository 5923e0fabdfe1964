// The quick general heap: batteries that it shares with others are run in soak.cpp, threads.cpp, oom.cpp,
// oom_threads.cpp and tests/cover/named.cpp. Threads assert nothing themselves: they count what is wrong.
#include "support/heaps.hpp"
#include "support/live_blocks.hpp"
#include "support/mailbox.hpp"
#include "support/seed.hpp"

#include <ptm/heap/fast.hpp>
#include <ptm/os/listed.hpp>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <tuple>
#include <type_traits>
#include <vector>

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {
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
                            ptm::set_main_backend<ptm_test::counted_glass::main_backend>,
                            ptm::set_mapped_backend<ptm_test::counted_glass::mapped_backend>> {};

// Of every kind: stacked, the first and last of a class, too large for a cache, large enough for a mapping.
constexpr std::size_t kinds[] = {0,      1,      8,      24,     25,      100,     1000,      1031,
                                 1032,   1033,   1100,   1144,   1145,    2040,    2041,      20'000,
                                 32'759, 32'760, 32'761, 40'000, 130'000, 900'000, 1'048'576, 3'000'000};

template <class H>
void end_clean() {
    H::leave();
    H::trim(0);
    CHECK(ptm_test::verdict(H{}) == "sound");
    CHECK(block_bytes<H>() == 0);
    CHECK(H::shared().mapped_bytes == 0);
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
    for (std::size_t n = 1; n < 40'000; n += 1 + n / 20) {
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
    CHECK(heap::realloc(p, 500) == p);
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
    heap::free(heap::malloc(100));
    heap::leave();
    heap::trim(0);
    std::size_t before = block_bytes<heap>();
    auto blocks = some<heap>(50, 100);
    CHECK(block_bytes<heap>() == before + 50 * 112);
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
    CHECK(used_then <= used + 64 * 1024);
    CHECK(heap::figures().system_bytes <= system + 1024 * 1024);
    end_clean<heap>();
}

TEST_CASE("before an arena grows, what waits for threads goes home and merges") {
    using heap = heap_of<11>;
    auto blocks = some<heap>(16'000, 248);
    auto fence = heap::malloc(248);
    std::size_t system = heap::figures().system_bytes;
    free_all<heap>(blocks);
    CHECK(block_bytes<heap>() > 3'000'000);
    void* p = heap::malloc(900'000);
    CHECK(heap::figures().system_bytes == system);
    CHECK(block_bytes<heap>() < 2'000'000);
    CHECK(ptm_test::verdict(heap{}) == "sound");
    heap::free(p);
    heap::free(fence);
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
