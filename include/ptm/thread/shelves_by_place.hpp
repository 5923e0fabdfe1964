// thread/shelves_by_place.hpp - shelves with locks, where threads leave something for one another, at several places.
//
//   corner of place 0: shelf shelf shelf ...  bytes | corner of place 1: shelf shelf shelf ...  bytes | ...
//
// A thread goes to the corner of the processor that it runs on, and to others when there is nothing there: threads on
// two processors do not come to write to the same cache lines. What stands on a shelf is up to who derives from this.
#pragma once

#include <cstddef>

#include <ptm/core/address.hpp>
#include <ptm/core/relaxed.hpp>
#include <ptm/sync/lock.hpp>

namespace ptm::detail {

// places - that processors share by their numbers.
inline constexpr unsigned places = 4;

// lockable_shelf - held_by_fork: locked by the thread that forks, until the fork is over.
template <lock_policy Lock>
struct lockable_shelf {
    [[no_unique_address]] Lock lock;
    bool held_by_fork = false;

    // lock_for_fork - take(lock); false: the calling thread has it already. See arena_ring.
    void lock_for_fork(auto&& take) noexcept { held_by_fork = take(lock); }
    void unlock_after_fork() noexcept {
        if (held_by_fork) lock.unlock();
    }
    void reset_after_fork() noexcept {
        if (held_by_fork) lock.reset_after_fork();
    }
};

// shelves_by_place - Shelf: a lockable_shelf. Shelves: of each corner.
template <class Shelf, unsigned Shelves>
class shelves_by_place {
public:
    static constexpr unsigned places = ptm::detail::places;

    // lock_for_fork, unlock_after_fork, reset_after_fork - of every shelf.
    void lock_for_fork(auto&& take) noexcept {
        for_each_shelf([&](Shelf& s) { s.lock_for_fork(take); });
    }
    void unlock_after_fork() noexcept {
        for_each_shelf([](Shelf& s) { s.unlock_after_fork(); });
    }
    void reset_after_fork() noexcept {
        for_each_shelf([](Shelf& s) { s.reset_after_fork(); });
    }

protected:
    // corner - in cache lines that other processors do not write to. bytes: of what stands there and counts.
    struct alignas(apart_bytes) corner {
        Shelf shelves[Shelves];
        relaxed<std::size_t> bytes = 0;
    };

    constexpr shelves_by_place() noexcept = default;

    corner& at(unsigned place) noexcept { return corners_[place % places]; }
    const corner& at(unsigned place) const noexcept { return corners_[place % places]; }

    // all_bytes - of all corners, none of which stands still meanwhile.
    std::size_t all_bytes() const noexcept {
        std::size_t sum = 0;
        for (const corner& c : corners_) sum += c.bytes;
        return sum;
    }

private:
    corner corners_[places];

    void for_each_shelf(auto&& visit) noexcept {
        for (corner& c : corners_)
            for (Shelf& s : c.shelves) visit(s);
    }
};

} // namespace ptm::detail
