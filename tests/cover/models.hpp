// cover/models.hpp - the slots of a configuration, and what goes into each: a new model is one word in one list.
//
// Two arrays: one for arenas as objects, which read what arena_config names, and one for process-wide heaps.
#pragma once

#include "cover/backends.hpp"
#include "cover/slots.hpp"
#include "support/configs.hpp"

#include <ptm/bin/segregated_bins.hpp>
#include <ptm/bin/tree_bins.hpp>
#include <ptm/chunk/compact_tag.hpp>
#include <ptm/chunk/keyed_links.hpp>
#include <ptm/chunk/owned_tag.hpp>
#include <ptm/chunk/sealed_tag.hpp>
#include <ptm/heap/fast.hpp>
#include <ptm/heap/glibc_2_33.hpp>
#include <ptm/heap/glibc_2_36_counted.hpp>
#include <ptm/heap/glibc_2_42.hpp>
#include <ptm/observe/counters.hpp>
#include <ptm/observe/ring.hpp>
#include <ptm/os/huge_page_backend.hpp>
#include <ptm/os/listed.hpp>
#include <ptm/os/mapping_cache.hpp>
#include <ptm/os/numa.hpp>
#include <ptm/os/shared_file.hpp>
#include <ptm/report/throwing_reporter.hpp>
#include <ptm/sync/mutex_lock.hpp>
#include <ptm/sync/spin_lock.hpp>
#include <ptm/thread/budget_cache.hpp>
#include <ptm/thread/front_cache.hpp>
#include <ptm/thread/tiered_cache.hpp>
#include <ptm/thread/unshared_arenas.hpp>

#include <tuple>

