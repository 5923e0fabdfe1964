// thread/list_numbers.hpp - the number of a cache's list by size, looked up.
//
// Sizes come in any order: where one more question stands before every aligned block, whether it is above the 64
// smallest, the processor guesses wrong so often that bench/aligned_blocks takes 1.25 times as long.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <ptm/chunk/header.hpp>
#include <ptm/thread/size_lists.hpp>

namespace ptm {

// list_numbers - MostRequest: larger ones need no list, bytes. There are eight lists for each doubling above the 64
// smallest sizes; they are numbered from 1, those of naturally aligned chunks from count + 1. A list begins 64 bytes
// beyond a power of two or a part of it, so that a request of so many bytes, with a header of the user's own, is one of
// that list: python3, whose tables are 8 KiB and a little, takes 0.98 of the memory. Naturally aligned chunks owe their
// alignment to their sizes: their lists begin at the power.
template <sizes_chunks H, std::size_t MostRequest>
class list_numbers {
    static constexpr std::size_t spare = 64;

public:
    using table = detail::size_lists<H, MostRequest, 8, spare>;

private:
    using natural_table = detail::size_lists<H, MostRequest, 8>;

    static_assert(table::count < 256, "front_cache: MostRequest has too many lists");
    static_assert(natural_table::count == table::count);

    // looked_up - by size: the first list that serves it, and the one that it belongs to.
    template <class Table>
    struct looked_up {
        static constexpr std::size_t sizes = bytes(Table::largest) / H::alignment + 1;
        std::array<std::uint8_t, sizes> first{}, last{};

        constexpr looked_up() noexcept {
            for (std::size_t k = 0; k < bytes(H::smallest) / H::alignment; ++k) first[k] = 1;
            for (std::size_t k = bytes(H::smallest) / H::alignment; k < sizes; ++k) {
                unsigned own = Table::of(chunk_size{k * H::alignment});
                first[k] = static_cast<std::uint8_t>(own + (Table::smallest_in(own) < k * H::alignment ? 2 : 1));
                last[k] = static_cast<std::uint8_t>(own + 1);
            }
        }
    };
    static constexpr looked_up<table> numbers{};
    static constexpr looked_up<natural_table> natural_numbers{};

public:
    static constexpr unsigned count = table::count;
    static constexpr std::size_t most_request = MostRequest;

    // first_of - the first list whose chunks all have n bytes; what is not a multiple of the alignment is rounded down.
    // last_of - the list that a chunk of n belongs to; not for larger ones than MostRequest needs. of_any - the same
    // for any n; 0: none. first_natural_of, natural_of - as first_of and last_of, of naturally aligned chunks.
    static constexpr unsigned first_of(chunk_size n) noexcept { return numbers.first[bytes(n) / H::alignment]; }
    static constexpr unsigned last_of(chunk_size n) noexcept { return numbers.last[bytes(n) / H::alignment]; }
    static constexpr unsigned of_any(chunk_size n) noexcept {
        std::size_t k = bytes(n) / H::alignment;
        return numbers.last[k < numbers.sizes ? k : 0];
    }
    static constexpr unsigned first_natural_of(chunk_size n) noexcept {
        return natural_numbers.first[bytes(n) / H::alignment] + count;
    }
    static constexpr unsigned natural_of(chunk_size n) noexcept {
        return natural_numbers.last[bytes(n) / H::alignment] + count;
    }

    // smallest_in - what all chunks of list i have.
    static constexpr chunk_size smallest_in(unsigned i) noexcept {
        return chunk_size{i <= count ? table::smallest_in(i - 1) : natural_table::smallest_in(i - count - 1)};
    }
};

} // namespace ptm
