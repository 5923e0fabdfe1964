// report/fault.hpp - every kind of damage that an allocator can notice, and glibc's sentence for it, word for word.
//
// The order is the order of glibc's own tests within each group. One fault, one place that raises it, one test.
#pragma once

#include <string_view>

namespace ptm {

enum class fault : unsigned {
    // freeing
    free_invalid_pointer,
    free_invalid_size,
    cache_too_many_chunks,
    cache_unaligned_chunk_freeing,
    cache_double_free,
    free_invalid_next_size_fast,
    double_free_fast_top,
    invalid_fast_entry,
    double_free_top,
    double_free_out,
    double_free_not_prev,
    free_invalid_next_size_normal,
    sizes_disagree_while_consolidating,
    sizes_disagree,
    links_disagree,
    skip_links_disagree,
    free_corrupted_unsorted,
    free_corrupted_small,
    unmap_invalid_pointer,
    // resizing
    resize_invalid_pointer,
    resize_invalid_old_size,
    resize_invalid_next_size,
    remap_invalid_pointer,
    // allocating
    cache_unaligned_chunk,
    fast_unaligned_chunk,
    fast_wrong_bin,
    fast_unaligned_chunk_stashing,
    fast_wrong_bin_stashing,
    small_links_disagree,
    unsorted_invalid_size,
    unsorted_invalid_next_size,
    unsorted_mismatching_prev_size,
    unsorted_links_disagree,
    unsorted_invalid_prev_in_use,
    large_skip_links_disagree,
    large_skip_links_disagree_at_end,
    large_links_disagree,
    corrupted_unsorted_own_bin,
    corrupted_unsorted_larger_bin,
    corrupted_top_size,
    break_adjusted,
    // consolidating, counting, leaving
    consolidate_unaligned_fast_chunk,
    consolidate_invalid_size,
    sizes_disagree_in_fast_bins,
    statistics_unaligned_fast_chunk,
    information_unaligned_fast_chunk,
    leaving_unaligned_cached_chunk,

    count
};

namespace detail {
inline constexpr std::string_view sentences[] = {
    "free(): invalid pointer",
    "free(): invalid size",
    "free(): too many chunks detected in tcache",
    "free(): unaligned chunk detected in tcache 2",
    "free(): double free detected in tcache 2",
    "free(): invalid next size (fast)",
    "double free or corruption (fasttop)",
    "invalid fastbin entry (free)",
    "double free or corruption (top)",
    "double free or corruption (out)",
    "double free or corruption (!prev)",
    "free(): invalid next size (normal)",
    "corrupted size vs. prev_size while consolidating",
    "corrupted size vs. prev_size",
    "corrupted double-linked list",
    "corrupted double-linked list (not small)",
    "free(): corrupted unsorted chunks",
    "free(): chunks in smallbin corrupted",
    "munmap_chunk(): invalid pointer",
    "realloc(): invalid pointer",
    "realloc(): invalid old size",
    "realloc(): invalid next size",
    "mremap_chunk(): invalid pointer",
    "malloc(): unaligned tcache chunk detected",
    "malloc(): unaligned fastbin chunk detected 2",
    "malloc(): memory corruption (fast)",
    "malloc(): unaligned fastbin chunk detected 3",
    "malloc(): chunk size mismatch in fastbin",
    "malloc(): smallbin double linked list corrupted",
    "malloc(): invalid size (unsorted)",
    "malloc(): invalid next size (unsorted)",
    "malloc(): mismatching next->prev_size (unsorted)",
    "malloc(): unsorted double linked list corrupted",
    "malloc(): invalid next->prev_inuse (unsorted)",
    "malloc(): largebin double linked list corrupted (nextsize)",
    "malloc(): largebin double linked list corrupted (nextsize)",
    "malloc(): largebin double linked list corrupted (bk)",
    "malloc(): corrupted unsorted chunks",
    "malloc(): corrupted unsorted chunks 2",
    "malloc(): corrupted top size",
    "break adjusted to free malloc space",
    "malloc_consolidate(): unaligned fastbin chunk detected",
    "malloc_consolidate(): invalid chunk size",
    "corrupted size vs. prev_size in fastbins",
    "int_mallinfo(): unaligned fastbin chunk detected",
    "__malloc_info(): unaligned fastbin chunk detected",
    "tcache_thread_shutdown(): unaligned tcache chunk detected",
};
static_assert(sizeof(sentences) / sizeof(sentences[0]) == static_cast<unsigned>(fault::count));
}

// sentence - what glibc writes to standard error for this fault, without the newline.
constexpr std::string_view sentence(fault f) noexcept { return detail::sentences[static_cast<unsigned>(f)]; }

static_assert(sentence(fault::double_free_top) == "double free or corruption (top)");
static_assert(sentence(fault::leaving_unaligned_cached_chunk).starts_with("tcache_thread_shutdown"));

} // namespace ptm
