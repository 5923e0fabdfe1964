// os/clock.hpp - what time it is, roughly and at next to no cost: CONCEPT tells_milliseconds and coarse_clock.
#pragma once

#include <concepts>
#include <cstdint>

#include <time.h>

namespace ptm {

template <class K>
concept tells_milliseconds = requires {
    { K::now() } noexcept -> std::same_as<std::uint64_t>;
};

// coarse_clock - milliseconds since some moment before the program began; exact to some ten, and never goes back.
// cost     some 20 instructions, no system call; errno survives
struct coarse_clock {
    static std::uint64_t now() noexcept {
        timespec t{};
        clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
        return static_cast<std::uint64_t>(t.tv_sec) * 1000 + static_cast<std::uint64_t>(t.tv_nsec) / 1'000'000;
    }
};

static_assert(tells_milliseconds<coarse_clock>);

} // namespace ptm
