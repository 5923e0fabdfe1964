// thread/secret.hpp - a word that nobody can guess, for telling a chunk that is cached from one that looks like it.
#pragma once

#include <cerrno>
#include <cstdint>
#include <ctime>

#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ptm/core/address.hpp>

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

} // namespace ptm
