// threads_medium [turns [threads]] - threads replace blocks of 16 to 8,000 bytes, and every few turns each leaves some
// for another one to free.
#include "measured.hpp"
#include "support.hpp"

#include <mutex>
#include <utility>

namespace {

using blocks = std::vector<bench::block>;

constexpr std::size_t slots_of_a_thread = 8'000, steps_of_a_turn = 2'000, left_at_once = 800;

std::size_t size_of(bench::random_numbers& chance) { return 16 + chance.below(7'985); }

// table - where what is left lies; the oldest goes first.
class table {
    std::mutex lock_;
    std::vector<blocks> left_;

public:
    // Leaves `mine`; returns what another thread, or this one, left some turns ago.
    blocks change(blocks mine) {
        const std::lock_guard hold(lock_);
        left_.push_back(std::move(mine));
        if (left_.size() < 4) return {};
        blocks oldest = std::move(left_.front());
        left_.erase(left_.begin());
        return oldest;
    }

    std::uint64_t clear() {
        std::uint64_t sum = 0;
        for (blocks& b : left_) sum += bench::end_all(b);
        left_.clear();
        return sum;
    }
};

std::uint64_t leave_some(table& between, bench::random_numbers& chance) {
    blocks some;
    for (std::size_t i = 0; i < left_at_once; ++i) some.push_back(bench::make(size_of(chance), i));
    blocks others = between.change(std::move(some));
    return bench::end_all(others);
}

std::uint64_t live(std::uint64_t seed, std::size_t turns, table& between) {
    bench::random_numbers chance(seed);
    blocks slots(slots_of_a_thread);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < turns; ++i) {
        sum += bench::churn(slots, chance, steps_of_a_turn, size_of);
        if (i % 8 == 0) sum += leave_some(between, chance);
    }
    return sum + bench::end_all(slots);
}

std::uint64_t work(std::size_t turns, std::size_t threads) {
    table between;
    const std::uint64_t sum = bench::on_threads(threads, [&](std::size_t i) { return live(7 + i, turns, between); });
    return sum + between.clear();
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t turns = bench::argument(argc, argv, 1, 300);
    const std::size_t threads = bench::argument(argc, argv, 2, 4);
    return bench::measured([=] { return work(turns, threads); });
}
