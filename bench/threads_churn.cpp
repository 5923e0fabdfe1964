// threads_churn [steps [threads]] - threads that share nothing, each with blocks of its own.
#include "measured.hpp"
#include "support.hpp"

namespace {

std::uint64_t work(std::uint64_t seed, std::size_t steps) {
    bench::random_numbers chance(seed);
    std::vector<bench::block> slots(3'000);
    const std::uint64_t sum = bench::churn(slots, chance, steps, [](auto& c) { return c.small_size(); });
    return sum + bench::end_all(slots);
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t steps = bench::argument(argc, argv, 1, 500'000);
    const std::size_t threads = bench::argument(argc, argv, 2, 2);
    return bench::measured(
        [=] { return bench::on_threads(threads, [=](std::size_t i) { return work(5 + i, steps); }); });
}
