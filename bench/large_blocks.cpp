// large_blocks [steps] - blocks of 64 KiB to 32 MiB, each power of two equally often, all of their pages written; a
// third of the steps lets one grow by half instead, until it is past 32 MiB.
#include "measured.hpp"
#include "support.hpp"

namespace {

constexpr std::size_t smallest = 64 * 1024, largest = 32 * 1024 * 1024, page = 4096;

std::size_t large_size(bench::random_numbers& chance) {
    const std::size_t base = smallest << chance.below(9);
    return std::min(base + chance.below(base), largest);
}

void write_pages(bench::block& b, std::size_t from) {
    for (std::size_t i = from; i < b.size; i += page) b.data[i] = static_cast<unsigned char>(i / page);
}

// Its old contents must have moved along: the first byte of a page in the middle, and the last one.
std::uint64_t grow(bench::block& b) {
    const std::size_t old_size = b.size, middle = old_size / page / 2 * page;
    b.size += b.size / 2;
    b.data = bench::checked(std::realloc(b.data, b.size));
    const std::uint64_t moved = b.data[middle] + std::uint64_t{256} * b.data[old_size - 1];
    write_pages(b, old_size / page * page);
    b.data[b.size - 1] = b.data[middle];
    return moved;
}

std::uint64_t replace(bench::block& b, std::size_t size, std::uint64_t mark) {
    const std::uint64_t sum = bench::end(b);
    b = bench::make(size, mark);
    write_pages(b, page);
    return sum;
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t steps = bench::argument(argc, argv, 1, 500);
    return bench::measured([=] {
        bench::random_numbers chance(14);
        std::vector<bench::block> slots(12);
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < steps; ++i) {
            bench::block& slot = slots[chance.below(slots.size())];
            const bool may_grow = slot.size != 0 && slot.size <= largest;
            sum += may_grow && chance.below(3) == 0 ? grow(slot) : replace(slot, large_size(chance), i);
        }
        return sum + bench::end_all(slots);
    });
}
