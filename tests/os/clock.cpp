#include "support/catch.hpp"

#include <ptm/os/clock.hpp>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <thread>

TEST_CASE("the coarse clock never goes back") {
    std::uint64_t last = ptm::coarse_clock::now();
    CHECK(last > 0);
    for (int i = 0; i < 10'000; ++i) {
        std::uint64_t now = ptm::coarse_clock::now();
        REQUIRE(now >= last);
        last = now;
    }
}

TEST_CASE("the coarse clock moves as fast as the time, give or take some milliseconds") {
    using std::chrono::steady_clock;
    std::uint64_t begin = ptm::coarse_clock::now();
    auto started = steady_clock::now();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    std::uint64_t gone = ptm::coarse_clock::now() - begin;
    auto most = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - started).count();
    CHECK(gone >= 80);
    CHECK(gone <= static_cast<std::uint64_t>(most) + 20);
}

TEST_CASE("errno survives a look at the clock") {
    errno = 1234;
    ptm::coarse_clock::now();
    CHECK(errno == 1234);
}
