// churn_small [pairs] - malloc and free in turn, of sizes a thread cache holds: the path that must be the shortest.
#include "measured.hpp"
#include "support.hpp"

#include <array>

int main(int argc, char** argv) {
    const std::size_t pairs = bench::argument(argc, argv, 1, 10'000'000);
    return bench::measured([=] {
        constexpr std::array<std::size_t, 8> sizes{24, 16, 40, 100, 24, 256, 64, 1000};
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < pairs; ++i) {
            bench::block block = bench::make(sizes[i % sizes.size()], i);
            sum += bench::end(block);
        }
        return sum;
    });
}
