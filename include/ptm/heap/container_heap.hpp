// heap/container_heap.hpp - a heap beside the program's malloc, for containers: what stands behind heap_allocator.
//
// The main arena grows in a reserved stretch of addresses and not at the program break: the program's own malloc moves
// that too, and each of the two would take the other's memory for a hole, which it can neither use nor give back.
// Where the stretch cannot be had, or is used up, there are mappings.
//
// A container that grows and ends frees many nodes of one size: hence budget_cache. A std::list<long> that grows to k
// elements and ends takes, for each element, in nanoseconds (GCC 12 -O2, medians of three):
//
//   k                                     5    100   1000  10000
//   std::allocator over glibc 2.36       31     31     30     31
//   array_cache, 7 of a size              8     19     21     21
//   budget_cache                          8      9      9     19
//
// The variables of the C library's malloc say nothing here, so that the limits of the cache are constants for
// heap::malloc_of and free_of.
#pragma once

#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/thread/budget_cache.hpp>

namespace ptm {

namespace detail {
// Address space costs nothing; more than most machines have memory for.
inline constexpr std::size_t container_stretch = sizeof(void*) == 4 ? 256_MiB : std::size_t{64} << 30;
}

struct container_heap : edit<glibc_2_36, set_main_backend<reserve_backend<detail::container_stretch>>,
                             set_cache<budget_cache<>>, set_tuned<tuning{}>> {};

static_assert(heap_config<container_heap>);

} // namespace ptm
