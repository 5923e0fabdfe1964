// chunk/compact_tag.hpp - the boundary tag in words of four bytes, for arenas of less than 4 GiB.
//
//     chunk ->  +----------------------------+  0
//               | size of previous, if free  |
//               +----------------------------+  4
//               | size             | A | M | P |
//     user  ->  +----------------------------+  8
//               | user bytes, or if free:    |
//               | forward, back              |
//               | forward, back by size      |  16, large chunks only
//               +----------------------------+
//
// Why: a million blocks of 16 bytes take 24 bytes each, where boundary_tag takes 32; of 12 bytes 16 and 32, of 100
// bytes 104 and 112; an arena itself is 1416 bytes instead of 2344 (bytes in use of an arena in a buffer, glibc's
// bins).
//
// The price: blocks are aligned for types of up to eight bytes of alignment; long double and max_align_t want
// allocate(bytes, 16). The arena, whose bins begin the rings, and all its memory must lie within 8 GiB of each other,
// as in one buffer or at the program break of a static arena. Memory farther away is given back and the request fails,
// as one does that would make the arena larger than 4 GiB; a mapping of its own may lie anywhere, but not be as large.
// A thread's cache keeps pointers and a word in free chunks: there is no room for them here.
#pragma once

#include <cstddef>
#include <cstdint>

#include <ptm/chunk/boundary_tag.hpp>
#include <ptm/chunk/size_word.hpp>

namespace ptm {

// near_node - two links of four bytes. Aligned, because links count in units of eight bytes.
struct PTM_MAY_ALIAS alignas(8) near_node {
    std::uint32_t forward;
    std::uint32_t back;
};

static_assert(sizeof(near_node) == 8);

// near_links - how far it is from the node to the target, in units of eight bytes, plus 2^31; 0 leads to nothing.
//   slot, target  the slot in a near_node; the target a multiple of eight, less than 16 GiB away, or nullptr
struct near_links {
    static constexpr std::uint32_t zero = std::uint32_t{1} << 31;

    static std::uintptr_t encode(const void* slot, const void* target) noexcept {
        if (!target) return 0;
        return static_cast<std::uint32_t>(bytes_between(node_at(slot), target) >> 3) ^ zero;
    }
    static void* decode(const void* slot, std::uintptr_t stored) noexcept {
        if (stored == 0) return nullptr;
        auto units = static_cast<std::int32_t>(static_cast<std::uint32_t>(stored) ^ zero);
        return offset(node_at(slot), static_cast<std::size_t>(std::int64_t{units}) << 3);
    }

private:
    static void* node_at(const void* slot) noexcept {
        return reinterpret_cast<void*>(align_down(address_of(slot), alignof(near_node)));
    }
};

static_assert(link_encoding<near_links>);

// compact_word - four bytes. An arena stays 64 KiB below 4 GiB, so that rounding to pages needs no care.
struct compact_word {
    using stored = std::uint32_t;
    static constexpr chunk_size largest{0xffff0000};

    static constexpr stored write(const void*, std::size_t plain) noexcept { return static_cast<stored>(plain); }
    static constexpr std::size_t read(stored word) noexcept { return word; }
    static constexpr stored change(const void*, stored, std::size_t plain) noexcept {
        return static_cast<stored>(plain);
    }
    static constexpr bool sound(const void*, stored) noexcept { return true; }
};

static_assert(size_word<compact_word>);

struct compact_tag : basic_tag<compact_word, near_node, near_links, near_links, 8> {
    static_assert(sizeof(std::size_t) == 8, "compact_tag: boundary_tag is as small where addresses have 32 bits");

    static constexpr bool links_hold_pointers = false;

    // reaches - half as far as a link does, so that whatever an arena can reach can also reach each other.
    static bool reaches(const void* from, const void* to) noexcept {
        constexpr std::size_t half = std::size_t{1} << 33;
        return bytes_between(from, to) + half < 2 * half;
    }
};

static_assert(header_policy<compact_tag>);
static_assert(bytes(compact_tag::smallest) == 16 && bytes(compact_tag::size_for(12)) == 16);
static_assert(bytes(compact_tag::size_for(13)) == 24 && bytes(compact_tag::size_for(20)) == 24);

} // namespace ptm
