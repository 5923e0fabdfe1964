#include <ptm/observe/ring.hpp>

#include "support/catch.hpp"

#include <memory>
#include <thread>
#include <type_traits>

namespace events = ptm::events;
using ptm::event_kind;

static_assert(std::is_trivially_destructible_v<ptm::ring_observer<8>>);

namespace {

constinit ptm::ring_observer<4> before_constructors;
std::byte memory[64];

} // namespace

TEST_CASE("a ring works before constructors and has seen nothing") {
    CHECK(before_constructors.seen() == 0);
    CHECK(before_constructors[0].kind == event_kind::none);
}

TEST_CASE("a ring keeps each event with what it carries") {
    ptm::ring_observer<8> ring;
    ring(events::system_grew{{memory, 48}});
    ring(events::allocated{memory + 16, 24});
    ring(events::freed{memory + 16});
    ring(events::consolidated{});
    ring(events::system_shrank{16});
    REQUIRE(ring.seen() == 5);

    auto is = [&](std::uint64_t i, event_kind kind, const void* where, std::size_t bytes) {
        return ring[i].kind == kind && ring[i].where == where && ring[i].bytes == bytes;
    };
    CHECK(is(0, event_kind::system_grew, memory, 48));
    CHECK(is(1, event_kind::allocated, memory + 16, 24));
    CHECK(is(2, event_kind::freed, memory + 16, 0));
    CHECK(is(3, event_kind::consolidated, nullptr, 0));
    CHECK(is(4, event_kind::system_shrank, nullptr, 16));
    CHECK(ring[5].kind == event_kind::none);
}

TEST_CASE("a ring keeps the last events and forgets those before") {
    ptm::ring_observer<4> ring;
    for (std::size_t i = 0; i < 11; ++i) ring(events::allocated{nullptr, i});
    CHECK(ring.seen() == 11);
    for (std::uint64_t i = 7; i < 11; ++i) CHECK(ring[i].bytes == i);
}

TEST_CASE("a ring of one keeps the last") {
    ptm::ring_observer<1> ring;
    ring(events::allocated{nullptr, 1});
    ring(events::freed{memory});
    CHECK(ring.seen() == 2);
    CHECK(ring[1].kind == event_kind::freed);
}

TEST_CASE("each event of each thread has a place of its own") {
    constexpr std::size_t each = 1000;
    auto ring = std::make_unique<ptm::ring_observer<4096>>();
    auto work = [&](std::size_t id) {
        for (std::size_t i = 0; i < each; ++i) (*ring)(events::allocated{nullptr, id * each + i});
    };
    std::thread a(work, 0), b(work, 1), c(work, 2);
    a.join();
    b.join();
    c.join();
    REQUIRE(ring->seen() == 3 * each);
    auto found = std::make_unique<bool[]>(3 * each);
    for (std::uint64_t i = 0; i < ring->seen(); ++i) found[(*ring)[i].bytes] = true;
    std::size_t different = 0;
    for (std::size_t i = 0; i < 3 * each; ++i) different += found[i];
    CHECK(different == 3 * each);
}
