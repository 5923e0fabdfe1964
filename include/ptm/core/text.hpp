// core/text.hpp - text into a buffer of fixed size: for messages from inside an allocator, where nothing may allocate.
//
// What does not fit is cut off; text::truncated() says so. Not thread-safe: each text has one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ptm {

template <std::size_t Capacity>
class text {
    char chars_[Capacity] = {};
    std::size_t length_ = 0;
    bool truncated_ = false;

    constexpr void put(char c) noexcept {
        if (length_ == Capacity) {
            truncated_ = true;
            return;
        }
        chars_[length_++] = c;
    }

public:
    constexpr std::string_view view() const noexcept { return {chars_, length_}; }
    constexpr bool truncated() const noexcept { return truncated_; }
    constexpr void clear() noexcept { length_ = 0, truncated_ = false; }

    constexpr text& operator<<(std::string_view s) noexcept {
        for (char c : s) put(c);
        return *this;
    }

    constexpr text& operator<<(std::uint64_t n) noexcept { return number(n, 0); }

    // number - n in decimal, filled with spaces on the left to at least `width` characters.
    constexpr text& number(std::uint64_t n, std::size_t width) noexcept {
        char digits[20] = {};
        std::size_t count = 0;
        do digits[count++] = static_cast<char>('0' + n % 10);
        while ((n /= 10) != 0);
        for (std::size_t i = count; i < width; ++i) put(' ');
        while (count > 0) put(digits[--count]);
        return *this;
    }
};

static_assert((text<8>{} << "ab" << std::uint64_t{120}).view() == "ab120");
static_assert(text<8>{}.number(7, 3).view() == "  7");
static_assert((text<2>{} << "abc").truncated());

} // namespace ptm
