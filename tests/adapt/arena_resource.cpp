#include <ptm/adapt/arena_resource.hpp>

#include "support/heaps.hpp"
#include "support/regions.hpp"
#include "support/resources.hpp"

#include <ptm/os/listed.hpp>

#include <atomic>
#include <cstring>
#include <memory_resource>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

using ptm::arena_options;
using ptm::arena_resource;
using ptm_test::bookkeeper;

static_assert(std::is_final_v<arena_resource<>> && std::is_nothrow_default_constructible_v<arena_resource<>>);
static_assert(!std::is_copy_constructible_v<arena_resource<>> && !std::is_copy_assignable_v<arena_resource<>>);
static_assert(!std::is_convertible_v<std::pmr::memory_resource*, arena_resource<>>);
static_assert(!std::is_convertible_v<arena_options, arena_resource<>>);

namespace {
template <class R>
concept knows_upstream = requires(const R r) { r.upstream_resource(); };

struct rich : std::pmr::memory_resource { // more than there is; nothing is ever touched
    void* do_allocate(std::size_t, std::size_t) override { throw 7; }
    void do_deallocate(void*, std::size_t, std::size_t) override {}
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};
}

static_assert(knows_upstream<ptm::synchronized_arena_resource>);
static_assert(!knows_upstream<arena_resource<ptm_test::in_regions>>);
static_assert(!std::is_constructible_v<arena_resource<ptm_test::in_regions>, std::pmr::memory_resource*>);

