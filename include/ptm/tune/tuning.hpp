// tune/tuning.hpp - every number that a configuration may choose, with unit, default, and the name glibc gives it.
//
// The defaults are those of glibc 2.36 on 64-bit Linux. They are start values: mallopt and, where `environment` is set,
// the environment may move most of them. Reference: the malloc tunables and mallopt in glibc's manual.
#pragma once

#include <climits>
#include <cstddef>
#include <cstdint>

#include <ptm/core/units.hpp>

namespace ptm {

// environment_source - whether a heap reads glibc's variables (GLIBC_TUNABLES, MALLOC_*) when it is first used.
enum class environment_source : bool { ignored, glibc_variables };

struct tuning {
    // Chunks of at least this size get a mapping of their own; moves up by itself unless `adaptive` is off. Bytes.
    std::size_t mmap_threshold = 128 * 1024; // glibc.malloc.mmap_threshold

    // The adaptive threshold stops here. Bytes.
    std::size_t most_mmap_threshold = 4 * 1024 * 1024 * sizeof(long);

    // The user cannot set the threshold beyond this: it stays as it is. Bytes.
    std::size_t most_set_mmap_threshold = SIZE_MAX;

    // Mappings of single chunks at one time.
    int mmap_max = 65536; // glibc.malloc.mmap_max

    // A free that leaves top at least this large gives the end back. Bytes; SIZE_MAX: never.
    std::size_t trim_threshold = 128 * 1024; // glibc.malloc.trim_threshold

    // Asked of the system beyond the need, and kept when giving back. Bytes.
    std::size_t top_pad = 128 * 1024; // glibc.malloc.top_pad

    // Not 0: an arena that has more than that asks for 1/ahead_share of what it has beyond the need, up to most_ahead
    // bytes: large heaps grow in fewer steps. Pages that nobody touches take no memory.
    std::size_t ahead_share = 0;
    std::size_t most_ahead = 4 * 1024 * 1024;

    // Freeing a mapped chunk above the threshold raises the threshold to its size.
    bool adaptive = true;

    // Requests up to this size go to the fast bins when freed. Bytes, 0 .. 20 words.
    std::size_t fast_request = 16 * sizeof(std::size_t); // glibc.malloc.mxfast

    // Chunks of one size in a thread's cache, 0 .. 65535.
    std::size_t cache_count = 7; // glibc.malloc.tcache_count

    // Requests up to this size may be cached. Bytes.
    std::size_t cache_request = 1032; // glibc.malloc.tcache_max

    // The user cannot raise it further than this. Bytes.
    std::size_t most_cache_request = 1032;

    // All chunks in a thread's cache together, where a cache is bounded so: budget_cache. Bytes.
    std::size_t cache_budget = 256 * 1024;

    // Where a cache exchanges batches (front_cache): what no slabs have may come to that share of the heap's memory,
    // divided by the threads, if that is more.
    std::size_t budget_share = 8;

    // There, too: how often what nobody wanted in the meantime goes home.
    // Milliseconds.
    std::uint64_t exchange_period = 500;

    // When an arena would have to grow there, and more than 1/collect_share of the heap's memory and
    // `collect_least` bytes lie in batches that wait for a thread, they go home and merge first.
    std::size_t collect_share = 8;
    std::size_t collect_least = 256 * 1024;

    // Where it has slabs: when an arena would have to grow, and more than 1/slab_share of the heap's memory is free in
    // them, and the heap has become larger by 1/slab_growth since, the thread's own lists go back there first, and
    // pages that no block is in to the system, if `slab_least` bytes are free there: each is a call, for which all
    // processors that run the program stand still. And when more than 1/window_share of the heap's memory is in windows
    // that no slab needs, those go back to the system before an arena grows.
    std::size_t slab_share = 16;
    std::size_t slab_growth = 8;
    std::size_t slab_least = 4 * 1024 * 1024;
    std::size_t window_share = 4;

    // And a thread takes slabs and windows that nobody uses, but that the threads on another processor had last, before
    // new memory, if those of all processors are more than 1/idle_share of the heap's memory; in one of up to
    // `idle_small` bytes, 1/idle_share_small: producer_consumer takes 0.8 of the memory.
    std::size_t idle_share = 4;
    std::size_t idle_share_small = 16;
    std::size_t idle_small = 8 * 1024 * 1024;

    // And new windows get their pages from the system in one call for several, which together are 1/populate_share of
    // the heap's memory, up to `populate_most` bytes, instead of by a fault for each page when it is written to first:
    // bench/burst takes 0.77 of the time, with 64 KiB 0.8, with 512 KiB and 2 MiB as with 256.
    std::size_t populate_share = 128;
    std::size_t populate_most = 256 * 1024;

