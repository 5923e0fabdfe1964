#include <ptm/core/relaxed.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <thread>
#include <type_traits>

static_assert(sizeof(ptm::relaxed<std::size_t>) == sizeof(std::size_t));
static_assert(!std::is_copy_constructible_v<ptm::relaxed<int>> && !std::is_copy_assignable_v<ptm::relaxed<int>>);
static_assert(std::is_trivially_destructible_v<ptm::relaxed<int>>);

namespace {
constinit ptm::relaxed<std::size_t> before_constructors = 7;
}

TEST_CASE("a relaxed number starts at zero or at what it was given") {
    ptm::relaxed<int> nothing;
    CHECK(nothing == 0);
    CHECK(before_constructors == 7);
}

TEST_CASE("an assignment gives the value assigned") {
    ptm::relaxed<int> n = 1;
    CHECK((n = 5) == 5);
    CHECK(n == 5);
}

TEST_CASE("adding and subtracting give the new value, and wrap") {
    ptm::relaxed<std::uint32_t> n = 10;
    CHECK(n.add(5) == 15);
    CHECK(n.subtract(15) == 0);
    CHECK(n.subtract(1) == UINT32_MAX);
    CHECK(n.add(1) == 0);
}

TEST_CASE("adding to a small type gives the value it holds") {
    ptm::relaxed<std::uint8_t> n = 250;
    CHECK(n.add(10) == 4);
    CHECK(n == 4);
}

TEST_CASE("raising never lowers") {
    ptm::relaxed<int> n = 5;
    n.raise_to(3);
    CHECK(n == 5);
    n.raise_to(5);
    CHECK(n == 5);
    n.raise_to(9);
    CHECK(n == 9);
}

TEST_CASE("no addition of another thread is lost") {
    ptm::relaxed<std::size_t> sum, most;
    auto work = [&](std::size_t id) {
        for (std::size_t i = 0; i < 10'000; ++i) {
            sum.add(1);
            most.raise_to(2 * i + id);
        }
    };
    std::thread first(work, 0), second(work, 1);
    first.join();
    second.join();
    CHECK(sum == 20'000);
    CHECK(most == 2 * 9'999 + 1);
}
