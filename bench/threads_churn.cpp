// threads_churn [steps] - two threads, each with blocks of its own.
#include "support.hpp"

#include <cstdio>
#include <functional>
#include <thread>

namespace {

void work(std::uint64_t seed, std::size_t steps, std::uint64_t& sum) {
    bench::random_numbers chance(seed);
    std::vector<bench::block> slots(3'000);
    sum = bench::churn(slots, chance, steps);
    sum += bench::end_all(slots);
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t steps = bench::argument(argc, argv, 1, 500'000);
    std::uint64_t sums[2] = {};
    std::thread first(work, 5, steps, std::ref(sums[0])), second(work, 6, steps, std::ref(sums[1]));
    first.join();
    second.join();
    std::printf("%llu\n", static_cast<unsigned long long>(sums[0] + sums[1]));
}
