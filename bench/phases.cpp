// phases [phases [threads]] - each thread allocates some 8,000 bytes of one size, then of another, from 1 to 1,000
// bytes. When it has 4,000 blocks, it frees a third first in, first out, and a third last in, first out; the rest stays
// until there are 20,000 of that kind.
#include "measured.hpp"
#include "support.hpp"

namespace {

using blocks = std::vector<bench::block>;

constexpr std::size_t most = 4'000, most_kept = 20'000, bytes_of_a_phase = 8'000;

void fill(blocks& fresh, bench::random_numbers& chance) {
    const std::size_t size = 1 + chance.below(1'000);
    for (std::size_t used = 0; used <= bytes_of_a_phase; used += size + 16)
        fresh.push_back(bench::make(size, chance.next()));
}

// Frees the first and the last third; the others go to `kept`.
std::uint64_t sift(blocks& fresh, blocks& kept) {
    const std::ptrdiff_t third = static_cast<std::ptrdiff_t>(fresh.size()) / 3;
    std::uint64_t sum = 0;
    std::for_each(fresh.begin(), fresh.begin() + third, [&](bench::block& b) { sum += bench::end(b); });
    std::for_each(fresh.rbegin(), fresh.rbegin() + third, [&](bench::block& b) { sum += bench::end(b); });
    kept.insert(kept.end(), fresh.begin() + third, fresh.end() - third);
    fresh.clear();
    return sum;
}

std::uint64_t work(std::uint64_t seed, std::size_t phases) {
    bench::random_numbers chance(seed);
    blocks fresh, kept;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < phases; ++i) {
        fill(fresh, chance);
        if (fresh.size() > most) sum += sift(fresh, kept);
        if (kept.size() <= most_kept) continue;
        sum += bench::end_all(kept);
        kept.clear();
    }
    return sum + bench::end_all(fresh) + bench::end_all(kept);
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t phases = bench::argument(argc, argv, 1, 100'000);
    const std::size_t threads = bench::argument(argc, argv, 2, 2);
    return bench::measured(
        [=] { return bench::on_threads(threads, [=](std::size_t i) { return work(15 + i, phases); }); });
}
