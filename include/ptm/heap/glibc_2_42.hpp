// heap/glibc_2_42.hpp - the allocator of the GNU C library 2.42, as it was released.
//
// A named configuration never changes what it does; new behaviour is a new name. The stable branch after the release,
// which distributions ship, is glibc_2_42_branch.
#pragma once

#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/thread/tiered_cache.hpp>

namespace ptm {

struct glibc_2_42
    : edit<glibc_2_36,
           set_cache<tiered_cache<largest_size::left_out>>, // 64 stacks of 7, the last one idle, and 12 tiers
           set_checked<checks::glibc_2_42>,
           set_tuned<tuning{
               .most_cache_request = 4 * 1024 * 1024 - glibc_2_36::header::alignment - glibc_2_36::header::overhead,
               .fallback_multiple = 0,
               .fallback_least = 1024 * 1024,
               .environment = environment_source::glibc_variables,
           }>,
           set_ruled<rules{
               .freed_small_to_own_bin = true,
               .alignment_merges = true,
               .size_doubted_late = true,
               .realloc_keeps_close_fits = true,
               .aligned_alloc_is_strict = true,
               .explicit_page_is_threshold = true,
               .four_pages_fill_a_sub_heap = false,
               .tunables = tunable_rules::glibc_2_42,
           }>> {};

static_assert(heap_config<glibc_2_42>);

} // namespace ptm