TEST_CASE("arena_resource asks the default resource of its construction") {
    bookkeeper first, second;
    auto* before = std::pmr::set_default_resource(&first);
    arena_resource<> r;
    arena_resource<> with(arena_options{.retain = 4096});
    std::pmr::set_default_resource(&second);
    CHECK(r.upstream_resource() == &first);
    CHECK(with.upstream_resource() == &first);
    void* p = r.allocate(10'000); // more than lies in the resource itself
    std::pmr::set_default_resource(before);
    CHECK(first.calls() == 1);
    CHECK(second.calls() == 0);
    r.deallocate(p, 10'000);
    CHECK(first.held() == 0);
}

TEST_CASE("arena_resource begins in a buffer, and goes on upstream") {
    bookkeeper upstream;
    alignas(64) std::byte buffer[2000];
    arena_resource<> r(buffer, sizeof buffer, &upstream);
    for (int round = 0; round < 3; ++round) {
        std::vector<void*> all;
        std::size_t inside = 0;
        std::size_t calls = upstream.calls();
        while (upstream.calls() == calls) {
            void* p = r.allocate(100);
            CHECK(r.owns(p));
            all.push_back(p);
            inside += ptm::bytes_between(buffer, p) < sizeof buffer;
        }
        CHECK(inside == all.size() - 1);
        CHECK(inside >= 15); // of 112 bytes each, in 2000
        if (round == 1)
            r.release();
        else
            for (void* p : all) r.deallocate(p, 100);
        CHECK(upstream.held() == 0);
        CHECK(r.arena().held() == 0);
    }
}

TEST_CASE("a small or absent buffer does no harm") {
    bookkeeper upstream;
    std::byte buffer[100];
    for (std::size_t size : {0u, 1u, 15u, 64u, 99u, 100u}) {
        arena_resource<> r(size != 0 ? buffer : nullptr, size, &upstream);
        void* p = r.allocate(10);
        std::memset(p, 1, 10);
        CHECK(upstream.held() > 0);
        r.deallocate(p, 10);
        CHECK(upstream.held() == 0);
    }
}

TEST_CASE("a large block comes from the buffer as well, and leaves the rest of it to others") {
    std::vector<std::byte> buffer(200'000);
    arena_resource<> r(buffer.data(), buffer.size(), std::pmr::null_memory_resource());
    void* large = r.allocate(100'000);
    void* small = r.allocate(1000);
    CHECK(r.arena().usable_size(large) < 101'000);
    CHECK_THROWS_AS(r.allocate(100'000), std::bad_alloc);
    r.deallocate(small, 1000);
    r.deallocate(large, 100'000);
    CHECK(r.arena().held() == 0);
}

TEST_CASE("two arguments: buffer and size go on with the default resource") {
    std::byte buffer[600];
    arena_resource<> r(buffer, sizeof buffer);
    CHECK(r.upstream_resource() == std::pmr::get_default_resource());
    CHECK(ptm::bytes_between(buffer, r.allocate(50)) < sizeof buffer);
}

TEST_CASE("options are in effect") {
    bookkeeper upstream;
    arena_resource<> r({.limit = 1'000'000, .retain = 8192, .largest_quick = 120, .own_region = 10'000}, &upstream);
    CHECK(r.options().limit == 1'000'000);
    CHECK(r.options().retain == 8192);
    CHECK(r.options().largest_quick == 120);
    CHECK(r.options().own_region == 10'000);
    r.deallocate(r.allocate(6000), 6000);
    CHECK(upstream.held() > 0); // retained
    r.trim();
    CHECK(upstream.held() == 0);
    CHECK(r.remaining() == 1'000'000);
}

TEST_CASE("without options those of the configuration are in effect, and a pool's are understood") {
    arena_resource<> r;
    CHECK(r.options().limit == SIZE_MAX);
    CHECK(r.options().retain == 0);
    CHECK(r.options().largest_quick == 2056);
    CHECK(r.options().own_region == 32 * 1024);
    std::pmr::pool_options pool;
    pool.largest_required_pool_block = 500;
    arena_resource<> like(arena_options::like(pool));
    CHECK(like.options().largest_quick <= 500);
    CHECK(like.options().largest_quick > 480);
    CHECK(arena_resource<>(arena_options::like({})).options().largest_quick == 2056);
}

TEST_CASE("over the limit is limit_exceeded, in words") {
    bookkeeper upstream;
    arena_resource<> r({.limit = 10'000}, &upstream);
    void* p = r.allocate(3000);
    try {
        static_cast<void>(r.allocate(50'000));
        FAIL("it has no limit");
    } catch (const ptm::limit_exceeded& e) {
        std::string what = e.what();
        CHECK(e.request() == 50'000);
        CHECK(e.limit() == 10'000);
        CHECK(what.find("50000 bytes") != what.npos);
        CHECK(what.find("limit of 10000 bytes") != what.npos);
        CHECK(what.find(std::to_string(upstream.held()) + " bytes held") != what.npos);
    }
    CHECK(upstream.held() <= 10'000);
    CHECK(std::string(ptm::limit_exceeded(SIZE_MAX, SIZE_MAX, SIZE_MAX).what()).size() > 100); // and ends
    r.limit(SIZE_MAX);
    void* q = r.allocate(50'000);
    r.deallocate(q, 50'000);
    r.deallocate(p, 3000);
    CHECK(upstream.held() == 0);
}

TEST_CASE("the handler of the limit may free something") {
    struct holder {
        arena_resource<> r;
        void* spare = nullptr;
        int asked = 0;
        std::size_t request = 0;
    } h;
    h.spare = h.r.allocate(40'000);
    auto give_up_the_spare = [](void* context, std::size_t request) noexcept {
        auto& it = *static_cast<holder*>(context);
        ++it.asked;
        it.request = request;
        if (!it.spare) return false;
        it.r.deallocate(std::exchange(it.spare, nullptr), 40'000);
        return true;
    };
    h.r.limit(60'000, give_up_the_spare, &h);
    void* p = h.r.allocate(50'000);
    CHECK(h.asked == 1);
    CHECK(h.request == 50'000);
    CHECK_THROWS_AS(h.r.allocate(50'000), ptm::limit_exceeded);
    CHECK(h.asked == 2);
    h.r.deallocate(p, 50'000);
}

TEST_CASE("what upstream threw while a smaller region was had is not thrown later") {
    struct stingy : bookkeeper {
        void* do_allocate(std::size_t bytes, std::size_t alignment) override {
            if (bytes >= 4096) throw 5;
            return std::pmr::new_delete_resource()->allocate(bytes, alignment);
        }
        void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
            std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
        }
    } upstream;
    arena_resource<> r(&upstream);
    void* p = r.allocate(100); // generous: throws; smaller: there
    CHECK_THROWS_AS(r.allocate(SIZE_MAX), std::bad_alloc);
    CHECK_THROWS_AS(r.allocate(5000), int);
    r.limit(r.arena().held());
    CHECK_THROWS_AS(r.allocate(5000), ptm::limit_exceeded);
    r.deallocate(p, 100);
}

TEST_CASE("a refusal that did not matter is none later") {
    bookkeeper upstream;
    arena_resource<> r({.limit = 4000}, &upstream);
    void* p = r.allocate(100); // 4096 would be too much, less is there
    upstream.fails_from = 0;
    r.limit(SIZE_MAX);
    CHECK_THROWS_AS(r.allocate(5000), ptm_test::out_of_cards);
    r.deallocate(p, 100);
}

TEST_CASE("an exception comes through backends around the upstream") {
    struct config : ptm::edit<ptm::unsynchronized_arena,
                              ptm::set_main_backend<ptm::counted<ptm::listed<ptm::upstream_backend<>>>>> {};
    bookkeeper upstream;
    upstream.fails_from = 1;
    arena_resource<config> r(&upstream);
    CHECK(r.upstream_resource() == &upstream);
    void* p = r.allocate(100);
    CHECK_THROWS_AS(r.allocate(50'000), ptm_test::out_of_cards);
    r.deallocate(p, 100);
}

TEST_CASE("a block that is smaller than what is given back is damage") {
    struct config : ptm::edit<ptm_test::in_regions, ptm::set_reporter<ptm_test::catching_reporter>> {};
    static auto& r = *new arena_resource<config>; // never destroyed: its lock stays held
    void* p = r.allocate(100);
    void* q = r.allocate(100);
    CHECK(ptm_test::fault_of([&] { r.deallocate(p, 200); }) == ptm::sentence(ptm::fault::free_invalid_size));
    CHECK(p != q);
}

TEST_CASE("a double free is damage through the resource, too") {
    struct config : ptm::edit<ptm_test::in_regions, ptm::set_reporter<ptm_test::catching_reporter>> {};
    static auto& r = *new arena_resource<config>; // never destroyed: its lock stays held
    void* keep = r.allocate(100);
    void* p = r.allocate(100);
    r.deallocate(p, 100);
    CHECK(ptm_test::fault_of([&] { r.deallocate(p, 100); }) == ptm::sentence(ptm::fault::double_free_fast_top));
    static auto& other = *new arena_resource<config>;
    void* q = other.allocate(100);
    CHECK(ptm_test::fault_of([&] { other.deallocate(static_cast<char*>(q) + 8, 100); }) != "none");
    CHECK(keep != nullptr);
}

TEST_CASE("blocks of the arena are blocks of the resource") {
    arena_resource<> r;
    void* p = r.arena().allocate(100);
    void* q = r.allocate(200);
    CHECK(r.arena().live() == 2);
    r.deallocate(p, 100);
    r.arena().deallocate(q);
    CHECK(r.arena().live() == 0);
    CHECK_FALSE(r.owns(&r));
}

TEST_CASE("chunks below the limit of what is fast are never taken for others") {
    arena_resource<> r({.largest_quick = 40});
    std::vector<void*> all;
    for (unsigned n = 0; n < 200; ++n) all.push_back(r.allocate(n));
    for (unsigned n = 0; n < 200; ++n) r.deallocate(all[n], n);
    for (unsigned n = 0; n < 200; ++n) all[n] = r.allocate(n);
    CHECK(ptm_test::verdict(r.arena()) == "sound");
    for (unsigned n = 0; n < 200; ++n) r.deallocate(all[n], n);
    CHECK(r.arena().held() == 0);
}

TEST_CASE("perturbed blocks are filled also by the quick path") {
    arena_resource<> r;
    r.arena().shared().perturb = 0x5a;
    auto* keep = r.allocate(64);
    auto* p = static_cast<unsigned char*>(r.allocate(64));
    CHECK(p[0] == 0xa5);
    r.deallocate(p, 64);
    ptm::default_poisoning::expose(p, 64);
    CHECK(p[20] == 0x5a);
    CHECK(static_cast<unsigned char*>(r.allocate(64))[63] == 0xa5);
    r.deallocate(p, 64);
    r.deallocate(keep, 64);
}

TEMPLATE_TEST_CASE("temporaries and small containers do not go upstream", "", ptm::unsynchronized_arena,
                   ptm::synchronized_arena) {
    bookkeeper upstream;
    arena_resource<TestType> r(&upstream);
    for (std::size_t n = 1; n < 4000; n += 7) {
        void* p = r.allocate(n);
        std::memset(p, 0x5a, n);
        r.deallocate(p, n);
    }
    for (int round = 0; round < 3; ++round) {
        std::pmr::vector<std::pmr::string> texts(&r);
        for (int i = 0; i < 20; ++i) texts.emplace_back("longer than what a string holds in itself");
    }
    CHECK(upstream.calls() == 0);
    CHECK(r.arena().held() == 0);
    CHECK(ptm_test::verdict(r.arena()) == "sound");
    void* large = r.allocate(8000);
    CHECK(upstream.calls() == 1);
    CHECK(r.arena().held() == upstream.held());
    r.deallocate(large, 8000);
    CHECK(upstream.held() == 0);
}

TEST_CASE("a limit does not count what lies in the resource itself") {
    bookkeeper upstream;
    arena_resource<> r({.limit = 0}, &upstream);
    CHECK(r.owns(r.allocate(1000)));
    CHECK_THROWS_AS(r.allocate(10'000), ptm::limit_exceeded);
    CHECK(upstream.calls() == 0);
}

TEST_CASE("each of several threads that fail has the exception of its own request") {
    bookkeeper upstream;
    upstream.fails_from = 0;
    ptm::synchronized_arena_resource r(&upstream);
    constexpr std::size_t count = 4, times = 200;
    std::vector<std::size_t> calls[count];
    std::vector<std::thread> threads;
    for (auto& mine : calls)
        threads.emplace_back([&] {
            for (std::size_t i = 0; i < times; ++i) try {
                    r.deallocate(r.allocate(200'000), 200'000);
                } catch (const ptm_test::out_of_cards& thrown) {
                    mine.push_back(thrown.call);
                }
        });
    for (std::thread& t : threads) t.join();
    std::set<std::size_t> all;
    for (auto& mine : calls) all.insert(mine.begin(), mine.end());
    CHECK(all.size() == count * times);
    CHECK(ptm_test::verdict(r.arena()) == "sound");
}
