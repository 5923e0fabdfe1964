#include "support/configs.hpp"
#include "support/live_blocks.hpp"
#include "support/regions.hpp"

#include <ptm/arena/arena.hpp>
#include <ptm/os/buffer.hpp>
#include <ptm/sync/mutex_lock.hpp>

#include <atomic>
#include <cerrno>
#include <memory>
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

// ---- limits, owners, places ----------------------------------------------------------------------------------------

namespace {
using regional = ptm_test::fresh_arena<ptm_test::in_regions>;
using buffered = ptm::arena<ptm_test::in_buffer>;

// cupboard - what a handler of a limit can give up.
struct cupboard {
    regional* a;
    std::vector<void*> blocks;
    std::size_t asked = 0;

    static bool empty_one(void* context, std::size_t request) noexcept {
        auto& self = *static_cast<cupboard*>(context);
        self.asked += request;
        if (self.blocks.empty()) return false;
        self.a->deallocate(self.blocks.back());
        self.blocks.pop_back();
        return true;
    }
};
}

TEST_CASE("an arena keeps to its limit, and has more when that is raised") {
    regional a;
    a.limit(100'000);
    std::size_t n = 0;
    while (a.allocate(1000)) ++n;
    CHECK(errno == ENOMEM);
    CHECK(n > 85);
    CHECK(a.held() <= 100'000);
    CHECK(a.remaining() == 100'000 - a.held());
    CHECK(a.backend().bytes_held == a.held());
    a.limit(200'000);
    CHECK(a.allocate(1000) != nullptr);
    CHECK(ptm_test::verdict(a) == "sound");
    a.limit(0);
    CHECK(a.remaining() == 0);
}

TEST_CASE("the limit counts mapped chunks and holds for remapping them") {
    ptm_test::fresh_arena<ptm_test::counted_glass> a;
    a.limit(1'000'000);
    void* p = a.allocate(500'000);
    REQUIRE(p != nullptr);
    CHECK(a.held() == 503'808);
    CHECK(a.allocate(600'000) == nullptr);
    CHECK(a.reallocate(p, 1'100'000) == nullptr);
    p = a.reallocate(p, 900'000);
    CHECK(p != nullptr);
    a.deallocate(p);
    CHECK(a.held() == 0);
}

TEST_CASE("the handler of a limit may free something, without the lock") {
    regional a;
    cupboard c{&a, {}};
    for (int i = 0; i < 10; ++i) c.blocks.push_back(a.allocate(50'000));
    a.limit(a.held(), cupboard::empty_one, &c);
    void* p = a.allocate(120'000);
    CHECK(p != nullptr);
    CHECK(c.blocks.size() == 7);
    CHECK(c.asked == 3 * 120'000);
    CHECK(a.allocate(1'000'000) == nullptr);
    CHECK(c.blocks.empty());
    CHECK(errno == ENOMEM);
}

TEST_CASE("a handler is not asked when the system has no memory, only when the limit is reached") {
    regional a;
    cupboard c{&a, {a.allocate(50'000)}};
    a.limit(1'000'000, cupboard::empty_one, &c);
    a.backend().grant(0);
    CHECK(a.allocate(100'000) == nullptr);
    CHECK(c.asked == 0);
}

TEST_CASE("an arena knows what it owns") {
    regional a, b;
    void* p = a.allocate(100);
    void* q = a.allocate(100'000);
    void* r = b.allocate(100);
    int here;
    CHECK((a.owns(p) && a.owns(q) && !a.owns(r) && !a.owns(&here) && !a.owns(nullptr)));
    a.deallocate(q);
    CHECK_FALSE(a.owns(q));
}

TEST_CASE("an arena counts the blocks in use") {
    regional a;
    void* p = a.allocate(100);
    void* q = a.allocate(100, 256);
    CHECK(a.live() == 2);
    q = a.reallocate(q, 50'000);
    a.deallocate(p);
    CHECK(a.live() == 1);
    a.deallocate(q);
    CHECK(a.live() == 0);
    CHECK(a.backend().bytes_held == 0);
}

TEST_CASE("an arena stands inside its buffer") {
    alignas(64) static std::byte buffer[20'000];
    buffered* a = buffered::make_inside(ptm::buffer_backend({buffer + 8, sizeof buffer - 8}));
    REQUIRE(a != nullptr);
    CHECK(ptm::bytes_between(buffer, a) < 128);
    for (int round = 0; round < 3; ++round) {
        std::size_t n = 0;
        while (void* p = a->allocate(100)) {
            REQUIRE(ptm::bytes_between(buffer, p) < sizeof buffer);
            REQUIRE(a->owns(p));
            ++n;
        }
        CHECK(n > (sizeof buffer - sizeof *a) / 112 - 4);
        CHECK_FALSE(a->owns(a));
        CHECK(ptm_test::verdict(*a) == "sound");
        a->release();
    }
    buffered::end_inside(a);
    CHECK(buffered::make_inside(ptm::buffer_backend({buffer, sizeof(buffered) / 2})) == nullptr);
}

TEST_CASE("an arena stands inside the stretch that it reserves") {
    struct reserved : ptm::edit<ptm_test::in_buffer, ptm::set_main_backend<ptm::reserve_backend<1_MiB>>,
                                ptm::set_lock<ptm::mutex_lock>> {};
    using arena = ptm::arena<reserved>;
    arena* a = arena::make_inside({});
    REQUIRE(a != nullptr);
    CHECK(ptm::is_aligned(a, 1_MiB));
    CHECK(work(*a, 3) == 0);
    CHECK(a->allocate(500'000) != nullptr);
    a->release();
    CHECK(work(*a, 4) == 0);
    arena::end_inside(a);
}

TEST_CASE("an arena that ends gives everything back") {
    static std::size_t held = 0;
    struct reporting : ptm_test::counted_mmap {
        ptm::pages obtain(std::size_t n) noexcept {
            ptm::pages run = ptm_test::counted_mmap::obtain(n);
            held += run.bytes;
            return run;
        }
        bool give_back(ptm::pages run) noexcept {
            held -= run.bytes;
            return ptm_test::counted_mmap::give_back(run);
        }
    };
    struct told : ptm::edit<ptm_test::in_regions, ptm::set_main_backend<reporting>> {};
    {
        ptm::arena<told> a;
        for (int i = 0; i < 50; ++i) a.allocate(3000);
        CHECK(held > 150'000);
    }
    CHECK(held == 0);
}

TEST_CASE("an arena made by one thread is used and ended by another") {
    struct shared : ptm::edit<ptm_test::in_regions, ptm::set_lock<ptm::mutex_lock>> {};
    auto a = std::make_unique<ptm::arena<shared>>();
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 3; ++t) threads.emplace_back([&, t] { wrong += work(*a, t); });
    for (auto& t : threads) t.join();
    CHECK(wrong == 0);
    CHECK(a->backend().bytes_held == 0);
    void* p = a->allocate(1000);
    CHECK(p != nullptr);
    std::thread([&] { a.reset(); }).join();
}
