// chunk/owned_tag.hpp - a boundary tag that says which of several arenas a block is from.
//
//   size word:  +--------+----------------------------+---+---+---+
//               | owner  | size                       | A | M | P |
//               +--------+----------------------------+---+---+---+
//               63     56 47
//
// Why: arenas that stand beside each other, one for each of several threads, in memory from anywhere: who frees a block
// finds its arena from the block, at the price of a shift. (Sub-heaps tell the same, but want aligned memory of their
// own.) A chunk has an owner while its user has it; a free one may have an old one, which nothing looks at.
#pragma once

#include <cstddef>

#include <ptm/chunk/boundary_tag.hpp>
#include <ptm/chunk/size_word.hpp>

namespace ptm {

// owner_word - 8 bits for the owner above 48 for size and flags.
struct owner_word {
    using stored = std::size_t;
    static_assert(sizeof(stored) == 8, "owned_tag: a size word of 32 bits has no room for an owner");

    static constexpr unsigned shift = 56;
    static constexpr stored plain_bits = (stored{1} << 48) - 1;
    static constexpr chunk_size largest{plain_bits & ~stored{0xffff}};

    static constexpr stored write(const void*, std::size_t plain) noexcept { return plain; }
    static constexpr std::size_t read(stored word) noexcept { return word & plain_bits; }
    static constexpr stored change(const void*, stored old, std::size_t plain) noexcept {
        return plain | (old & ~plain_bits);
    }
    static constexpr bool sound(const void*, stored) noexcept { return true; }
};

static_assert(size_word<owner_word>);

// owned_tag - of up to 256 owners.
template <link_encoding Stack, link_encoding Ring = plain_links>
struct owned_tag : basic_tag<owner_word, ring_node, Stack, Ring, detail::ordinary_alignment> {
    using chunk = typename owned_tag::basic_tag::chunk;

    static constexpr unsigned owners = 256;

    // set_owner - under the lock of the arena that hands c out.
    PTM_UNSANITIZED static void set_owner(chunk* c, unsigned owner) noexcept {
        std::size_t word = owner_word::read(c->word) | std::size_t{owner} << owner_word::shift;
        __atomic_store_n(&c->word, word, __ATOMIC_RELAXED);
    }

    // owner_in - a word that peek() returned.
    static unsigned owner_in(std::size_t word) noexcept { return static_cast<unsigned>(word >> owner_word::shift); }
};

static_assert(header_policy<owned_tag<plain_links>>);

} // namespace ptm
