// larson [lives] - a server as Larson and Krishnan thought of it: two threads replace blocks at random; every now and
// then a thread ends, and a new one goes on with its blocks, which it did not make.
#include "support.hpp"

#include <cstdio>
#include <functional>
#include <latch>
#include <thread>

namespace {

constexpr std::size_t steps_of_a_life = 5'000;

// lane - what is handed from thread to thread.
struct lane {
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

} // namespace

int main(int argc, char** argv) {
    const std::size_t lives = bench::argument(argc, argv, 1, 200);
    static std::latch ended(2); // the last thread may still be leaving it when main returns
    lane first{bench::random_numbers(8), lives, ended}, second{bench::random_numbers(9), lives, ended};
    std::thread(live, std::ref(first)).detach();
    std::thread(live, std::ref(second)).detach();
    ended.wait();
    std::printf("%llu\n", static_cast<unsigned long long>(first.sum + second.sum));
}
