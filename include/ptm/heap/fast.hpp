// heap/fast.hpp - the quick general malloc: glibc's boundary tags and arenas, with small blocks that have no header, a
// cache that trades in batches, bins whose every verb is O(1), and mappings that are used again. For programs; also as
// libptm_fast.so under them.
//
// A malloc and free of 1 to 1024 bytes that the thread's cache serves take 31 instructions in the preload library, 12
// where the size is known while compiling (heap::malloc_of, free_of, heap_allocator). They write to one cache line
// besides the block, and read two that threads share and hardly anybody writes to: where the windows of small blocks
// end, and the mark of the block's window. Requests of more, up to 64 KiB, take 42: their list is looked up in a table,
// and their block has a header. What is looked for all the same costs nothing there: every check of glibc's but the two
// that free would have to make at once.
//
// Blocks of up to 1 KiB lie side by side in slabs of 16 KiB (thread/slab.hpp), those of one size together, without
// headers: 16 bytes take 16. They are handed out in the order of their addresses, and go back to their slab when the
// thread has no room for them. Against slabs of chunks, which have headers: 0.99 of the time of bench/'s programs, 0.95
// of the memory; python3, lua and perl 0.96 of it, a burst of small blocks 0.91. With slabs to 4 KiB tides takes 1.1
// times as long and threads_medium 1.3 times. With slabs of 32 KiB instead of 16, phases takes 1.08 of the memory,
// text_index 1.05, tides 1.03, and tides and burst 0.97 of the time; with slabs of 8 KiB, tides and phases 0.97 of the
// memory, sqlite3 1.03, and burst and churn_small 1.1 times as long. Where memory is poisoned for a checker, small
// blocks are chunks.
//
// What is larger, up to 64 KiB, or aligned, threads trade in batches (thread/transfer_cache.hpp). With lists to 8 KiB
// only, python3 takes 0.96 of the memory, churn 1.1 of both, and blocks of 8 to 32 KiB three times as long; with lists
// to 32 KiB blocks above those take four times as long, churn 1.05 of the time and 1.04 of the memory, realloc_growth
// 0.97 and 0.95. Where a thread has none of a size, one that it has of the next two will do, as long as the heap is
// small (tuning's larger_below): what lists keep of each of 40 sizes is much of it then.
//
// Slabs and windows that nobody uses are left to the threads of the processor that had them last, until they are a
// quarter of the heap, or a sixteenth of a small one (tuning's idle_share): phases takes 1.08 of the memory for that,
// and 0.7 of the time where the processors are far from each other. Of new windows a large heap gets the pages of
// several in one call of the system (populate_share): burst takes 0.77 of the time.
//
// Memory goes back without being asked for: half a second after it was wanted last, as long as anybody frees anything;
// when a thread ends and leaves much behind; large mappings after a quarter of a second. A program that frees all it
// has and then does nothing keeps it until it calls trim() or give_back().
//
// With 512 KiB instead of 256 for a thread's small blocks, sets of 256 KiB that are allocated and freed again and again
// take 0.6 of the time, but binary_trees and free_fifo 1.1 times as long, and producer_consumer 1.3 times the memory:
// what goes home comes back in the order of addresses.
//
// Blocks of 4 MiB and more are mapped, and a sixteenth of the most that was in use is kept (os/mapping_cache.hpp): with
// an eighth large_blocks takes 0.92 of the time, and 1.03 of the memory. Where those of 1 MiB and more are mapped,
// blocks of 1 to 4 MiB that replace each other at random take 2 to 4 times as long, with 0.9 of the memory,
// large_blocks 0.95 and 0.99; with 8 MiB instead, large_blocks takes 1.25 times as long.
//
// An aligned block, up to an alignment of a page that at most doubles it, is one of a size that is a multiple of the
// alignment, from lists of such chunks, which are cut side by side and marked: 0.7 of the time that it takes where each
// begins somewhere inside an ordinary chunk, 0.35 of where each is cut out of a free one (bench/aligned_blocks).
//
// Huge pages are not asked for. For large mappings (keeping::huge) they halve the time of large_blocks on a machine
// whose memory is its own, and double it in a virtual one whose host takes free pages back.
#pragma once

#include <ptm/bin/exact_bins.hpp>
#include <ptm/bin/segregated_bins.hpp>
#include <ptm/bin/stack_bins.hpp>
#include <ptm/chunk/listed_tag.hpp>
#include <ptm/heap/config.hpp>
#include <ptm/observe/default_poisoning.hpp>
#include <ptm/os/brk.hpp>
#include <ptm/os/mapping_cache.hpp>
#include <ptm/os/reserve.hpp>
#include <ptm/report/reporter.hpp>
#include <ptm/sync/futex_lock.hpp>
#include <ptm/thread/front_cache.hpp>
#include <ptm/thread/unshared_arenas.hpp>

namespace ptm {

struct fast {
    using header = listed_tag_where_wide<list_numbers<boundary_tag<plain_links>, 64 * 1024>, plain_links>;
    using main_backend = brk_backend;
    using arena_backend = reserve_backend<tuning{}.glibc_sub_heap()>;
    using mapped_backend = mapping_cache<mmap_backend, keeping{.most = 128_MiB, .age = 250}>;
    using fast_bins = no_fast_bins;
    using unsorted_bin = no_unsorted_bin;
    using small_bins = exact_bins;
    using large_bins = segregated_bins;
    using lock = futex_lock;
    using arenas = unshared_arenas<1>;
    using cache = front_cache<64 * 1024, 16 * 1024, headerless_slabs<>>;
    using observer = no_observer;
    using poisoning = default_poisoning;
    using hooks = no_hooks;
    using reporter = abort_reporter;
    static constexpr auto checked = checks::all - checks::of(fault::free_invalid_pointer, fault::free_invalid_size);
    static constexpr auto tuned = tuning{.mmap_threshold = 4 * 1024 * 1024,
                                         .trim_threshold = 32 * 1024 * 1024,
                                         .top_pad = 256 * 1024,
                                         .ahead_share = 8,
                                         .adaptive = false};
    static constexpr auto ruled = rules{.sub_heaps_grow_ahead = true,
                                        .new_sub_heap_stays = true,
                                        .trims_every_top = true,
                                        .trusts_sizes = true,
                                        .small_realloc_moves = true};
};

static_assert(heap_config<fast>);

} // namespace ptm
