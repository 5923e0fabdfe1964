// chunk/natural_tag.hpp - a boundary tag that says of a chunk that it is naturally aligned.
//
//   size word:  +---+--------------------------------+---+---+---+
//               | N | size                           | A | M | P |
//               +---+--------------------------------+---+---+---+
//               63
//
// N: the user pointer is a multiple of the largest power of two that the size is a multiple of, up to 4096. Such
// chunks are worth keeping together: what asks for an alignment gets one without a search and without a gap, and who
// frees it need not know. The mark ends with the size: a chunk that is freed, grown or cut has none.
//
// Why the highest bit: a word with the mark reads as a size above all, so a free that looks for small sizes finds out
// with the compare that it has anyway.
#pragma once

#include <climits>
#include <cstddef>

#include <ptm/chunk/boundary_tag.hpp>
#include <ptm/chunk/size_word.hpp>

namespace ptm {

// natural_word - the mark above size and flags.
struct natural_word {
    using stored = std::size_t;

    static constexpr stored mark = stored{1} << (sizeof(stored) * CHAR_BIT - 1);
    static constexpr chunk_size largest{(mark - 1) & ~stored{0xffff}};

    static constexpr stored write(const void*, std::size_t plain) noexcept { return plain; }
    static constexpr std::size_t read(stored word) noexcept { return word & ~mark; }
    static constexpr stored change(const void*, stored, std::size_t plain) noexcept { return plain; }
    static constexpr bool sound(const void*, stored) noexcept { return true; }
};

static_assert(size_word<natural_word>);

namespace detail {
// natural_alignment - the largest power of two that n is a multiple of, most_natural at most. Bytes.
inline constexpr std::size_t most_natural = 4096;
constexpr std::size_t natural_alignment(chunk_size n) noexcept {
    std::size_t own = bytes(n) & -bytes(n);
    return own < most_natural ? own : most_natural;
}
}

template <link_encoding Stack, link_encoding Ring = plain_links>
struct natural_tag : basic_tag<natural_word, ring_node, Stack, Ring, detail::ordinary_alignment> {
    using chunk = typename natural_tag::basic_tag::chunk;

    static constexpr bool marks_natural = true;

    // natural_alignment - of the user pointer of a marked chunk of n. Bytes.
    static constexpr std::size_t most_natural = detail::most_natural;
    static constexpr std::size_t natural_alignment(chunk_size n) noexcept { return detail::natural_alignment(n); }

    // set_natural - marks a used chunk, which is aligned so, under its arena's lock.
    PTM_UNSANITIZED static void set_natural(chunk* c) noexcept {
        __atomic_store_n(&c->word, c->word | natural_word::mark, __ATOMIC_RELAXED);
    }

    static constexpr bool natural_in(std::size_t word) noexcept { return (word & natural_word::mark) != 0; }
    static constexpr chunk_size plain_size_in(std::size_t word) noexcept { return chunk_size{word & ~std::size_t{7}}; }
};

static_assert(header_policy<natural_tag<plain_links>>);

} // namespace ptm
