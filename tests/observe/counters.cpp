#include <ptm/observe/counters.hpp>

#include "support/catch.hpp"

#include <thread>
#include <type_traits>

namespace events = ptm::events;

static_assert(std::is_trivially_destructible_v<ptm::counters> && std::is_trivially_destructible_v<ptm::tally>);
static_assert(!std::is_copy_constructible_v<ptm::counters>);

namespace {

constinit ptm::counters before_constructors;
std::byte memory[64];

void one_of_each(ptm::counters& count) {
    count(events::system_grew{{memory, 48}});
    count(events::allocated{memory, 24});
    count(events::freed{memory});
    count(events::consolidated{});
    count(events::system_shrank{16});
}

} // namespace

TEST_CASE("counters work before constructors, from zero") {
    CHECK(before_constructors.now().allocated == 0);
    one_of_each(before_constructors);
    CHECK(before_constructors.now().allocated == 1);
}

TEST_CASE("each event is added to its own number") {
    ptm::counters count;
    one_of_each(count);
    count(events::allocated{memory, 100});
    CHECK(count.now().allocated == 2);
    CHECK(count.now().bytes_requested == 124);
    CHECK(count.now().freed == 1);
    CHECK(count.now().bytes_gained == 48);
    CHECK(count.now().bytes_returned == 16);
    CHECK(count.now().consolidations == 1);
    CHECK(count.now().processes == 0);
}

TEST_CASE("counters that moved count elsewhere and leave what they had") {
    ptm::counters count;
    ptm::tally& own = count.now();
    one_of_each(count);
    ptm::tally other;
    count.move_to(other);
    CHECK(&count.now() == &other);
    one_of_each(count);
    one_of_each(count);
    CHECK(own.allocated == 1);
    CHECK(other.allocated == 2);
    CHECK(other.bytes_gained == 96);
}

TEST_CASE("two counters may share a tally") {
    ptm::tally shared;
    ptm::counters a, b;
    a.move_to(shared);
    b.move_to(shared);
    one_of_each(a);
    one_of_each(b);
    CHECK(shared.freed == 2);
    CHECK(shared.bytes_returned == 32);
}

TEST_CASE("no event of any thread is lost, also while the counters move") {
    ptm::counters count;
    ptm::tally& own = count.now();
    ptm::tally other;
    auto work = [&] {
        for (int i = 0; i < 5000; ++i) one_of_each(count);
    };
    std::thread a(work), b(work), c(work);
    count.move_to(other);
    a.join();
    b.join();
    c.join();
    CHECK(own.allocated + other.allocated == 15'000);
    CHECK(own.bytes_requested + other.bytes_requested == 15'000 * 24);
    CHECK(own.consolidations + other.consolidations == 15'000);
}
