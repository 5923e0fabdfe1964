// faults/crime.hpp - what the crimes have in common: the words of a chunk, seen from its block.
//
//                 +--------------------------+
//   block[-2]     | previous_size            |   of the chunk before, if that is free
//                 +--------------------------+
//   block[-1]     | size_word: size | A|M|P  |
//                 +--------------------------+
//   block[0]      | forward                  |   of a free chunk: in its bin; of a cached or fast one: the next link
//   block[1]      | back                     |   of a cached one: the key
//   block[2]      | skip_forward             |   of a free chunk in a large bin: the next smaller size
//   block[3]      | skip_back                |   the next larger size
//                 +--------------------------+
//
// Sizes as they come about on 64-bit systems: a block of n bytes lies in a chunk of n + 8, rounded up to 16, at least
// 32. Chunks to 1040 bytes go to the thread's cache when freed, seven of a size; further ones to 128 bytes to a fast
// bin; all others merge with their neighbours, and wait unsorted until a search sorts them.
//
// Everything is volatile: the compiler has to do the damage that is written. Nothing here uses the heap but where the
// name says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <malloc.h>
#include <unistd.h>

namespace crime {

using word = volatile std::size_t;

static_assert(sizeof(std::size_t) == 8, "the pictures of the crimes show 64-bit chunks");

inline word& word_of(void* block, std::ptrdiff_t i) { return static_cast<word*>(block)[i]; }
inline word& previous_size(void* block) { return word_of(block, -2); }
inline word& size_word(void* block) { return word_of(block, -1); }
inline word& forward(void* block) { return word_of(block, 0); }
inline word& back(void* block) { return word_of(block, 1); }
inline word& skip_forward(void* block) { return word_of(block, 2); }
inline word& skip_back(void* block) { return word_of(block, 3); }

// The flag P of a size word: the chunk before is in use.
inline constexpr std::size_t previous_used = 1;

// chunk_of - the address of a block's chunk, as the links of bins have it.
inline std::size_t chunk_of(void* block) { return reinterpret_cast<std::size_t>(block) - 16; }

// inside - an address within a block that no chunk can have: not a multiple of 16.
inline std::size_t inside(std::size_t address) { return address + 8; }

// link_to - what a cached or fast block has to hold to lead to `target`: links are xored with their own page number.
inline std::size_t link_to(void* holder, std::size_t target) {
    return reinterpret_cast<std::size_t>(holder) >> 12 ^ target;
}

// fill_cache - the thread's cache holds seven of this size: the next ones freed go to the arena.
inline void fill_cache(std::size_t bytes) {
    void* blocks[7];
    for (void*& block : blocks) block = std::malloc(bytes);
    for (void* block : blocks) std::free(block);
}

// allocate - a block that stays: it keeps its neighbours apart, or makes the arena search.
inline void allocate(std::size_t bytes) { word_of(std::malloc(bytes), 0) = 0; }

// empty_cache - takes those seven out again.
inline void empty_cache(std::size_t bytes) {
    for (int i = 0; i < 7; ++i) allocate(bytes);
}

// sort_free_chunks - a request that no bin can serve: the search for it sorts all unsorted chunks on its way to top.
inline void sort_free_chunks() { allocate(5000); }

} // namespace crime
