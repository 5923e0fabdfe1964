#include <ptm/adapt/test_resource.hpp>

#include "support/child.hpp"
#include "support/live_blocks.hpp"
#include "support/resources.hpp"

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using ptm::misuse;
using ptm::test_resource;

namespace {

// A resource whose findings are kept.
struct witnessed {
    ptm_test::bookkeeper upstream;
    std::vector<misuse> seen;
    std::optional<test_resource> r{std::in_place, &upstream};

    witnessed() { r->on_misuse(note, this); }

    static void note(void* self, const misuse& m) noexcept { static_cast<witnessed*>(self)->seen.push_back(m); }

    std::vector<misuse::kind> kinds() const {
        std::vector<misuse::kind> all;
        for (const misuse& m : seen) all.push_back(m.what);
        return all;
    }
};

using kinds = std::vector<misuse::kind>;

}

TEST_CASE("test_resource counts blocks and bytes: now, at most, in all") {
    witnessed w;
    void *p = w.r->allocate(100), *q = w.r->allocate(50, 64);
    w.r->deallocate(p, 100);
    p = w.r->allocate(10);
    CHECK((w.r->blocks().now == 2 && w.r->blocks().most == 2 && w.r->blocks().total == 3));
    CHECK((w.r->bytes().now == 60 && w.r->bytes().most == 150 && w.r->bytes().total == 160));
    w.r->deallocate(p, 10);
    w.r->deallocate(q, 50, 64);
    CHECK(w.r->blocks().now == 0);
    CHECK(w.r->bytes().now == 0);
    CHECK(w.seen.empty());
    CHECK(w.r->found() == 0);
    CHECK(w.upstream.held() == 0);
}

TEST_CASE("test_resource reports what was never freed, on demand and at its end, and gives it back") {
    witnessed w;
    void* p = w.r->allocate(100);
    CHECK(w.r->report_leaks() == 1);
    CHECK(w.seen.back().block == p);
    CHECK(w.seen.back().expected == 100);
    w.r.reset();
    CHECK(w.kinds() == kinds{misuse::leak, misuse::leak});
    CHECK(w.upstream.held() == 0);
    CHECK(w.upstream.wrong() == 0);
}

TEST_CASE("test_resource reports another size and another alignment, and gives the right block back") {
    witnessed w;
    w.r->deallocate(w.r->allocate(100, 8), 99, 8);
    CHECK(w.kinds() == kinds{misuse::wrong_size});
    CHECK((w.seen[0].expected == 100 && w.seen[0].found == 99));
    w.r->deallocate(w.r->allocate(100, 64), 100, 8);
    CHECK(w.kinds() == kinds{misuse::wrong_size, misuse::wrong_alignment});
    CHECK((w.seen[1].expected == 64 && w.seen[1].found == 8));
    CHECK(w.upstream.held() == 0);
    CHECK(w.upstream.wrong() == 0);
}

TEST_CASE("test_resource reports a double free and a foreign block, and does not touch them") {
    witnessed w;
    void* p = w.r->allocate(100);
    w.r->deallocate(p, 100);
    w.r->deallocate(p, 100);
    int local = 0;
    w.r->deallocate(&local, sizeof local, alignof(int));
    CHECK(w.kinds() == kinds{misuse::double_free, misuse::foreign});
    CHECK(w.r->blocks().now == 0);
    CHECK(w.r->found() == 2);
}

TEST_CASE("test_resource finds a byte written beyond either end") {
    for (std::size_t alignment : {1u, 16u, 128u}) {
        for (std::size_t distance : {std::size_t{0}, test_resource::guard_bytes - 1}) {
            witnessed w;
            auto* p = static_cast<std::byte*>(w.r->allocate(100, alignment));
            p[100 + distance] = std::byte{1};
            CHECK(w.r->verify() == 1);
            CHECK(w.kinds() == kinds{misuse::overrun});
            CHECK(w.seen[0].found == distance);
            p[100 + distance] = test_resource::guard;
            CHECK(w.r->verify() == 0);
            *(p - 1 - distance) = std::byte{1};
            w.r->deallocate(p, 100, alignment);
            CHECK(w.kinds() == kinds{misuse::overrun, misuse::underrun});
        }
    }
}

TEST_CASE("test_resource fills what it hands out and what it gets back") {
    alignas(64) static std::byte buffer[1000];
    std::pmr::monotonic_buffer_resource keeps(buffer, sizeof buffer, std::pmr::null_memory_resource());
    test_resource r(&keeps);
    auto* p = static_cast<std::byte*>(r.allocate(100));
    for (int i = 0; i < 100; ++i) REQUIRE(p[i] == test_resource::fresh);
    r.deallocate(p, 100);
    for (int i = 0; i < 100; ++i) REQUIRE(p[i] == test_resource::freed); // the buffer is still there
}

TEST_CASE("test_resource refuses after as many allocations as it was told") {
    for (std::size_t n = 0; n < 4; ++n) {
        witnessed w;
        w.r->allocation_limit(n);
        std::vector<void*> all;
        for (std::size_t i = 0; i < n; ++i) all.push_back(w.r->allocate(10));
        CHECK_THROWS_AS(w.r->allocate(10), ptm::allocation_refused);
        CHECK_THROWS_AS(w.r->allocate(10), std::bad_alloc);
        CHECK(w.r->blocks().total == n);
        w.r->allocation_limit(test_resource::unlimited);
        all.push_back(w.r->allocate(10));
        for (void* p : all) w.r->deallocate(p, 10);
        CHECK(w.seen.empty());
    }
}

TEST_CASE("a vector grows with or without memory: every allocation fails once") {
    witnessed w;
    int failures = 0;
    for (std::size_t n = 0;; ++n) {
        w.r->allocation_limit(n);
        try {
            std::pmr::vector<int> v(&*w.r);
            for (int i = 0; i < 100; ++i) v.push_back(i);
            break;
        } catch (const ptm::allocation_refused&) {
            ++failures;
        }
    }
    CHECK(failures == 8);
    CHECK(w.r->blocks().now == 0);
}

TEST_CASE("test_resource counts also with several threads") {
    witnessed w;
    auto work = [&] {
        for (std::size_t i = 0; i < 2000; ++i) w.r->deallocate(w.r->allocate(i % 70), i % 70);
    };
    std::thread a(work), b(work);
    a.join();
    b.join();
    CHECK(w.r->blocks().total == 4000);
    CHECK(w.r->blocks().now == 0);
    CHECK(w.seen.empty());
}

TEST_CASE("without a handler the first misuse is told on standard error, and ends the process") {
    ptm_test::ending end = ptm_test::in_child([] {
        test_resource r;
        static_cast<void>(r.allocate(100));
    });
    CHECK_FALSE(end.nothing_wrong());
    CHECK(end.errors.find("ptm::test_resource: a block was never freed (expected 100, found 0)") != std::string::npos);
}

TEST_CASE("every misuse has words of its own") {
    for (int i = misuse::leak; i <= misuse::overrun; ++i)
        for (int j = misuse::leak; j < i; ++j) CHECK(ptm::sentence(misuse::kind(i)) != ptm::sentence(misuse::kind(j)));
}
