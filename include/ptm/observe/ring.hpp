// observe/ring.hpp - the last `Entries` events, for the debugger and for tests.
//
// A slot is claimed by one atomic addition, so threads may write at the same time. One that falls a whole round behind
// shares its slot with another one, and the entry has parts of both: choose `Entries` well above the number of threads.
// A reader who wants a consistent picture stops the writers.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <ptm/core/bits.hpp>
#include <ptm/core/relaxed.hpp>
#include <ptm/observe/observer.hpp>

namespace ptm {

enum class event_kind : unsigned { none, allocated, freed, system_grew, system_shrank, consolidated };

template <std::size_t Entries>
class ring_observer {
    static_assert(is_power_of_two(Entries), "ring_observer: the number of entries must be a power of two");

public:
    struct entry {
        event_kind kind = event_kind::none;
        const void* where = nullptr;
        std::size_t bytes = 0;
    };

    constexpr ring_observer() noexcept = default;

    // seen - events so far, those that were overwritten included.
    std::uint64_t seen() const noexcept { return next_.load(std::memory_order_acquire); }

    // operator[] - the event number i, 0 the first ever; seen() - Entries <= i < seen(). While others are noted, one
    // that is just being overwritten may have parts of both.
    entry operator[](std::uint64_t i) const noexcept {
        const place& p = places_[i % Entries];
        return {p.kind, p.where, p.bytes};
    }

    void operator()(const events::allocated& e) noexcept { put({event_kind::allocated, e.user, e.request}); }
    void operator()(const events::freed& e) noexcept { put({event_kind::freed, e.user, 0}); }
    void operator()(const events::system_grew& e) noexcept {
        put({event_kind::system_grew, e.gained.data, e.gained.bytes});
    }
    void operator()(const events::system_shrank& e) noexcept { put({event_kind::system_shrank, nullptr, e.bytes}); }
    void operator()(const events::consolidated&) noexcept { put({event_kind::consolidated, nullptr, 0}); }

private:
    struct place {
        relaxed<event_kind> kind = event_kind::none;
        relaxed<const void*> where = nullptr;
        relaxed<std::size_t> bytes = 0;
    };

    std::atomic<std::uint64_t> next_{};
    place places_[Entries] = {};

    void put(entry e) noexcept {
        place& p = places_[next_.fetch_add(1, std::memory_order_acq_rel) % Entries];
        p.kind = e.kind;
        p.where = e.where;
        p.bytes = e.bytes;
    }
};

static_assert(observer_policy<ring_observer<8>>);

} // namespace ptm
