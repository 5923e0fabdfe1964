// play_contents.hpp - what the player writes into blocks, and how it sees that nobody else did.
//
// Every block is filled, over its usable size, with words made from its slot, its generation and the position. They
// are looked at again before the block is freed or resized and, as far as it must survive, after resizing. Two blocks
// that overlap therefore show as damage; a sweep over all live blocks in order of address shows it directly.
// Large blocks are filled and looked at in samples: 512 bytes at either end and some words between, because touching
// every page of a large trace would take longer than the allocator does. --thorough touches everything.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace play {

struct block {
    unsigned char* at;
    std::size_t asked;
    std::size_t usable;
    std::uint64_t key; // of the pattern; another one in every generation of a slot
};

constexpr std::size_t word_size = sizeof(std::uint64_t);
constexpr std::size_t fully_filled = 4096; // bytes; blocks up to this size are filled completely
constexpr std::size_t end_words = 64;
constexpr std::size_t samples = 8;

inline std::uint64_t pattern_key(std::uint64_t slot, std::uint64_t generation) {
    std::uint64_t z = (slot << 32) + generation + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    return z ^ (z >> 27);
}

inline std::uint64_t pattern_word(std::uint64_t key, std::size_t index) { return key + index * 0x9e3779b97f4a7c15u; }

// fill_run, run_holds - the words [from, to) of a block.
inline void fill_run(unsigned char* at, std::uint64_t key, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
        const std::uint64_t word = pattern_word(key, i);
        __builtin_memcpy(at + i * word_size, &word, word_size);
    }
}

inline bool run_holds(const unsigned char* at, std::uint64_t key, std::size_t from, std::size_t to) {
    std::uint64_t difference = 0;
    for (std::size_t i = from; i < to; ++i) {
        std::uint64_t word;
        __builtin_memcpy(&word, at + i * word_size, word_size);
        difference |= word ^ pattern_word(key, i);
    }
    return difference == 0;
}

// for_each_run - calls visit(from, to) for each run of words that is filled in a block of `words` words, not going
// beyond `limit` words. False as soon as visit says false.
template <class Visit>
bool for_each_run(std::size_t words, std::size_t limit, bool thorough, Visit visit) {
    if (thorough || words * word_size <= fully_filled) return visit(std::size_t{0}, std::min(words, limit));
    if (!visit(std::size_t{0}, std::min(end_words, limit))) return false;
    for (std::size_t i = 1; i <= samples; ++i) {
        const std::size_t sample = words / (samples + 1) * i;
        if (sample < limit && !visit(sample, sample + 1)) return false;
    }
    return limit <= words - end_words || visit(words - end_words, std::min(words, limit));
}

inline void fill(const block& b, bool thorough) {
    const std::size_t words = b.usable / word_size;
    for_each_run(words, words, thorough, [&](std::size_t from, std::size_t to) {
        fill_run(b.at, b.key, from, to);
        return true;
    });
}

// holds - do the first `bytes` bytes of `b`, now lying at `at`, still hold what fill wrote?
inline bool holds(const block& b, const unsigned char* at, std::size_t bytes, bool thorough) {
    const std::size_t words = b.usable / word_size;
    return for_each_run(words, std::min(bytes / word_size, words), thorough,
                        [&](std::size_t from, std::size_t to) { return run_holds(at, b.key, from, to); });
}

inline bool all_equal(const unsigned char* at, std::size_t from, std::size_t to, unsigned char value) {
    for (std::size_t i = from; i < to; ++i) {
        if (at[i] != value) return false;
    }
    return true;
}

// is_zero - completely for blocks up to 256 KiB; beyond them the first bytes of every page, and the last page.
inline bool is_zero(const unsigned char* at, std::size_t size, bool thorough) {
    constexpr std::size_t checked_fully = 256 * 1024, stride = 4096;
    if (thorough || size <= checked_fully) return all_equal(at, 0, size, 0);
    for (std::size_t i = 0; i + 64 <= size; i += stride) {
        if (!all_equal(at, i, i + 64, 0)) return false;
    }
    return all_equal(at, size - stride, size, 0);
}

// filled_with - the one byte, if it is one, that all asked bytes of a new block have: what M_PERTURB wrote.
// Returns 0 for blocks too short to tell, for zeros and for anything mixed.
inline unsigned char filled_with(const unsigned char* at, std::size_t size) {
    if (size < 16 || at[0] == 0) return 0;
    const bool whole = size <= fully_filled;
    if (!all_equal(at, 0, whole ? size : 256, at[0])) return 0;
    return whole || all_equal(at, size - 64, size, at[0]) ? at[0] : 0;
}

// overlap - are there two of these `count` blocks with a common byte? Sorts them by address.
inline bool overlap(const block** blocks, std::size_t count) {
    std::sort(blocks, blocks + count, [](const block* a, const block* b) { return a->at < b->at; });
    for (std::size_t i = 1; i < count; ++i) {
        if (blocks[i - 1]->at + blocks[i - 1]->usable > blocks[i]->at) return true;
    }
    return false;
}

} // namespace play
