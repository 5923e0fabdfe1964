// larson [lives [lanes]] - a server as Larson and Krishnan thought of it: in each lane a thread replaces blocks at
// random; every now and then it ends, and a new one goes on with its blocks, which it did not make.
#include "measured.hpp"
#include "support.hpp"

#include <latch>

namespace {

constexpr std::size_t steps_of_a_life = 5'000;

// lane - what is handed from thread to thread. Two of them share no cache line: whether they would is up to where the
// allocator puts the first, and takes up to 1.6 times as long.
struct alignas(128) lane {
    bench::random_numbers chance;
    std::size_t lives;
    std::latch& ended;
    std::vector<bench::block> slots = std::vector<bench::block>(2'000);
    std::uint64_t sum = 0;
};

void live(lane& own) {
    own.sum += bench::churn(own.slots, own.chance, steps_of_a_life);
    if (--own.lives > 0) return std::thread(live, std::ref(own)).detach();
    own.sum += bench::end_all(own.slots);
    own.ended.count_down();
}

std::uint64_t serve(std::size_t lives, std::size_t count, std::latch& ended) {
    std::vector<lane> lanes;
    for (std::size_t i = 0; i < count; ++i) lanes.push_back({bench::random_numbers(8 + i), lives, ended});
    for (lane& own : lanes) std::thread(live, std::ref(own)).detach();
    ended.wait();
    std::uint64_t sum = 0;
    for (const lane& own : lanes) sum += own.sum;
    return sum;
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t lives = bench::argument(argc, argv, 1, 200);
    const std::size_t lanes = bench::argument(argc, argv, 2, 2);
    static std::latch ended(static_cast<std::ptrdiff_t>(lanes)); // the last thread may still be leaving it
    return bench::measured([=] { return serve(lives, lanes, ended); });
}
