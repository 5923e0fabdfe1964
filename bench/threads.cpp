// threads [steps] - two threads. Each churns blocks of its own; then each makes blocks that the other one frees.
#include "support.hpp"

#include <array>
#include <condition_variable>
#include <cstdio>
#include <functional>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

namespace {

using batch = std::vector<bench::block>;

// Blocks change hands by the hundred: the queue's own lock must not hide the allocator's.
class batch_queue {
public:
    void put(batch&& blocks) {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [this] { return waiting_.size() < 16; });
        waiting_.push(std::move(blocks));
        filled_.notify_one();
    }

    batch take() {
        std::unique_lock lock(mutex_);
        filled_.wait(lock, [this] { return !waiting_.empty(); });
        batch blocks = std::move(waiting_.front());
        waiting_.pop();
        room_.notify_one();
        return blocks;
    }

private:
    std::mutex mutex_;
    std::condition_variable room_;
    std::condition_variable filled_;
    std::queue<batch> waiting_;
};

std::uint64_t churn(bench::random_numbers& chance, std::size_t steps) {
    std::vector<bench::block> slots(3'000);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < steps; ++i) {
        bench::block& slot = slots[chance.below(slots.size())];
        sum += bench::end(slot);
        slot = bench::make(chance.size(), i);
    }
    for (bench::block& slot : slots) sum += bench::end(slot);
    return sum;
}

batch make_batch(bench::random_numbers& chance) {
    batch blocks(200);
    for (bench::block& b : blocks) b = bench::make(chance.size(), chance.next());
    return blocks;
}

std::uint64_t end_batch(batch&& blocks) {
    std::uint64_t sum = 0;
    for (bench::block& b : blocks) sum += bench::end(b);
    return sum;
}

// One batch is put for each that is taken, so neither thread can wait for the other forever.
std::uint64_t exchange(bench::random_numbers& chance, std::size_t batches, batch_queue& out, batch_queue& in) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < batches; ++i) {
        out.put(make_batch(chance));
        if (i % 8 == 7) {
            for (int j = 0; j < 8; ++j) sum += end_batch(in.take());
        }
    }
    return sum;
}

void work(std::uint64_t seed, std::size_t steps, batch_queue& out, batch_queue& in, std::uint64_t& sum) {
    bench::random_numbers chance(seed);
    sum = churn(chance, steps);
    sum += exchange(chance, steps / 1600 * 8, out, in);
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t steps = bench::argument(argc, argv, 1, 500'000);
    std::array<batch_queue, 2> queues;
    std::array<std::uint64_t, 2> sums{};
    std::thread first(work, 5, steps, std::ref(queues[0]), std::ref(queues[1]), std::ref(sums[0]));
    std::thread second(work, 6, steps, std::ref(queues[1]), std::ref(queues[0]), std::ref(sums[1]));
    first.join();
    second.join();
    std::printf("%llu\n", static_cast<unsigned long long>(sums[0] + sums[1]));
}
