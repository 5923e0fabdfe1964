// core/units.hpp - the words every room speaks: bytes, chunk sizes, runs of pages.
#pragma once

#include <compare>
#include <cstddef>

namespace ptm {

inline namespace literals {
consteval std::size_t operator""_KiB(unsigned long long n) { return static_cast<std::size_t>(n << 10); }
consteval std::size_t operator""_MiB(unsigned long long n) { return static_cast<std::size_t>(n << 20); }
consteval std::size_t operator""_GiB(unsigned long long n) { return static_cast<std::size_t>(n << 30); }
}

// chunk_size - bytes of a chunk, header included, flag bits clear. A type of its own, because a request is not one.
enum class chunk_size : std::size_t {};

constexpr std::size_t bytes(chunk_size n) noexcept { return static_cast<std::size_t>(n); }
constexpr chunk_size operator+(chunk_size a, chunk_size b) noexcept { return chunk_size{bytes(a) + bytes(b)}; }
constexpr chunk_size operator-(chunk_size a, chunk_size b) noexcept { return chunk_size{bytes(a) - bytes(b)}; }

// pages - a run of memory as a backend hands it out. data == nullptr means "nothing".
struct pages {
    std::byte* data = nullptr;
    std::size_t bytes = 0;

    explicit constexpr operator bool() const noexcept { return data != nullptr; }
    constexpr std::byte* end() const noexcept { return data + bytes; }
    constexpr bool operator==(const pages&) const noexcept = default;
};

} // namespace ptm
