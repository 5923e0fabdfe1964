// realloc_growth [turns] - buffers that grow side by side, some by steps and some by halves, as strings, files read
// whole and arrays do; at their full size they shrink to fit and start again.
#include "measured.hpp"
#include "support.hpp"

#include <array>

namespace {

struct buffer {
    bench::block held;
    std::size_t used = 0;
    std::size_t limit = 0;
    bool by_halves = false;
};

// Old contents must have moved along: the first and the last used byte go into the sum.
std::uint64_t resize(buffer& b, std::size_t size) {
    b.held = {bench::checked(std::realloc(b.held.data, size)), size};
    return b.used == 0 ? 0 : b.held.data[0] + std::uint64_t{256} * b.held.data[b.used - 1];
}

std::uint64_t append(buffer& b, std::size_t bytes) {
    std::uint64_t sum = 0;
    const std::size_t wanted = b.used + bytes;
    if (wanted > b.held.size) sum = resize(b, b.by_halves ? wanted + wanted / 2 : wanted);
    std::memset(b.held.data + b.used, static_cast<int>(wanted & 255), bytes);
    b.used = wanted;
    return sum;
}

std::uint64_t start_again(buffer& b, bench::random_numbers& chance) {
    std::uint64_t sum = 0;
    if (b.used != 0) sum = resize(b, b.used) + bench::end(b.held);
    // One in 16 grows to a size that has a mapping of its own.
    b = {{}, 0, std::size_t{256} << (chance.below(16) == 0 ? 11 : chance.below(9)), chance.below(2) == 0};
    return sum;
}

std::uint64_t work(std::size_t turns) {
    bench::random_numbers chance(2);
    std::array<buffer, 64> buffers{};
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < turns; ++i) {
        buffer& b = buffers[chance.below(buffers.size())];
        if (b.used >= b.limit) sum += start_again(b, chance);
        sum += append(b, 16 + chance.below(b.limit / 8));
    }
    for (buffer& b : buffers) sum += start_again(b, chance); // shrunk to fit: its last byte was written
    return sum;
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t turns = bench::argument(argc, argv, 1, 1'000'000);
    return bench::measured([=] { return work(turns); });
}
