// os/secret.hpp - words that nobody can guess, for telling what the allocator wrote from what only looks like it.
//
// Thread-safe, and usable before constructors. Nothing here allocates; errno survives.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <ctime>

#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ptm/core/address.hpp>
#include <ptm/core/config.hpp>

namespace ptm {

// random_word - from the kernel, without waiting; before its pool is filled from the clock and the stack's address.
// Not by way of getrandom(): newer C libraries map pages for it, and blocks would then lie elsewhere.
inline std::uintptr_t random_word() noexcept {
    std::uintptr_t word = 0;
    int saved = errno;
    if (syscall(SYS_getrandom, &word, sizeof word, GRND_NONBLOCK) != static_cast<long>(sizeof word)) {
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC, &now);
        word = (address_of(&now) ^ static_cast<std::uintptr_t>(now.tv_nsec)) * 0x9e3779b97f4a7c15u;
    }
    errno = saved;
    return word;
}

// process_secret - one random word, the same from its first use to the end of the process and in children of fork: what
// was written with it can be read with it. Threads that meet at the first use agree on one. Never 0.
//   cost     a load and a test that is always taken the same way; at the first use a system call
//   word_in_use   the same for who reads what was written with it, and therefore knows that it was drawn: a load
class process_secret {
    static inline constinit std::atomic<std::uintptr_t> word_{0};

    PTM_COLD static std::uintptr_t draw() noexcept {
        std::uintptr_t drawn = random_word(), first = 0;
        if (drawn == 0) drawn = 1;
        return word_.compare_exchange_strong(first, drawn, std::memory_order_relaxed) ? drawn : first;
    }

public:
    static std::uintptr_t word() noexcept {
        std::uintptr_t word = word_.load(std::memory_order_relaxed);
        return word != 0 ? word : draw();
    }

    static std::uintptr_t word_in_use() noexcept { return word_.load(std::memory_order_relaxed); }
};

} // namespace ptm
