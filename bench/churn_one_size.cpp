// churn_one_size [replacements [size]] - blocks of one size, replaced at random: what a pool would be made for.
#include "measured.hpp"
#include "support.hpp"

int main(int argc, char** argv) {
    const std::size_t steps = bench::argument(argc, argv, 1, 1'000'000);
    const std::size_t size = bench::argument(argc, argv, 2, 64);
    return bench::measured([=] {
        bench::random_numbers chance(10);
        std::vector<bench::block> slots(20'000);
        const std::uint64_t sum = bench::churn(slots, chance, steps, [=](auto&) { return size; });
        return sum + bench::end_all(slots);
    });
}
