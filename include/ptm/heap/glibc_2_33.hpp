// heap/glibc_2_33.hpp - the allocator of the GNU C library 2.33, address for address: the version that most of what was
// written about ptmalloc speaks of, and the last one with hooks.
//
// A named configuration never changes what it does; new behaviour is a new name. In the main arena every block lies
// where glibc_2_36 puts it, but for the sizes of the fall-back; in other arenas 16 bytes before that.
//
// Not rebuilt: MALLOC_CHECK_, which is read and has no effect; the variable __morecore; memory tagging.
#pragma once

#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/observe/hooks.hpp>
#include <ptm/os/decorated.hpp>

namespace ptm {

struct glibc_2_33
    : edit<glibc_2_36, set_main_backend<told<brk_backend, run_time_hooks::after_morecore>>,
           set_arenas<attached_arenas<sizeof(long) == 4 ? 2 : 8, detail::count_listed>>,
           set_cache<array_cache_marked<mark_of_block>>, set_hooks<run_time_hooks>, set_checked<checks::glibc_2_33>,
           set_tuned<tuning{
               .most_set_mmap_threshold = tuning{}.glibc_sub_heap() / 2,
               .sub_heap_head = 4 * sizeof(std::size_t),
               .fallback_multiple = 0,
               .fallback_least = 1024 * 1024,
               .environment = environment_source::glibc_variables,
           }>,
           set_ruled<rules{.tunables = tunable_rules::glibc_2_33, .cache_after_the_end = true}>> {};

static_assert(heap_config<glibc_2_33>);

} // namespace ptm
