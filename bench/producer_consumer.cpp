// producer_consumer [batches [pairs]] - one thread makes blocks, two hundred to a batch, and another one frees them;
// between them a queue of 128 batches, so that two or three MiB are in use however many blocks were made. It is filled
// before the first batch is taken, so that every allocator has as much in use at the most, whichever thread the system
// prefers then. Half a million batches are a hundred million blocks.
#include "measured.hpp"
#include "support.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>

namespace {

constexpr std::size_t batch_size = 200;
using batch = std::vector<bench::block>;

// Blocks change hands by the hundred: the queue's own lock must not hide the allocator's.
class batch_queue {
public:
    void put(batch&& blocks) {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [this] { return put_ - taken_ < waiting_.size(); });
        waiting_[put_++ % waiting_.size()] = std::move(blocks);
        filled_.notify_one();
    }

    // No more is coming: what there is may be taken though it never filled the queue.
    void end() {
        std::unique_lock lock(mutex_);
        ended_ = true;
        filled_.notify_one();
    }

    batch take() {
        std::unique_lock lock(mutex_);
        filled_.wait(lock, [this] { return (ended_ || put_ >= waiting_.size()) && put_ != taken_; });
        batch blocks = std::move(waiting_[taken_++ % waiting_.size()]);
        room_.notify_one();
        return blocks;
    }

private:
    std::mutex mutex_;
    std::condition_variable room_;
    std::condition_variable filled_;
    std::array<batch, 128> waiting_;
    std::size_t put_ = 0;
    std::size_t taken_ = 0;
    bool ended_ = false;
};

// Bytes in blocks between malloc and free, and the most there were; asked once a batch.
class live_bytes {
public:
    void more(std::size_t bytes) {
        const std::size_t now = now_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
        std::size_t most = most_.load(std::memory_order_relaxed);
        while (now > most && !most_.compare_exchange_weak(most, now, std::memory_order_relaxed)) {}
    }
    void less(std::size_t bytes) { now_.fetch_sub(bytes, std::memory_order_relaxed); }
    std::size_t most() const { return most_.load(); }

private:
    std::atomic<std::size_t> now_ = 0;
    std::atomic<std::size_t> most_ = 0;
};

std::size_t bytes_of(const batch& blocks) {
    std::size_t bytes = blocks.size() * sizeof(bench::block);
    for (const bench::block& b : blocks) bytes += b.size;
    return bytes;
}

void produce(std::size_t batches, std::uint64_t seed, batch_queue& out, live_bytes& live) {
    bench::random_numbers chance(seed);
    for (std::size_t i = 0; i < batches; ++i) {
        batch blocks(batch_size);
        for (bench::block& b : blocks) b = bench::make(chance.small_size(), chance.next());
        live.more(bytes_of(blocks));
        out.put(std::move(blocks));
    }
    out.end();
}

std::uint64_t consume(std::size_t batches, batch_queue& in, live_bytes& live) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < batches; ++i) {
        batch blocks = in.take();
        live.less(bytes_of(blocks));
        sum += bench::end_all(blocks);
    }
    return sum;
}

// Even threads produce, odd ones consume.
bench::outcome work(std::size_t batches, std::size_t pairs) {
    std::vector<batch_queue> between(pairs);
    live_bytes live;
    const std::uint64_t sum = bench::on_threads(2 * pairs, [&](std::size_t i) {
        if (i % 2 == 1) return consume(batches, between[i / 2], live);
        produce(batches, 7 + i, between[i / 2], live);
        return std::uint64_t{0};
    });
    return {sum, live.most()};
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t batches = bench::argument(argc, argv, 1, 5'000);
    const std::size_t pairs = bench::argument(argc, argv, 2, 1);
    return bench::measured([=] { return work(batches, pairs); });
}
