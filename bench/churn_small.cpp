// churn_small [pairs] - malloc and free in turn, of sizes a thread cache holds: the path that must be the shortest.
#include "support.hpp"

#include <array>
#include <cstdio>

int main(int argc, char** argv) {
    const std::size_t pairs = bench::argument(argc, argv, 1, 10'000'000);
    constexpr std::array<std::size_t, 8> sizes{24, 16, 40, 100, 24, 256, 64, 1000};
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < pairs; ++i) {
        bench::block block = bench::make(sizes[i % sizes.size()], i);
        sum += bench::end(block);
    }
    std::printf("%llu\n", static_cast<unsigned long long>(sum));
}
