// churn [replacements] - blocks of many sizes; each step frees one at random and puts another in its place.
#include "measured.hpp"
#include "support.hpp"

int main(int argc, char** argv) {
    const std::size_t steps = bench::argument(argc, argv, 1, 1'000'000);
    return bench::measured([=] {
        bench::random_numbers chance(1);
        std::vector<bench::block> slots(10'000);
        const std::uint64_t sum = bench::churn(slots, chance, steps);
        return sum + bench::end_all(slots);
    });
}
