// support/asan.hpp - what AddressSanitizer knows of a byte, and whether it reports a crime. In builds without it
// nothing is poisoned.
#pragma once

#include "support/child.hpp"

#include <ptm/core/address.hpp>
#include <ptm/core/config.hpp>
#include <ptm/observe/asan_poisoning.hpp>

#include <cstddef>
#include <string>

namespace ptm_test {

inline constexpr bool has_asan = PTM_ADDRESS_SANITIZED;

inline bool poisoned([[maybe_unused]] const void* p) {
    bool yes = false;
    PTM_IF_ADDRESS_SANITIZED(yes = __asan_address_is_poisoned(p) != 0;)
    return yes;
}

// touchable - how many bytes from p on can be touched, asked one by one.
inline std::size_t touchable(void* p, std::size_t most) {
    std::size_t n = 0;
    while (n < most && !poisoned(ptm::offset(p, n))) ++n;
    return n;
}

[[gnu::noinline]] inline void touch(void* p, std::ptrdiff_t at) { static_cast<volatile char*>(p)[at] = 1; }

// reported - does AddressSanitizer end a process for what the crime does?
bool reported(auto crime) {
    auto end = in_child(crime);
    bool told = end.errors.find("ERROR: AddressSanitizer: ") != std::string::npos; // in words that go by the place
    return told && !end.exited_with(0);
}

} // namespace ptm_test
