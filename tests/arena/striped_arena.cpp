#include "support/live_blocks.hpp"
#include "support/mailbox.hpp"
#include "support/regions.hpp"

#include <ptm/arena/striped_arena.hpp>
#include <ptm/chunk/owned_tag.hpp>
#include <ptm/sync/mutex_lock.hpp>

#include <atomic>
#include <cerrno>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {
using ptm_test::live_blocks;
using ptm_test::mailbox;
using ptm_test::verdict;

struct striped_config : ptm::edit<ptm_test::in_regions, ptm::set_lock<ptm::mutex_lock>,
                                  ptm::set_header<ptm::owned_tag<ptm::plain_links>>> {};
using arena = ptm::striped_arena<striped_config, 3>;

// in_new_threads - runs body(i) in n threads, one after the other: each has another stripe than the one before.
void in_new_threads(int n, auto body) {
    for (int i = 0; i < n; ++i) std::thread([&] { body(i); }).join();
}
}

TEST_CASE("threads have stripes in turn, and a block goes back to its own") {
    arena a;
    std::vector<void*> blocks;
    in_new_threads(6, [&](int) { blocks.push_back(a.allocate(100)); });
    std::set<unsigned> owners;
    for (void* p : blocks)
        owners.insert(
            striped_config::header::owner_in(striped_config::header::peek(striped_config::header::from_user(p))));
    CHECK(owners == std::set<unsigned>{0, 1, 2});
    CHECK(a.live() == 6);
    for (void* p : blocks) CHECK(a.owns(p));
    for (void* p : blocks) a.deallocate(p); // by this thread, all of them
    CHECK(a.live() == 0);
    CHECK(a.held() == 0);
    CHECK(a.backend().bytes_held == 0);
    CHECK(verdict(a) == "sound");
}

TEST_CASE("an arena of stripes keeps its limit as a whole") {
    arena a;
    a.limit(60'000);
    std::atomic<std::size_t> bytes = 0;
    in_new_threads(3, [&](int) {
        while (a.allocate(1000)) bytes += 1000;
    });
    CHECK(a.held() <= 60'000);
    CHECK(a.held() == a.backend().bytes_held);
    CHECK(bytes > 45'000);
    CHECK(a.remaining() == 60'000 - a.held());
    a.release();
    CHECK(a.held() == 0);
}

TEST_CASE("when the source is empty a thread gets what another stripe has left") {
    arena a;
    std::vector<void*> all;
    std::thread([&] {
        for (int i = 0; i < 50; ++i) all.push_back(a.allocate(1000));
        for (std::size_t i = 0; i < 50; i += 2) a.deallocate(all[i]);
    }).join();
    a.limit(a.held());
    int served = 0;
    in_new_threads(3, [&](int) { served += a.allocate(900) != nullptr; });
    CHECK(served == 3);
    CHECK(verdict(a) == "sound");
}

TEST_CASE("the handler of an arena of stripes is asked when the limit is reached") {
    arena a;
    static int asked;
    asked = 0;
    a.limit(
        20'000,
        [](void* context, std::size_t request) noexcept {
            auto& self = *static_cast<arena*>(context);
            ++asked;
            if (request > 50'000) return false;
            self.limit(200'000, nullptr);
            return true;
        },
        &a);
    CHECK(a.allocate(60'000) == nullptr);
    CHECK(errno == ENOMEM);
    CHECK(asked == 1);
    CHECK(a.allocate(50'000) != nullptr);
    CHECK(asked == 2);
}

TEST_CASE("a block grows in its stripe, and in another one if need be") {
    arena a;
    char* p = nullptr;
    std::thread([&] { p = static_cast<char*>(a.allocate(100)); }).join();
    std::memcpy(p, "here", 5);
    for (std::size_t n : {200u, 5000u, 100'000u, 50u}) {
        p = static_cast<char*>(a.reallocate(p, n));
        REQUIRE(p != nullptr);
        CHECK(std::string(p) == "here");
        CHECK(a.usable_size(p) >= n);
        CHECK(verdict(a) == "sound");
    }
    a.limit(a.held());
    CHECK(a.reallocate(p, 500'000) == nullptr);
    CHECK(std::string(p) == "here");
    a.deallocate(p);
    CHECK(a.held() == 0);
}

TEST_CASE("aligned and cleared blocks come from stripes, too") {
    arena a;
    void* p = a.allocate(100, 1024);
    CHECK(ptm::is_aligned(p, 1024));
    void* q = a.allocate_cleared(3000);
    CHECK(ptm_test::reads_as_zero(q, 3000));
    std::size_t seen = 0;
    a.for_each_block([&](void* block, std::size_t) { seen += block == p || block == q; });
    CHECK(seen == 2);
    a.deallocate(p);
    a.deallocate(q);
    CHECK(a.held() == 0);
}

TEST_CASE("many threads hand blocks on to each other, and nothing is lost") {
    arena a;
    constexpr std::size_t threads = 4;
    std::vector<mailbox> boxes(threads);
    std::atomic<int> wrong = 0;
    std::vector<std::thread> running;
    for (std::size_t t = 0; t < threads; ++t)
        running.emplace_back([&, t] {
            live_blocks live;
            live_blocks::block b;
            std::minstd_rand random(static_cast<unsigned>(t) + 1);
            for (int i = 0; i < 5000; ++i) {
                std::size_t n = random() % 3000;
                void* p = a.allocate(n);
                wrong += !p || !live.add(p, n);
                if (live.size() > 20) {
                    b = live.take(random() % live.size());
                    if (i % 2 == 0 || !boxes[(t + 1) % threads].put(b)) a.deallocate(b.at);
                }
                if (boxes[t].take(b)) {
                    wrong += !b.intact();
                    a.deallocate(b.at);
                }
            }
            while (!live.empty()) a.deallocate(live.take(0).at);
        });
    for (auto& t : running) t.join();
    for (mailbox& box : boxes)
        for (live_blocks::block b; box.take(b);) a.deallocate(b.at);
    CHECK(wrong == 0);
    CHECK(verdict(a) == "sound");
    CHECK(a.live() == 0);
    CHECK(a.held() == 0);
}

TEST_CASE("a block whose header names no stripe is reported") {
    arena a;
    void* p = a.allocate(100);
    auto* c = striped_config::header::from_user(p);
    striped_config::header::set_owner(c, 3);
    CHECK(ptm_test::fault_of([&] { a.deallocate(p); }) == ptm::sentence(ptm::fault::free_invalid_pointer));
    striped_config::header::set_owner(c, 0);
}
