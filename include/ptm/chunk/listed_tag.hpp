// chunk/listed_tag.hpp - a boundary tag that says which of a cache's lists a chunk belongs to.
//
//   size word:  +------------+---+--------------------------------+---+---+---+
//               | list       | 0 | size                           | A | M | P |
//               +------------+---+--------------------------------+---+---+---+
//               63         52  48
//
// Who frees a block needs no table to find its list: one shift of a word that it reads anyway gives 16 times the
// number, which is how far into the lists that one's front is. So there is one path for all sizes, and the processor
// has nothing to guess before the word is there, which may have to come from memory: bench/churn takes 0.8 of the time.
// 0: no list has such chunks, as of mappings.
//
// The number is a function of the size; chunks that are marked as naturally aligned (chunk/natural_tag.hpp) have those
// that follow. It is written wherever the size is, so nobody else writes the word.
//
// For sizes of 64 bits, of which 48 are needed.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include <ptm/chunk/boundary_tag.hpp>
#include <ptm/chunk/natural_tag.hpp>
#include <ptm/chunk/size_word.hpp>

namespace ptm {

// list_numbering - which list a chunk size belongs to; thread/list_numbers.hpp is one.
template <class N>
concept list_numbering = requires(chunk_size n) {
    { N::of_any(n) } noexcept -> std::same_as<unsigned>;     // 1 to count; 0: none
    { N::natural_of(n) } noexcept -> std::same_as<unsigned>; // naturally aligned: count + 1 to 2 * count
    { N::count } -> std::convertible_to<unsigned>;
};

// listed_word - the number above size and flags.
template <list_numbering Numbers>
struct listed_word {
    using stored = std::size_t;

    static_assert(sizeof(stored) == 8, "listed_tag: a size word of 32 bits has no room for a list");
    static_assert(2 * Numbers::count < (1u << 12), "listed_tag: there are too many lists for the size word");

    static constexpr unsigned scaled_at = 48, number_at = 52;
    static constexpr stored plain_bits = (stored{1} << scaled_at) - 1, one = stored{1} << number_at;
    static constexpr chunk_size largest{plain_bits & ~stored{0xffff}};

    static constexpr stored write(const void*, std::size_t plain) noexcept { return plain | number_of(plain) * one; }
    static constexpr std::size_t read(stored word) noexcept { return word & plain_bits; }
    static constexpr stored change(const void*, stored, std::size_t plain) noexcept { return write(nullptr, plain); }
    static constexpr bool sound(const void*, stored) noexcept { return true; }

private:
    static constexpr stored flags = 7, mapped = 2;
    static constexpr stored number_of(std::size_t plain) noexcept {
        return (plain & mapped) != 0 ? 0 : Numbers::of_any(chunk_size{plain & ~flags});
    }
};

template <list_numbering Numbers, link_encoding Stack, link_encoding Ring = plain_links>
struct listed_tag : basic_tag<listed_word<Numbers>, ring_node, Stack, Ring, detail::ordinary_alignment> {
    using word_kind = listed_word<Numbers>;
    using chunk = typename listed_tag::basic_tag::chunk;
    using numbers = Numbers;

    static constexpr bool marks_natural = true;
    static constexpr std::size_t most_natural = detail::most_natural;
    static constexpr std::size_t natural_alignment(chunk_size n) noexcept { return detail::natural_alignment(n); }

    // set_natural - marks a used chunk, which is aligned so and belongs to a list, under its arena's lock.
    PTM_UNSANITIZED static void set_natural(chunk* c) noexcept {
        std::size_t plain = c->word & word_kind::plain_bits;
        std::size_t list = Numbers::natural_of(listed_tag::size_in(plain));
        __atomic_store_n(&c->word, plain | list * word_kind::one, __ATOMIC_RELAXED);
    }

    static constexpr bool natural_in(std::size_t word) noexcept { return list_in(word) > Numbers::count; }
    static constexpr chunk_size plain_size_in(std::size_t word) noexcept {
        return natural_in(word) ? chunk_size{word} : listed_tag::size_in(word);
    }

    // list_in - the number of its list; 0: none. scaled_list_in - 16 times that.
    static constexpr bool marks_lists = true;
    static constexpr std::size_t list_in(std::size_t word) noexcept { return word >> word_kind::number_at; }
    static constexpr std::size_t scaled_list_in(std::size_t word) noexcept { return word >> word_kind::scaled_at; }
};

// listed_tag_where_wide - one where it is possible, else natural_tag, which only finds lists by size.
template <list_numbering Numbers, link_encoding Stack, link_encoding Ring = plain_links>
using listed_tag_where_wide =
    std::conditional_t<sizeof(std::size_t) == 8, listed_tag<Numbers, Stack, Ring>, natural_tag<Stack, Ring>>;

} // namespace ptm
