// observe/counters.hpp - how often each event happened. Thread-safe; one relaxed atomic addition an event.
//
// The numbers live in a `tally`, which may stand in memory that several processes share: see move_to().
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <ptm/observe/observer.hpp>

namespace ptm {

// tally - the numbers. All zero is a valid tally, so that it may lie in a fresh file mapping.
struct tally {
    std::atomic<std::uint64_t> allocated{}; // blocks
    std::atomic<std::uint64_t> freed{};     // blocks
    std::atomic<std::uint64_t> processes{}; // that count into this tally, told by who moves them here
    std::atomic<std::uint64_t> bytes_requested{};
    std::atomic<std::uint64_t> bytes_gained{}; // from backends
    std::atomic<std::uint64_t> bytes_returned{};
    std::atomic<std::uint64_t> consolidations{};
};

// counters - an observer that adds to a tally: its own until it is moved to another.
class counters {
    tally own_;
    std::atomic<tally*> elsewhere_ = nullptr;

    static void add(std::atomic<std::uint64_t>& to, std::uint64_t n) noexcept {
        to.fetch_add(n, std::memory_order_relaxed);
    }

public:
    constexpr counters() noexcept = default;

    // now - the tally in use; read its members at any time.
    tally& now() noexcept {
        tally* other = elsewhere_.load(std::memory_order_acquire);
        return other ? *other : own_;
    }

    // move_to - counts into `other` from now on; what was counted before stays where it is.
    void move_to(tally& other) noexcept { elsewhere_.store(&other, std::memory_order_release); }

    void operator()(const events::allocated& e) noexcept {
        add(now().allocated, 1);
        add(now().bytes_requested, e.request);
    }
    void operator()(const events::freed&) noexcept { add(now().freed, 1); }
    void operator()(const events::system_grew& e) noexcept { add(now().bytes_gained, e.gained.bytes); }
    void operator()(const events::system_shrank& e) noexcept { add(now().bytes_returned, e.bytes); }
    void operator()(const events::consolidated&) noexcept { add(now().consolidations, 1); }
};

static_assert(observer_policy<counters>);

} // namespace ptm
