// Out of memory at every call of a backend in turn: the same workload again and again, each time refused one call
// later.
#include "support/books.hpp"
#include "support/configs.hpp"
#include "support/live_blocks.hpp"

#include <algorithm>
#include <cerrno>
#include <random>

namespace {
using config = ptm_test::counted_glass;
using arena = ptm_test::fresh_arena<config>;

constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

void grant(arena& a, std::size_t main, std::size_t mapped) {
    a.backend().grant(main);
    a.shared().mapped_backend.grant(mapped);
}

// workload - always the same requests. The first failure is looked at; then memory is back, and all must succeed.
class workload {
    arena& a_;
    std::minstd_rand random_{12345};
    ptm_test::live_blocks live_;
    bool failed_ = false;

public:
    explicit workload(arena& a) : a_(a) {}

    bool failed() const { return failed_; }

    void run() {
        for (int i = 0; i < 160; ++i) step();
        REQUIRE(live_.intact());
        while (!live_.empty()) a_.deallocate(live_.take(0).at);
        a_.consolidate();
        REQUIRE(ptm_test::verdict(a_) == "sound");
        REQUIRE(ptm_test::books_agree(a_));
    }

private:
    std::size_t below(std::size_t n) { return random_() % n; }

    std::size_t any_request() {
        const std::size_t most[] = {100, 1000, 5000, 60'000, 120'000, 300'000};
        return below(most[below(6)]);
    }

    void step() {
        switch (below(6)) {
        case 0:
        case 1: return allocate([&](std::size_t n) { return a_.allocate(n); });
        case 2: return allocate([&](std::size_t n) { return a_.allocate_cleared(n); });
        case 3: return allocate([&](std::size_t n) { return a_.allocate(n, 4096); });
        case 4: return reallocate();
        default: return deallocate();
        }
    }

    // served - the result of `act`, which may fail once.
    void* served(auto act) {
        errno = 1234;
        void* p = act();
        if (!p) {
            look_at_failure();
            p = act();
        } else {
            REQUIRE(errno == 1234);
        }
        REQUIRE(p != nullptr);
        REQUIRE(ptm_test::verdict(a_) == "sound");
        return p;
    }

    void look_at_failure() {
        REQUIRE(errno == ENOMEM);
        REQUIRE_FALSE(failed_);
        REQUIRE(ptm_test::verdict(a_) == "sound");
        REQUIRE(live_.intact());
        REQUIRE(ptm_test::books_agree(a_));
        failed_ = true;
        grant(a_, unlimited, unlimited);
    }

    void allocate(auto by) {
        std::size_t n = any_request();
        REQUIRE(live_.add(served([&] { return by(n); }), n));
    }

    void reallocate() {
        if (live_.empty()) return;
        std::size_t i = below(live_.size()), n = any_request();
        auto old = live_[i];
        void* p = served([&] { return a_.reallocate(old.at, n); });
        live_.take(i);
        REQUIRE(ptm_test::painted(p, std::min(n, old.bytes), old.tag));
        REQUIRE(live_.add(p, n));
    }

    void deallocate() {
        if (live_.empty()) return;
        auto old = live_.take(below(live_.size()));
        REQUIRE(old.intact());
        errno = 1234;
        a_.deallocate(old.at);
        REQUIRE(errno == 1234);
        REQUIRE(ptm_test::verdict(a_) == "sound");
    }
};

// refuse_each - runs the workload with k calls granted, for k = 0, 1, 2, ..., until it needs no more.
//   returns  how often the workload failed
int refuse_each(auto set, auto asked) {
    int failures = 0;
    for (std::size_t k = 0;; ++k) {
        CAPTURE(k);
        arena a;
        set(a, k);
        workload w(a);
        w.run();
        failures += w.failed();
        REQUIRE(a.shared().mapped_bytes == 0);
        REQUIRE(a.figures().used_bytes() <= 64 * (a.backend().calls + a.shared().mapped_backend.calls));
        if (asked(a) <= k) return failures;
        REQUIRE(k < 1000);
    }
}

std::size_t main_asked(arena& a) { return a.backend().asked; }
std::size_t mapped_asked(arena& a) { return a.shared().mapped_backend.asked; }
}

TEST_CASE("a main backend that refuses any call is made up for by the mapped one") {
    CHECK(refuse_each([](arena& a, std::size_t k) { grant(a, k, unlimited); }, main_asked) == 0);
}

TEST_CASE("a mapped backend that refuses any call is made up for by the main one") {
    CHECK(refuse_each([](arena& a, std::size_t k) { grant(a, unlimited, k); }, mapped_asked) == 0);
}

TEST_CASE("without a mapped backend each refusal of the main one is a failure that costs nothing") {
    CHECK(refuse_each([](arena& a, std::size_t k) { grant(a, k, 0); }, main_asked) > 5);
}

TEST_CASE("without a main backend each refusal of the mapped one is a failure that costs nothing") {
    CHECK(refuse_each([](arena& a, std::size_t k) { grant(a, 0, k); }, mapped_asked) > 5);
}

TEST_CASE("both backends refusing after the same number of calls is a failure that costs nothing") {
    CHECK(refuse_each([](arena& a, std::size_t k) { grant(a, k, k); },
                      [](arena& a) { return std::max(main_asked(a), mapped_asked(a)); })
          > 5);
}

TEST_CASE("a backend that takes nothing back costs memory, not sense") {
    arena a;
    a.backend().stubborn = true;
    workload w(a);
    w.run();
    CHECK_FALSE(w.failed());
    CHECK_FALSE(a.trim());
    CHECK(a.figures().system_bytes == a.figures().most_system_bytes);
}
