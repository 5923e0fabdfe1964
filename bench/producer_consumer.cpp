// producer_consumer [batches] - one thread makes blocks, two hundred to a batch, and another one frees them.
#include "support.hpp"

#include <condition_variable>
#include <cstdio>
#include <functional>
#include <mutex>
#include <queue>
#include <thread>

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

void produce(std::size_t batches, batch_queue& out) {
    bench::random_numbers chance(7);
    for (std::size_t i = 0; i < batches; ++i) {
        batch blocks(200);
        for (bench::block& b : blocks) b = bench::make(chance.size(), chance.next());
        out.put(std::move(blocks));
    }
}

std::uint64_t consume(std::size_t batches, batch_queue& in) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < batches; ++i) {
        batch blocks = in.take();
        sum += bench::end_all(blocks);
    }
    return sum;
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t batches = bench::argument(argc, argv, 1, 5'000);
    batch_queue between;
    std::uint64_t sum = 0;
    std::thread producer(produce, batches, std::ref(between));
    std::thread consumer([&] { sum = consume(batches, between); });
    producer.join();
    consumer.join();
    std::printf("%llu\n", static_cast<unsigned long long>(sum));
}
