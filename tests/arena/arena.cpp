#include "support/configs.hpp"
#include "support/live_blocks.hpp"

#include <ptm/arena/arena.hpp>
#include <ptm/os/buffer.hpp>
#include <ptm/sync/mutex_lock.hpp>

#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

namespace {
using namespace ptm::literals;
constinit ptm::arena<ptm_test::glass> before_constructors;

struct in_a_buffer : ptm::edit<ptm_test::glass, ptm::set_main_backend<ptm::buffer_backend>,
                               ptm::set_mapped_backend<ptm::no_backend>, ptm::set_tuned<ptm::tuning{.top_pad = 0}>> {};
struct with_mutex : ptm::edit<ptm_test::glass, ptm::set_lock<ptm::mutex_lock>> {};

// Each thread allocates, paints, looks and frees blocks of its own; counts blocks that were not what they should be.
template <class A>
int work(A& a, unsigned seed) {
    int wrong = 0;
    ptm_test::live_blocks live;
    for (unsigned i = 0; i < 2000; ++i) {
        std::size_t n = (i * 37 + seed * 101) % 2000;
        void* p = a.allocate(n);
        if (!p || !live.add(p, n)) ++wrong;
        if (live.size() < 20) continue;
        auto old = live.take(i % live.size());
        if (!old.intact()) ++wrong;
        a.deallocate(old.at);
    }
    while (!live.empty()) a.deallocate(live.take(0).at);
    return wrong;
}
}

TEST_CASE("an arena may be constinit") {
    void* p = before_constructors.allocate(100);
    CHECK(p != nullptr);
    before_constructors.deallocate(p);
    before_constructors.backend().release();
}

TEST_CASE("arenas of one type do not share memory") {
    ptm_test::fresh_arena<> a, b;
    void* p = a.allocate(100);
    CHECK(a.figures().system_bytes == 0x21000);
    CHECK(b.figures().system_bytes == 0);
    void* q = b.allocate(100);
    CHECK(ptm::address_of(p) / 64_MiB != ptm::address_of(q) / 64_MiB);
}

TEST_CASE("an arena lives in a buffer, and is full when that is full") {
    alignas(64) static std::byte buffer[8192];
    ptm_test::fresh_arena<in_a_buffer> a{ptm::buffer_backend({buffer, sizeof buffer})};
    std::vector<void*> held;
    while (void* p = a.allocate(100)) {
        REQUIRE(ptm::address_of(p) >= ptm::address_of(buffer));
        REQUIRE(ptm::address_of(p) + 100 <= ptm::address_of(buffer + sizeof buffer));
        held.push_back(p);
    }
    CHECK(errno == ENOMEM);
    CHECK(held.size() >= 70);
    for (void* p : held) a.deallocate(p);
    CHECK(a.allocate(7000) != nullptr);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("errno survives every success") {
    ptm_test::fresh_arena<> a;
    errno = 1234;
    void* p = a.allocate(100);
    p = a.reallocate(p, 300000);
    a.deallocate(p);
    p = a.allocate_cleared(70000);
    a.deallocate(a.allocate(100, 4096));
    a.deallocate(p);
    a.deallocate(nullptr);
    a.trim();
    CHECK(a.verify() == nullptr);
    CHECK(errno == 1234);
}

TEST_CASE("the usable size is what the chunk has") {
    ptm_test::fresh_arena<> a;
    CHECK(a.usable_size(a.allocate(0)) == 24);
    CHECK(a.usable_size(a.allocate(25)) == 40);
    CHECK(a.usable_size(a.allocate(1000)) == 1000);
    CHECK(a.usable_size(a.allocate(300000)) == 303104 - 16);
    CHECK(a.usable_size(nullptr) == 0);
}

TEST_CASE("threads may share an arena whose lock is a lock") {
    ptm_test::fresh_arena<with_mutex> a;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 3; ++i) threads.emplace_back([&, i] { wrong += work(a, i); });
    for (std::thread& t : threads) t.join();
    CHECK(wrong == 0);
    a.consolidate();
    CHECK(ptm_test::verdict(a) == "sound");
    CHECK(a.figures().used_bytes() == 0);
}
