#include <ptm/report/fault.hpp>

#include "support/catch.hpp"

#include <iterator>
#include <set>
#include <string_view>

using ptm::fault;

namespace {

constexpr unsigned faults = static_cast<unsigned>(fault::count);

// Enumerator beside sentence, because in the header they are two lists: a sentence that slipped by one
// place is seen here. The texts are those of glibc.
struct known {
    fault f;
    std::string_view words;
};

constexpr known known_sentences[] = {
    {fault::free_invalid_pointer, "free(): invalid pointer"},
    {fault::free_invalid_size, "free(): invalid size"},
    {fault::cache_too_many_chunks, "free(): too many chunks detected in tcache"},
    {fault::cache_unaligned_chunk_freeing, "free(): unaligned chunk detected in tcache 2"},
    {fault::cache_double_free, "free(): double free detected in tcache 2"},
    {fault::free_invalid_next_size_fast, "free(): invalid next size (fast)"},
    {fault::double_free_fast_top, "double free or corruption (fasttop)"},
    {fault::invalid_fast_entry, "invalid fastbin entry (free)"},
    {fault::double_free_top, "double free or corruption (top)"},
    {fault::double_free_out, "double free or corruption (out)"},
    {fault::double_free_not_prev, "double free or corruption (!prev)"},
    {fault::free_invalid_next_size_normal, "free(): invalid next size (normal)"},
    {fault::sizes_disagree_while_consolidating, "corrupted size vs. prev_size while consolidating"},
    {fault::sizes_disagree, "corrupted size vs. prev_size"},
    {fault::links_disagree, "corrupted double-linked list"},
    {fault::skip_links_disagree, "corrupted double-linked list (not small)"},
    {fault::free_corrupted_unsorted, "free(): corrupted unsorted chunks"},
    {fault::free_corrupted_small, "free(): chunks in smallbin corrupted"},
    {fault::unmap_invalid_pointer, "munmap_chunk(): invalid pointer"},
    {fault::resize_invalid_pointer, "realloc(): invalid pointer"},
    {fault::resize_invalid_old_size, "realloc(): invalid old size"},
    {fault::resize_invalid_next_size, "realloc(): invalid next size"},
    {fault::remap_invalid_pointer, "mremap_chunk(): invalid pointer"},
    {fault::cache_unaligned_chunk, "malloc(): unaligned tcache chunk detected"},
    {fault::fast_unaligned_chunk, "malloc(): unaligned fastbin chunk detected 2"},
    {fault::fast_wrong_bin, "malloc(): memory corruption (fast)"},
    {fault::fast_unaligned_chunk_stashing, "malloc(): unaligned fastbin chunk detected 3"},
    {fault::fast_wrong_bin_stashing, "malloc(): chunk size mismatch in fastbin"},
    {fault::small_links_disagree, "malloc(): smallbin double linked list corrupted"},
    {fault::unsorted_invalid_size, "malloc(): invalid size (unsorted)"},
    {fault::unsorted_invalid_next_size, "malloc(): invalid next size (unsorted)"},
    {fault::unsorted_mismatching_prev_size, "malloc(): mismatching next->prev_size (unsorted)"},
    {fault::unsorted_links_disagree, "malloc(): unsorted double linked list corrupted"},
    {fault::unsorted_invalid_prev_in_use, "malloc(): invalid next->prev_inuse (unsorted)"},
    {fault::large_skip_links_disagree, "malloc(): largebin double linked list corrupted (nextsize)"},
    {fault::large_skip_links_disagree_at_end, "malloc(): largebin double linked list corrupted (nextsize)"},
    {fault::large_links_disagree, "malloc(): largebin double linked list corrupted (bk)"},
    {fault::corrupted_unsorted_own_bin, "malloc(): corrupted unsorted chunks"},
    {fault::corrupted_unsorted_larger_bin, "malloc(): corrupted unsorted chunks 2"},
    {fault::corrupted_top_size, "malloc(): corrupted top size"},
    {fault::break_adjusted, "break adjusted to free malloc space"},
    {fault::consolidate_unaligned_fast_chunk, "malloc_consolidate(): unaligned fastbin chunk detected"},
    {fault::consolidate_invalid_size, "malloc_consolidate(): invalid chunk size"},
    {fault::sizes_disagree_in_fast_bins, "corrupted size vs. prev_size in fastbins"},
    {fault::statistics_unaligned_fast_chunk, "int_mallinfo(): unaligned fastbin chunk detected"},
    {fault::information_unaligned_fast_chunk, "__malloc_info(): unaligned fastbin chunk detected"},
    {fault::leaving_unaligned_cached_chunk, "tcache_thread_shutdown(): unaligned tcache chunk detected"},
};

} // namespace

TEST_CASE("each fault has glibc's sentence") {
    CHECK(std::size(known_sentences) == faults);
    for (const known& k : known_sentences) CHECK(ptm::sentence(k.f) == k.words);
}

TEST_CASE("no two faults say the same, but for the two of a skip ring") {
    CHECK(ptm::sentence(fault::large_skip_links_disagree) == ptm::sentence(fault::large_skip_links_disagree_at_end));
    std::set<std::string_view> different;
    for (unsigned i = 0; i < faults; ++i) different.insert(ptm::sentence(static_cast<fault>(i)));
    CHECK(different.size() == faults - 1);
}

TEST_CASE("sentences are one line without an end") {
    for (unsigned i = 0; i < faults; ++i) {
        const std::string_view words = ptm::sentence(static_cast<fault>(i));
        CHECK_FALSE(words.empty());
        CHECK(words.find('\n') == words.npos);
    }
}
