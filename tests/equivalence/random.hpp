// random.hpp - the numbers traces are made from: the same on every platform and with every standard library.
//
// splitmix64; the distributions are written out because those of <random> differ between libraries.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace equivalence {

class random_numbers {
public:
    explicit random_numbers(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

    // The remainder's bias does not matter to a trace.
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
    std::size_t between(std::size_t low, std::size_t high) { return low + below(high - low + 1); }
    bool one_in(std::size_t n) { return below(n) == 0; }

    // Every power of two between is as likely as another: many small numbers, some large ones.
    std::size_t spread(std::size_t low, std::size_t high) {
        const auto bits =
            between(static_cast<std::size_t>(std::bit_width(low)), static_cast<std::size_t>(std::bit_width(high)));
        const std::size_t from = bits == 0 ? 0 : std::size_t{1} << (bits - 1);
        const std::size_t value = from + below(from == 0 ? 1 : from);
        return value < low ? low : value > high ? high : value;
    }

    template <class T, std::size_t N>
    T any_of(const T (&values)[N]) {
        return values[below(N)];
    }

private:
    std::uint64_t state_;
};

} // namespace equivalence
