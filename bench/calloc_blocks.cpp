// calloc_blocks [replacements] - cleared blocks of many sizes, one in 256 of 1 MiB. Every one is looked through for a
// byte that was not cleared, one in each 64, and then written, so that it comes back dirty.
#include "measured.hpp"
#include "support.hpp"

namespace {

bench::block make_cleared(std::size_t size) { return {bench::checked(std::calloc(1, size)), size}; }

// Returns how many bytes were not cleared.
std::uint64_t look_and_write(bench::block& b) {
    std::uint64_t dirty = b.data[b.size - 1] != 0;
    for (std::size_t i = 0; i < b.size; i += 64) {
        dirty += b.data[i] != 0;
        b.data[i] = 1;
    }
    b.data[b.size - 1] = 1;
    return dirty;
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t steps = bench::argument(argc, argv, 1, 500'000);
    return bench::measured([=] {
        bench::random_numbers chance(3);
        std::vector<bench::block> slots(1'000);
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < steps; ++i) {
            bench::block& slot = slots[chance.below(slots.size())];
            sum += bench::end(slot);
            slot = make_cleared(chance.below(256) == 0 ? std::size_t{1} << 20 : chance.size());
            if (look_and_write(slot) != 0) std::abort();
        }
        return sum + bench::end_all(slots);
    });
}
