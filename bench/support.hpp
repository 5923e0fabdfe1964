// What the benchmark programs share: numbers that are the same on every machine, and blocks that prove by a sum that a
// program did its work. The programs use malloc, free and new as any program does; they know nothing of ptm.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace bench {

// xorshift64*, and a multiplication in place of every remainder: a few instructions, so that the loop around an
// allocation costs little beside it.
class random_numbers {
public:
    explicit random_numbers(std::uint64_t seed) : state_(seed * 2 + 1) {}

    std::uint64_t next() {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545f4914f6cdd1d;
    }

    // limit  less than 2^32
    std::size_t below(std::size_t limit) { return part(next() >> 32, limit); }

    // Bytes as programs ask for them: mostly 16 to 4 KiB, each power of two equally often; one in 32 begins at 4 KiB
    // and doubles with a chance of one half, up to 64 KiB.
    std::size_t size() {
        const std::uint64_t bits = next();
        const int doubled = (bits & 31) != 0 ? int(bits >> 5 & 7) : 8 + std::min(std::countr_one(bits >> 8), 3);
        return spread(std::size_t{16} << doubled, bits);
    }

    // 16 to 512 bytes, the smaller the more often: nodes, strings, small arrays.
    std::size_t small_size() {
        const std::uint64_t bits = next();
        return spread(std::size_t{16} << std::min(std::countr_one(bits & 31), 4), bits);
    }

private:
    static std::size_t part(std::uint64_t of_32_bits, std::size_t limit) { return of_32_bits * limit >> 32; }
    static std::size_t spread(std::size_t base, std::uint64_t bits) { return base + part(bits >> 32, base + 1); }

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

// The block of `size` bytes at `data`, marked.
inline block marked(void* data, std::size_t size, std::uint64_t mark) {
    const block b{checked(data), size};
    b.data[0] = static_cast<unsigned char>(mark);
    b.data[size - 1] = static_cast<unsigned char>(mark >> 8);
    return b;
}

inline block make(std::size_t size, std::uint64_t mark) { return marked(std::malloc(size), size, mark); }

// What a block's marks say, for the sum.
inline std::uint64_t marks_of(const block& b) { return b.data[0] + std::uint64_t{256} * b.data[b.size - 1] + b.size; }

// Frees the block; returns what its marks say.
inline std::uint64_t end(block& b) {
    if (b.data == nullptr) return 0;
    const std::uint64_t marks = marks_of(b);
    std::free(b.data);
    b = {};
    return marks;
}

// Slots of blocks; each step frees one at random and puts another in its place, of size_of(chance) bytes.
template <class SizeOf>
std::uint64_t churn(std::vector<block>& slots, random_numbers& chance, std::size_t steps, SizeOf size_of) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < steps; ++i) {
        block& slot = slots[chance.below(slots.size())];
        sum += end(slot);
        slot = make(size_of(chance), i);
    }
    return sum;
}

// The same with blocks of many sizes.
inline std::uint64_t churn(std::vector<block>& slots, random_numbers& chance, std::size_t steps) {
    return churn(slots, chance, steps, [](random_numbers& c) { return c.size(); });
}

inline std::uint64_t end_all(std::vector<block>& blocks) {
    std::uint64_t sum = 0;
    for (block& b : blocks) sum += end(b);
    return sum;
}

// Runs work(0), work(1), ... each in a thread of its own; returns the sum of what they return, when all have ended.
template <class Work>
std::uint64_t on_threads(std::size_t count, Work work) {
    std::vector<std::uint64_t> sums(count);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < count; ++i) threads.emplace_back([&sums, &work, i] { sums[i] = work(i); });
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        threads[i].join();
        sum += sums[i];
    }
    return sum;
}

// argv[place] as a number, or `otherwise`.
inline std::size_t argument(int argc, char** argv, int place, std::size_t otherwise) {
    return place < argc ? std::strtoull(argv[place], nullptr, 10) : otherwise;
}

} // namespace bench