namespace cover {

using namespace ptm;
using namespace ptm::literals;

template <class V>
using put_checked = set_checked<V::is>;
template <class V>
using put_tuned = set_tuned<V::is>;
template <class V>
using put_ruled = set_ruled<V::is>;

// ---- what both arrays have in common --------------------------------------------------------------------------------

using headers = slot<set_header, boundary_tag<plain_links>, boundary_tag<safe_links>,
                     boundary_tag<safe_links, safe_links>, boundary_tag<keyed_links<>, keyed_links<>>,
                     sealed_tag<safe_links>, owned_tag<safe_links>, fast::header, compact_tag>;
using fast_bin_slot = slot<set_fast_bins, stack_bins, stack_bins_to<1032>, no_fast_bins>;
using unsorted_bin_slot = slot<set_unsorted_bin, queue_bin, no_unsorted_bin>;
using small_bin_slot = slot<set_small_bins, exact_bins>;
using large_bin_slot = slot<set_large_bins, sorted_bins, tree_bins, segregated_bins>;
using locks = slot<set_lock, no_lock, spin_lock, futex_lock, mutex_lock>;
using observers = slot<set_observer, no_observer, counters, shared_counters, ring_observer<256>>;
// In builds with a sanitizer these are two.
using poisonings = slot<set_poisoning, no_poisoning, default_poisoning>;
using reporters = slot<set_reporter, throwing_reporter, abort_reporter, trap_reporter, handler_reporter<>>;
using check_sets = slot<put_checked, value<checks::none>, value<checks::glibc_2_36>, value<checks::all>>;
using versions =
    slot<put_ruled, value<rules{}>, value<glibc_2_33::ruled>, value<glibc_2_42::ruled>, value<fast::ruled>>;
using numbers = slot<put_tuned, value<tuning{.fast_request = 1032, .cache_budget = 20'000}>,
                     value<tuning{.cache_unsorted_limit = 3, .perturb = 0x5a}>,
                     value<tuning{.mmap_threshold = 20'000, .trim_threshold = 4096, .top_pad = 0}>,
                     value<tuning{.mmap_max = 2, .cache_request = 8000, .most_cache_request = 8000}>,
                     value<tuning{.adaptive = false, .fast_request = 0, .cache_count = 2, .huge_pages = 1}>>;

// What does not compile: a node of a tree needs links that are pointers.
using never_compiled = each_forbidden<headers, compact_tag, large_bin_slot, tree_bins>;

// ---- arenas as objects ----------------------------------------------------------------------------------------------

template <class B>
using put_main = set_main_backend<counted<failing<B>>>;
template <class B>
using put_mapped = set_mapped_backend<counted<failing<B>>>;

using main_backends = slot<put_main, reserve_backend<64_MiB>, mmap_backend, watched_brk, buffer_backend,
                           listed<mmap_backend>, upstream_nearby, first_nearby, huge_page_backend<>,
                           on_node<reserve_backend<64_MiB>>, shared_file_backend<64_MiB>>;
using arena_backends = slot<set_arena_backend, reserve_backend<4_MiB>, no_backend>;
using mapped_backends =
    slot<put_mapped, mmap_backend, listed<mmap_backend>, mapping_cache<>, huge_page_backend<>, no_backend>;

// The array of arenas.
struct arenas {
    using base = ptm_test::glass;
    using slots = std::tuple<headers, main_backends, arena_backends, mapped_backends, fast_bin_slot, unsorted_bin_slot,
                             small_bin_slot, large_bin_slot, locks, observers, poisonings, reporters, check_sets,
                             versions, numbers>;

    // Short links do not lead from an arena of static storage to what the system maps: it never gets memory.
    using too_far =
        each_forbidden<headers, compact_tag, main_backends, reserve_backend<64_MiB>, mmap_backend, listed<mmap_backend>,
                       huge_page_backend<>, on_node<reserve_backend<64_MiB>>, shared_file_backend<64_MiB>>;
    using apart = joined<too_far, never_compiled>;
};

// ---- heaps ----------------------------------------------------------------------------------------------------------

// upstream_backend is not there: a heap is made while compiling and never destroyed
// (compile_fail/heap_over_a_resource).
using heap_main_backends =
    slot<put_rationed_main, reserve_backend<64_MiB>, mmap_backend, watched_brk,
         told<watched_brk, run_time_hooks::after_morecore>, slice_backend, slice_first, listed<mmap_backend>,
         huge_page_backend<>, on_node<reserve_backend<64_MiB>>, shared_file_backend<64_MiB>>;
using heap_arena_backends =
    slot<put_rationed_arena, reserve_backend<4_MiB>, on_node<reserve_backend<4_MiB>>, no_backend>;
using heap_mapped_backends = slot<put_rationed_mapped, mmap_backend, in_turn<listed<mmap_backend>>, mapping_cache<>,
                                  huge_page_backend<>, no_backend>;
using listed_arenas = attached_arenas<2, ptm::detail::count_listed>;
using arena_policies = slot<set_arenas, one_arena, attached_arenas<2>, listed_arenas, arenas_per_cpu<2>,
                            unshared_arenas<1>, arenas_by_quota<1>>;
using caches =
    slot<set_cache, no_cache, array_cache, array_cache_marked<mark_of_block>, tiered_cache<largest_size::left_out>,
         tiered_cache<largest_size::cached>, budget_cache<>, front_cache<>>;
using hook_slot = slot<set_hooks, no_hooks, run_time_hooks>;

// The array of heaps.
struct heaps {
    using base = ptm_test::glass;
    using slots = std::tuple<headers, heap_main_backends, heap_arena_backends, heap_mapped_backends, fast_bin_slot,
                             unsorted_bin_slot, small_bin_slot, large_bin_slot, locks, arena_policies, caches,
                             observers, hook_slot, poisonings, reporters, check_sets, versions, numbers>;

    // As above: what is refused, by a main arena.
    using too_far = each_forbidden<headers, compact_tag, heap_main_backends, reserve_backend<64_MiB>, mmap_backend,
                                   listed<mmap_backend>, huge_page_backend<>, on_node<reserve_backend<64_MiB>>,
                                   shared_file_backend<64_MiB>>;

    // Nor do these: caches keep pointers in free chunks, where short links have no room for them; and
    // further arenas live in sub-heaps, which need a backend.
    using not_compiled =
        joined<never_compiled,
               each_forbidden<headers, compact_tag, caches, array_cache, array_cache_marked<mark_of_block>,
                              tiered_cache<largest_size::left_out>, tiered_cache<largest_size::cached>, budget_cache<>,
                              front_cache<>>,
               each_forbidden<heap_arena_backends, no_backend, arena_policies, attached_arenas<2>, listed_arenas,
                              arenas_per_cpu<2>, unshared_arenas<1>, arenas_by_quota<1>>>;
    using apart = joined<too_far, not_compiled>;
};

} // namespace cover
