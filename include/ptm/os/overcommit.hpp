// os/overcommit.hpp - whether the system counts memory that may be written, also where it was never written.
//
// Where it does, pages given back must be made PROT_NONE: dropping their contents would leave them counted. Nothing
// here allocates; errno survives; thread-safe.
#pragma once

#include <string_view>

#include <sys/auxv.h>

#include <ptm/core/errno_guard.hpp>
#include <ptm/core/relaxed.hpp>
#include <ptm/os/small_file.hpp>

namespace ptm {

// memory_is_counted - for a program with raised privileges always: it is to leave nothing open behind itself.
//
//   root     where the system's files are; another folder in tests
//   source   glibc 2.36, heaps that shrink
inline bool memory_is_counted(std::string_view root = "") noexcept {
    errno_guard keep;
    if (getauxval(AT_SECURE) != 0) return true;
    return detail::small_file<8>(root, "/proc/sys/vm/overcommit_memory").text().starts_with('2');
}

namespace detail {

enum class once_asked : unsigned char { not_yet, no, yes };

// Threads that ask at the same time find the same answer. A test may put another one here.
inline constinit relaxed<once_asked> memory_counted{once_asked::not_yet};

} // namespace detail

// memory_is_counted_here - asked of the system once in a process, as glibc does; then one load.
inline bool memory_is_counted_here() noexcept {
    detail::once_asked answer = detail::memory_counted;
    if (answer == detail::once_asked::not_yet)
        detail::memory_counted = answer = memory_is_counted() ? detail::once_asked::yes : detail::once_asked::no;
    return answer == detail::once_asked::yes;
}

} // namespace ptm
