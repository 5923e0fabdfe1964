// core/config.hpp - what compilers and platforms spell differently.
//
// The only header with conditional compilation: everywhere else a policy or `if constexpr` decides.
#pragma once

#if !defined(__linux__)
#error "ptm: only Linux is supported"
#endif

#if __cplusplus < 202002L
#error "ptm: C++20 is required (-std=c++20)"
#endif

#include <version>

#define PTM_ALWAYS_INLINE [[gnu::always_inline]] inline
#define PTM_NOINLINE [[gnu::noinline]]
#define PTM_COLD [[gnu::cold, gnu::noinline]]

// The bytes of a block belong to its user while it is live and to the allocator while it is free. A type marked
// so may alias any other: without it an inlined free() could be reordered with the user's last store.
#define PTM_MAY_ALIAS [[gnu::may_alias]]

// PTM_ASSUME - a fact that the compiler may build on; it is not tested.
#define PTM_ASSUME(fact)                                                                                               \
    do {                                                                                                               \
        if (!(fact)) __builtin_unreachable();                                                                          \
    } while (false)

// PTM_CPU_RELAX - tells the processor that this thread spins.
#if defined(__x86_64__) || defined(__i386__)
#define PTM_CPU_RELAX() __builtin_ia32_pause()
#else
#define PTM_CPU_RELAX() static_cast<void>(0)
#endif

// PTM_TRY, PTM_CATCH_ALL, PTM_THROW, PTM_RETHROW - try, catch (...) and throw, where there are exceptions. Without them
// nothing is thrown, and what would be ends the program.
#if defined(__cpp_exceptions)
#define PTM_TRY try
#define PTM_CATCH_ALL catch (...)
#define PTM_THROW(what) throw what
#define PTM_RETHROW throw
#else
#define PTM_TRY if (true)
#define PTM_CATCH_ALL else
#define PTM_THROW(what) __builtin_abort()
#define PTM_RETHROW __builtin_abort()
#endif

// PTM_IS_CONSTANT - does the compiler know the value, here, after inlining? For choosing between two ways that do the
// same.
#define PTM_IS_CONSTANT(value) __builtin_constant_p(value)

// PTM_ALLOCATION_RESULT - what allocate_at_least returns: the C++23 library's template, or one of the same shape.
#if defined(__cpp_lib_allocate_at_least) && __cpp_lib_allocate_at_least >= 202302L
#define PTM_ALLOCATION_RESULT ::std::allocation_result
#else
#define PTM_ALLOCATION_RESULT ::ptm::detail::own_allocation_result
#endif

// PTM_ADDRESS_SANITIZED - 1 in builds with -fsanitize=address. PTM_IF_ADDRESS_SANITIZED(...) - what only those have.
#if defined(__SANITIZE_ADDRESS__)
#define PTM_ADDRESS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PTM_ADDRESS_SANITIZED 1
#endif
#endif
#if defined(PTM_ADDRESS_SANITIZED)
#define PTM_ASAN_HEADER <sanitizer/asan_interface.h>
#define PTM_IF_ADDRESS_SANITIZED(...) __VA_ARGS__
#else
#define PTM_ADDRESS_SANITIZED 0
#define PTM_ASAN_HEADER <cstddef>
#define PTM_IF_ADDRESS_SANITIZED(...)
#endif

// PTM_UNSANITIZED - a function that reads or writes what an arena hides from its users: headers, links, footers.
// PTM_UNSANITIZED_INLINE - the same on the usual path. A sanitized function cannot be made to inline such a one.
#if PTM_ADDRESS_SANITIZED
#define PTM_UNSANITIZED [[gnu::no_sanitize_address]]
#define PTM_UNSANITIZED_INLINE [[gnu::no_sanitize_address]] inline
#else
#define PTM_UNSANITIZED
#define PTM_UNSANITIZED_INLINE PTM_ALWAYS_INLINE
#endif

// PTM_HAS_MEMCHECK - 1 where Valgrind's headers are installed. PTM_IF_MEMCHECK(...) - what needs them.
#if __has_include(<valgrind/memcheck.h>)
#define PTM_HAS_MEMCHECK 1
#define PTM_MEMCHECK_HEADER <valgrind/memcheck.h>
#define PTM_IF_MEMCHECK(...) __VA_ARGS__
#else
#define PTM_HAS_MEMCHECK 0
#define PTM_MEMCHECK_HEADER <cstddef>
#define PTM_IF_MEMCHECK(...)
#endif
