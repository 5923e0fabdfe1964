#include "support/catch.hpp"
#include "support/noisy_lock.hpp"

#include <ptm/thread/shelves_by_place.hpp>

#include <cstdint>

namespace {
using ptm_test::noisy_lock;

struct shelf : ptm::detail::lockable_shelf<noisy_lock> {
    int stands = 0;
};

// shelves - with what is protected open to look at.
struct shelves : ptm::detail::shelves_by_place<shelf, 7> {
    using shelves_by_place::all_bytes;
    using shelves_by_place::at;
    using shelves_by_place::corner;

    constexpr shelves() noexcept = default;
};
constexpr unsigned places = shelves::places;
}

TEST_CASE("every place has its corner, and a place beyond the last one that of another") {
    shelves s;
    for (unsigned place = 0; place < places; ++place) {
        s.at(place).shelves[3].stands = static_cast<int>(place) + 1;
        s.at(place).bytes.add(100u << place);
    }
    const shelves& looked_at = s;
    for (unsigned place = 0; place < 4 * places; ++place) {
        CHECK(looked_at.at(place).shelves[3].stands == static_cast<int>(place % places) + 1);
        CHECK(looked_at.at(place).bytes == 100u << place % places);
        CHECK(looked_at.at(place).shelves[2].stands == 0);
    }
    CHECK(s.all_bytes() == 1500);
}

TEST_CASE("no two corners share cache lines that a processor fetches together") {
    static constinit shelves s{};
    for (unsigned place = 0; place < places; ++place)
        CHECK(reinterpret_cast<std::uintptr_t>(&s.at(place)) % ptm::apart_bytes == 0);
}

TEST_CASE("a fork takes every shelf's lock, but those that its own thread may have, and lets go those that it took") {
    shelves s;
    noisy_lock::taken = noisy_lock::let_go = noisy_lock::reset = 0;
    int asked = 0;
    auto all_but_third = [&](noisy_lock& lock) {
        if (++asked == 3) return false;
        lock.lock();
        return true;
    };
    s.lock_for_fork(all_but_third);
    constexpr int all = 7 * int{places};
    CHECK(asked == all);
    CHECK(noisy_lock::taken == all - 1);
    s.unlock_after_fork();
    CHECK(noisy_lock::let_go == all - 1);
    asked = 0;
    s.lock_for_fork(all_but_third);
    s.reset_after_fork();
    CHECK(noisy_lock::reset == all - 1);
    CHECK(noisy_lock::let_go == all - 1);
    int free_now = 0;
    s.lock_for_fork([&](noisy_lock& lock) { return free_now += lock.try_lock(), true; });
    CHECK(free_now == all);
}
