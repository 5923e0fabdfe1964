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

// list_numbers - MostRequest: larger ones have no list, bytes. There are eight lists for each doubling above the 64
// smallest sizes; they are numbered from 1.
template <sizes_chunks H, std::size_t MostRequest>
class list_numbers {
    using table = detail::size_lists<H, MostRequest, 8>;
    static_assert(table::count < 256, "front_cache: MostRequest has too many lists");

    static constexpr std::size_t sizes = bytes(table::largest) / H::alignment + 1;

    struct looked_up {
        std::array<std::uint8_t, sizes> first{}, last{};

        static constexpr unsigned first_for(chunk_size n) noexcept {
            if (n <= table::largest_stacked) return table::stack_of(n) + 1;
            return table::class_of(chunk_size{bytes(n) - 1}) + 2;
        }
        constexpr looked_up() noexcept {
            for (std::size_t k = 0; k < bytes(H::smallest) / H::alignment; ++k) first[k] = 1;
            for (std::size_t k = bytes(H::smallest) / H::alignment; k < sizes; ++k) {
                chunk_size n{k * H::alignment};
                first[k] = static_cast<std::uint8_t>(first_for(n));
                last[k] = static_cast<std::uint8_t>(table::of(n) + 1);
            }
        }
    };
    static constexpr looked_up numbers{};

public:
    static constexpr unsigned count = table::count;
    static constexpr std::size_t most_request = MostRequest;

    // first_of - the first list whose chunks all have n bytes; what is not a multiple of the alignment is rounded down.
    // last_of - the list that a chunk of n belongs to; not for larger ones than MostRequest needs. of_any - the same
    // for any n; 0: none.
    static constexpr unsigned first_of(chunk_size n) noexcept { return numbers.first[bytes(n) / H::alignment]; }
    static constexpr unsigned last_of(chunk_size n) noexcept { return numbers.last[bytes(n) / H::alignment]; }
    static constexpr unsigned of_any(chunk_size n) noexcept {
        std::size_t k = bytes(n) / H::alignment;
        return numbers.last[k < sizes ? k : 0];
    }
};

} // namespace ptm
