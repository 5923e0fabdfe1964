// heap/glibc_2_36.hpp - the allocator of the GNU C library 2.36 (ptmalloc), address for address.
//
// A named configuration never changes what it does; new behaviour is a new name.
#pragma once

#include <ptm/bin/exact_bins.hpp>
#include <ptm/bin/queue_bin.hpp>
#include <ptm/bin/sorted_bins.hpp>
#include <ptm/bin/stack_bins.hpp>
#include <ptm/chunk/boundary_tag.hpp>
#include <ptm/heap/config.hpp>
#include <ptm/observe/default_poisoning.hpp>
#include <ptm/os/brk.hpp>
#include <ptm/os/mmap.hpp>
#include <ptm/os/reserve.hpp>
#include <ptm/report/reporter.hpp>
#include <ptm/sync/futex_lock.hpp>
#include <ptm/thread/array_cache.hpp>
#include <ptm/thread/attached_arenas.hpp>

namespace ptm {

struct glibc_2_36 {
    using header = boundary_tag<safe_links>;
    using main_backend = brk_backend;                                 // the main arena grows at the program break
    using arena_backend = reserve_backend<tuning{}.glibc_sub_heap()>; // other arenas: PROT_NONE, committed by mprotect
    using mapped_backend = mmap_backend;                              // requests from mmap_threshold on
    using fast_bins = stack_bins;
    using unsorted_bin = queue_bin;
    using small_bins = exact_bins;
    using large_bins = sorted_bins;
    using lock = futex_lock;
    using arenas = attached_arenas<sizeof(long) == 4 ? 2 : 8>; // for each processor that is online
    using cache = array_cache;                                 // 64 bins of 7
    using observer = no_observer;
    using poisoning = default_poisoning;
    using hooks = no_hooks;
    using reporter = abort_reporter;
    static constexpr auto checked = checks::glibc_2_36;
    static constexpr auto tuned = tuning{.environment = environment_source::glibc_variables};
    static constexpr auto ruled = rules{};
};

static_assert(heap_config<glibc_2_36>);

} // namespace ptm