    // Chunks of `exchange_large` bytes and more do not wait when `exchange_most` bytes of their size do already, and
    // 1/exchange_share of the heap's memory: what it costs to take one home and to cut it again is little beside its
    // bytes, but in a large heap it is done again and again, under locks that are wanted. 16 MiB of blocks of 1 to 8
    // KiB, allocated and then freed, take 0.6 of the time with 1/64 instead of 1/256, and 1.06 of the memory,
    // realloc_growth 1.08; with 1/32 0.5 and 1.09, and of 8 to 32 KiB 1.23. Naturally aligned ones, which fewer ask
    // for, have no share. A batch counts as one of the usual size, though it may be twice as large.
    std::size_t exchange_large = 1024;
    std::size_t exchange_most = 32 * 1024;
    std::size_t exchange_share = 64;

    // In a heap of up to `larger_below` bytes, a request that its list has nothing for is met by a chunk that the
    // thread has of one of the next two sizes, larger by an eighth or a quarter, before any is cut. Blocks of 1 to 32
    // KiB, replaced at random, 1 to 32 MiB of them: 0.92 of the memory, 0.96 of the time; churn 0.91 of the memory,
    // realloc_growth 0.93. Of 128 MiB, 1.01 of both; of 256 MiB, 1.02 of the memory, 1.07 of the time. Bytes.
    std::size_t larger_below = 64 * 1024 * 1024;

    // And when a thread ends, and more than `collect_at_end` bytes wait, or are free since that was asked last, and
    // more than 1/collect_share of what is in use: then they go home and back to the system. When it was the last but
    // one, a quarter of `collect_at_end` is enough: what waits keeps several times its bytes from going back. Bytes.
    std::size_t collect_at_end = 8 * 1024 * 1024;

    // What goes back to the system every exchange_period lies in rows of so many bytes at least.
    std::size_t give_back_least = 16 * 1024;

    // Chunks that a search may sort after it has stashed a fitting one; 0: no limit.
    std::size_t cache_unsorted_limit = 0; // glibc.malloc.tcache_unsorted_limit

    // Not 0: what is handed out is filled with its complement, what is freed with it. The low byte counts.
    int perturb = 0; // glibc.malloc.perturb

    // 1: a heap's main arena grows and shrinks to whole huge pages, and asks the system to use them, where it does so
    // on advice. 2: memory is mapped in huge pages that the system has set aside, of its usual size; above 2: of that
    // many bytes. Where there are none, ordinary pages do. An arena of one's own is told by its shared_state.
    std::uint64_t huge_pages = 0; // glibc.malloc.hugetlb

    // Arenas at most; 0: as many as the policy `arenas` makes of the number of processors.
    std::size_t arena_max = 0; // glibc.malloc.arena_max

    // So many arenas are made without asking how many processors there are.
    std::size_t arena_test = sizeof(long) == 4 ? 2 : 8; // glibc.malloc.arena_test

    // A sub-heap of a side arena has at least this size at first. Bytes.
    std::size_t least_sub_heap = 32 * 1024;

    // Bytes kept for the head of a sub-heap, and for the arena in the first one, however small ours are: with these
    // numbers the chunks lie where glibc's lie. (Up to 2.34 the head has 4 words.)
    std::size_t sub_heap_head = 6 * sizeof(std::size_t);
    std::size_t arena_head = sizeof(long) == 4 ? 1116 : 2200;

    // When the main backend refuses, the mapped one is asked for a multiple of `fallback_multiple` and at least
    // `fallback_least` bytes; 0 stands for the page size. (2.35 to 2.37 have the two the other way round than the
    // rest.)
    std::size_t fallback_multiple = 1024 * 1024;
    std::size_t fallback_least = 0;

    // Where the main backend has no frontier, an arena asks it for regions: at least `least_region` bytes, and more the
    // more it has, 1/`region_share` of that, up to `most_region`. What is larger than mmap_threshold has one of its
    // own.
    std::size_t least_region = 4096;
    std::size_t most_region = 1024 * 1024;
    std::size_t region_share = 4;

    environment_source environment = environment_source::ignored;

    // glibc_sub_heap - bytes that glibc reserves for a sub-heap: 64 MiB, 1 MiB where addresses have 32 bits.
    constexpr std::size_t glibc_sub_heap() const noexcept { return 2 * most_mmap_threshold; }
};

namespace detail {

// possible - numbers that can be; which one cannot is said while compiling.
template <tuning T>
struct possible {
    static constexpr bool multiple_is_a_power = (T.fallback_multiple & (T.fallback_multiple - 1)) == 0;

    static_assert(T.mmap_threshold <= T.most_mmap_threshold, "tuning: mmap_threshold is above most_mmap_threshold");
    static_assert(T.mmap_max >= 0, "tuning: mmap_max is negative");
    static_assert(T.cache_count <= 65535, "tuning: cache_count is above 65535");
    static_assert(T.cache_request <= T.most_cache_request, "tuning: cache_request is above most_cache_request");
    static_assert(multiple_is_a_power, "tuning: fallback_multiple must be 0 or a power of two");
    static_assert(T.region_share > 0, "tuning: region_share is a divisor");
    static constexpr bool yes = true;
};

} // namespace detail

} // namespace ptm
