// tides [waves] - a working set that grows and shrinks: every wave adds blocks until there are 120,000 and then frees
// at random until 15,000 are left. Sizes drift from wave to wave, so that the holes of one do not fit the next.
#include "measured.hpp"
#include "support.hpp"

namespace {

constexpr std::size_t most = 120'000, fewest = 15'000;

// Returns the bytes that are in use then.
std::size_t rise(std::vector<bench::block>& blocks, bench::random_numbers& chance, std::size_t largest) {
    while (blocks.size() < most) blocks.push_back(bench::make(16 + chance.below(largest), chance.next()));
    std::size_t live = blocks.capacity() * sizeof(bench::block);
    for (const bench::block& b : blocks) live += b.size;
    return live;
}

std::uint64_t fall(std::vector<bench::block>& blocks, bench::random_numbers& chance) {
    std::uint64_t sum = 0;
    while (blocks.size() > fewest) {
        std::swap(blocks[chance.below(blocks.size())], blocks.back());
        sum += bench::end(blocks.back());
        blocks.pop_back();
    }
    return sum;
}

bench::outcome work(std::size_t waves) {
    bench::random_numbers chance(11);
    std::vector<bench::block> blocks;
    bench::outcome result(0);
    for (std::size_t i = 0; i < waves; ++i) {
        result.live = std::max(result.live, rise(blocks, chance, 80 + 70 * (i % 8)));
        result.sum += fall(blocks, chance);
    }
    result.sum += bench::end_all(blocks);
    return result;
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t waves = bench::argument(argc, argv, 1, 20);
    return bench::measured([=] { return work(waves); });
}
