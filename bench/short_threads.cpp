// short_threads [lives [lanes]] - threads that make and free some blocks and end: a cache that a thread keeps has to be
// filled and emptied again and again. Each lane has one such thread at a time.
#include "measured.hpp"
#include "support.hpp"

namespace {

std::uint64_t short_life(std::uint64_t seed) {
    bench::random_numbers chance(seed);
    std::vector<bench::block> slots(32);
    const std::uint64_t sum = bench::churn(slots, chance, 200, [](auto& c) { return c.small_size(); });
    return sum + bench::end_all(slots);
}

std::uint64_t lane(std::size_t number, std::size_t lives) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < lives; ++i) std::thread([&] { sum += short_life(number * lives + i); }).join();
    return sum;
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t lives = bench::argument(argc, argv, 1, 5'000);
    const std::size_t lanes = bench::argument(argc, argv, 2, 2);
    return bench::measured([=] { return bench::on_threads(lanes, [=](std::size_t i) { return lane(i, lives); }); });
}
