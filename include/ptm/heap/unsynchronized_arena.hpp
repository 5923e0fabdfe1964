// heap/unsynchronized_arena.hpp - an arena for one thread, over a memory resource: what stands behind
// unsynchronized_arena_resource. synchronized_arena is the same under a lock.
//
// Regions from the resource, each of which goes back as soon as nothing in it is used; freed blocks of up to two KiB
// are stacked by size and merge later; checks that cost a compare of what is at hand anyway.
#pragma once

#include <ptm/bin/exact_bins.hpp>
#include <ptm/bin/queue_bin.hpp>
#include <ptm/bin/sorted_bins.hpp>
#include <ptm/bin/stack_bins.hpp>
#include <ptm/chunk/boundary_tag.hpp>
#include <ptm/chunk/owned_tag.hpp>
#include <ptm/heap/config.hpp>
#include <ptm/heap/edit.hpp>
#include <ptm/observe/default_poisoning.hpp>
#include <ptm/os/buffer_first.hpp>
#include <ptm/os/upstream.hpp>
#include <ptm/report/reporter.hpp>
#include <ptm/sync/futex_lock.hpp>
#include <ptm/thread/arenas.hpp>
#include <ptm/thread/cache.hpp>

namespace ptm {

struct unsynchronized_arena {
    using header = boundary_tag<plain_links>;
    using main_backend = buffer_first<upstream_backend<>>;
    using arena_backend = no_backend;
    using mapped_backend = no_backend; // large blocks have regions of their own
    using fast_bins = stack_bins_to<2064>;
    using unsorted_bin = queue_bin;
    using small_bins = exact_bins;
    using large_bins = sorted_bins;
    using lock = no_lock;
    using arenas = one_arena;
    using cache = no_cache;
    using observer = no_observer;
    using poisoning = default_poisoning;
    using hooks = no_hooks;
    using reporter = abort_reporter;
    static constexpr auto checked = checks::glibc_2_36 - checks::of(fault::free_invalid_next_size_fast);
    static constexpr auto tuned =
        tuning{.mmap_threshold = 32 * 1024, .mmap_max = 0, .top_pad = 0, .fast_request = 2064};
    static constexpr auto ruled = rules{.large_merges_fast = false};
};

// synchronized_arena - for several threads: also for the stripes of a striped_arena.
struct synchronized_arena : edit<unsynchronized_arena, set_lock<futex_lock>, set_header<owned_tag<plain_links>>> {
    static constexpr unsigned stripes = 8; // arena_for
};

static_assert(heap_config<unsynchronized_arena> && heap_config<synchronized_arena>);

} // namespace ptm
