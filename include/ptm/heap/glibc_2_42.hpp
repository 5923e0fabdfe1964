// heap/glibc_2_42.hpp - the allocator of the GNU C library 2.42, as it was released.
//
// A named configuration never changes what it does; new behaviour is a new name. The stable branch after the release,
// which distributions ship, is glibc_2_42_branch.
#pragma once

#include <ptm/bin/exact_bins.hpp>
#include <ptm/bin/queue_bin.hpp>
#include <ptm/bin/sorted_bins.hpp>
#include <ptm/bin/stack_bins.hpp>
#include <ptm/chunk/boundary_tag.hpp>
#include <ptm/heap/config.hpp>
#include <ptm/observe/hooks.hpp>
#include <ptm/os/brk.hpp>
#include <ptm/os/mmap.hpp>
#include <ptm/os/reserve.hpp>
#include <ptm/report/reporter.hpp>
#include <ptm/sync/futex_lock.hpp>
#include <ptm/thread/attached_arenas.hpp>
#include <ptm/thread/tiered_cache.hpp>

namespace ptm {

struct glibc_2_42 {
    using header = boundary_tag<safe_links>;
    using main_backend = brk_backend;                                 // the arena grows at the program break
    using arena_backend = reserve_backend<tuning{}.glibc_sub_heap()>; // other arenas: PROT_NONE, committed by mprotect
    using mapped_backend = mmap_backend;                              // requests from mmap_threshold on
    using fast_bins = stack_bins;
    using unsorted_bin = queue_bin;
    using small_bins = exact_bins;
    using large_bins = sorted_bins;
    using lock = futex_lock;
    using arenas = attached_arenas<sizeof(long) == 4 ? 2 : 8>; // for each processor that is online
    using cache = tiered_cache<largest_size::left_out>;        // 64 stacks of 7, the last one idle, and 12 tiers
    using observer = no_observer;
    using hooks = no_hooks;
    using reporter = abort_reporter;
    static constexpr auto checked = checks::glibc_2_42;
    static constexpr auto tuned = tuning{
        .most_cache_request = 4 * 1024 * 1024 - header::alignment - header::overhead,
        .fallback_multiple = 0,
        .fallback_least = 1024 * 1024,
        .environment = environment_source::glibc_variables,
    };
    static constexpr auto ruled = rules{
        .freed_small_to_own_bin = true,
        .alignment_merges = true,
        .size_doubted_late = true,
        .realloc_keeps_close_fits = true,
        .aligned_alloc_is_strict = true,
        .explicit_page_is_threshold = true,
        .four_pages_fill_a_sub_heap = false,
        .tunables = tunable_rules::glibc_2_42,
    };
};

static_assert(heap_config<glibc_2_42>);

} // namespace ptm
