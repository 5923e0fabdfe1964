// chunk/size_word.hpp - how size and flags of a chunk stand in its size word: CONCEPT size_word and bare_word.
//
// Bit 0 tells whether the chunk before is in use. That changes while the chunk belongs to somebody else, so it stands
// in the word as it is, and nothing else in the word depends on it. The flags are the three lowest bits.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <ptm/core/units.hpp>

namespace ptm {

template <class W>
concept size_word = std::unsigned_integral<typename W::stored>
    && requires(const void* chunk, typename W::stored stored, std::size_t plain) {
           { W::largest } -> std::convertible_to<chunk_size>;
           { W::write(chunk, plain) } noexcept -> std::same_as<typename W::stored>;
           { W::read(stored) } noexcept -> std::same_as<std::size_t>;                        // size and flags again
           { W::change(chunk, stored, plain) } noexcept -> std::same_as<typename W::stored>; // damage stays visible
           { W::sound(chunk, stored) } noexcept -> std::same_as<bool>;                       // as it was written?
       };

// bare_word - size and flags, nothing else. Every word is sound. The emptiest model.
struct bare_word {
    using stored = std::size_t;
    static constexpr chunk_size largest{SIZE_MAX};

    static constexpr stored write(const void*, std::size_t plain) noexcept { return plain; }
    static constexpr std::size_t read(stored word) noexcept { return word; }
    static constexpr stored change(const void*, stored, std::size_t plain) noexcept { return plain; }
    static constexpr bool sound(const void*, stored) noexcept { return true; }
};

static_assert(size_word<bare_word>);

} // namespace ptm
