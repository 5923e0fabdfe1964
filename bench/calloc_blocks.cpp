// calloc_blocks [replacements] - cleared blocks of many sizes, one in 256 of 1 MiB; every one is looked through for a
// byte that was not cleared and then filled, so that it comes back dirty.
#include "support.hpp"

#include <cstdio>
#include <vector>

namespace {

std::size_t count_dirty(const bench::block& b) {
    std::size_t dirty = 0;
    for (std::size_t i = 0; i < b.size; ++i) dirty += b.data[i] != 0;
    return dirty;
}

bench::block make_cleared(std::size_t size) { return {bench::checked(std::calloc(1, size)), size}; }

} // namespace

int main(int argc, char** argv) {
    const std::size_t steps = bench::argument(argc, argv, 1, 500'000);
    bench::random_numbers chance(3);
    std::vector<bench::block> slots(1'000);
    std::size_t dirty = 0;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < steps; ++i) {
        bench::block& slot = slots[chance.below(slots.size())];
        sum += bench::end(slot);
        slot = make_cleared(chance.below(256) == 0 ? std::size_t{1} << 20 : chance.size());
        dirty += count_dirty(slot);
        std::memset(slot.data, static_cast<int>(i & 255) | 1, slot.size);
    }
    for (bench::block& slot : slots) sum += bench::end(slot);
    std::printf("%llu, %zu bytes not cleared\n", static_cast<unsigned long long>(sum), dirty);
    return dirty == 0 ? 0 : 1;
}
