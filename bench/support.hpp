// What the benchmark programs share: numbers that are the same on every machine, and a sum that proves a program did
// its work. The programs themselves use malloc, free and new as any program does; they know nothing of ptm.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace bench {

// xorshift64*: a few instructions, so that the loop around an allocation costs little beside it.
class random_numbers {
public:
    explicit random_numbers(std::uint64_t seed) : state_(seed * 2 + 1) {}

    std::uint64_t next() {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545f4914f6cdd1d;
    }

    std::size_t below(std::size_t limit) { return static_cast<std::size_t>((next() >> 33) % limit); }

    // Bytes as programs ask for them: mostly 16 to 4 KiB, each power of two equally often; one in 32 begins at 4 KiB
    // and doubles with a chance of one half, up to 64 KiB.
    std::size_t size() {
        if (below(32) != 0) return spread(std::size_t{16} << below(8));
        std::size_t base = 4096;
        while (base < 32768 && below(2) == 0) base *= 2;
        return spread(base);
    }

private:
    std::size_t spread(std::size_t base) { return base + below(base + 1); }

    std::uint64_t state_;
};

// A block with its size, first and last byte written.
struct block {
    unsigned char* data = nullptr;
    std::size_t size = 0;
};

inline unsigned char* checked(void* data) {
    if (data == nullptr) std::abort();
    return static_cast<unsigned char*>(data);
}

inline block make(std::size_t size, std::uint64_t mark) {
    unsigned char* const data = checked(std::malloc(size));
    data[0] = static_cast<unsigned char>(mark);
    data[size - 1] = static_cast<unsigned char>(mark >> 8);
    return {data, size};
}

// Frees the block; returns what its marks say, for the sum.
inline std::uint64_t end(block& b) {
    if (b.data == nullptr) return 0;
    const std::uint64_t marks = b.data[0] + std::uint64_t{256} * b.data[b.size - 1] + b.size;
    std::free(b.data);
    b = {};
    return marks;
}

// Slots of blocks of many sizes; each step frees one at random and puts another in its place.
inline std::uint64_t churn(std::vector<block>& slots, random_numbers& chance, std::size_t steps) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < steps; ++i) {
        block& slot = slots[chance.below(slots.size())];
        sum += end(slot);
        slot = make(chance.size(), i);
    }
    return sum;
}

inline std::uint64_t end_all(std::vector<block>& blocks) {
    std::uint64_t sum = 0;
    for (block& b : blocks) sum += end(b);
    return sum;
}

// argv[place] as a number, or `otherwise`.
inline std::size_t argument(int argc, char** argv, int place, std::size_t otherwise) {
    return place < argc ? std::strtoull(argv[place], nullptr, 10) : otherwise;
}

} // namespace bench
