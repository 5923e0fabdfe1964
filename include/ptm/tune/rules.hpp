// tune/rules.hpp - where the versions of glibc go different ways: decisions made while compiling, whereas most numbers
// of struct tuning may move while a program runs.
//
// Without a word from the configuration the way is that of glibc 2.36. Each says since or until when it is the other
// one.
#pragma once

#include <ptm/tune/environment.hpp>

namespace ptm {

struct rules {
    // A small chunk that comes out of a merging free goes straight to the bin of its size, not to the unsorted ones.
    bool freed_small_to_own_bin = false; // 2.41

    // What is cut off around an aligned block merges with its neighbours at once instead of being freed like any other
    // block; and even a tail too small for a chunk is cut off, when what follows it is free.
    bool alignment_merges = false; // 2.39

    // Whether the size of a block being freed is possible is asked only when no cache took it.
    bool size_doubted_late = false; // 2.42

    // realloc returns the block as it is, if that is too large by less than a header, or a mapped one by a page.
    bool realloc_keeps_close_fits = false; // 2.38

    // aligned_alloc refuses what is no power of two.
    bool aligned_alloc_is_strict = false; // 2.38

    // Explicit huge pages also say how large a request gets a mapping of its own, unless the user says that.
    bool explicit_page_is_threshold = false; // 2.39

    // A sub-heap of explicit huge pages, which begins with one page, has at most four.
    bool four_pages_fill_a_sub_heap = true; // 2.35 to 2.41

    // How the environment is read: which tunables there are, their bounds, and what counts as a number.
    tunable_rules tunables = tunable_rules::glibc_2_36;

    // A thread that ends without a cache may still make one afterwards, which nobody hands back then.
    bool cache_after_the_end = false; // until 2.33

    // A request too large for a small bin merges the fast chunks first, so that it finds what they leave; otherwise
    // they are merged only when nothing else is left.
    bool large_merges_fast = true; // all

    // A sub-heap grows by top_pad more than it must, as the main arena does; otherwise by the pages that are missing.
    bool sub_heaps_grow_ahead = false; // none

    // When an arena begins another sub-heap, what was left of the last one stays as a free chunk; otherwise that may
    // make the arena give the new one back at once, and the request fails there.
    bool new_sub_heap_stays = false; // none

    // trim() gives the end of every arena's top back, not only that of the main arena.
    bool trims_every_top = false; // none

    // heap::free_of believes the number it is given: the block's header is not looked at.
    bool trusts_sizes = false; // none

    // realloc of a block that a cache may hold asks the cache for another place instead of locking the arena, and keeps
    // the block where it wastes less than half of it.
    bool small_realloc_moves = false; // none
};

} // namespace ptm
