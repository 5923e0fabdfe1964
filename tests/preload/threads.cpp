// Eight threads allocate, resize and free, check that nobody else wrote into their blocks, and free each other's.
#include "preload/check.hpp"
#include "preload/label.hpp"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

namespace {

using preload::intact, preload::label, preload::labelled, preload::discard;

constexpr unsigned threads = 8;
constexpr unsigned steps = 60000;

class worker {
    std::mt19937 random_;
    std::vector<label*> mine_ = std::vector<label*>(100);
    std::vector<std::atomic<label*>>& shared_;

    // Mostly small, sometimes large, seldom mapped.
    std::size_t size() {
        std::size_t most = random_() % 200 == 0 ? 300000 : random_() % 10 == 0 ? 5000 : 300;
        return sizeof(label) + random_() % most;
    }

    label* make() {
        std::size_t bytes = size();
        void* block = nullptr;
        switch (random_() % 4) {
        case 0: block = std::calloc(1, bytes); break;
        case 1: block = std::aligned_alloc(std::size_t{16} << random_() % 6, bytes); break;
        default: block = std::malloc(bytes); break;
        }
        return labelled(block, bytes, static_cast<unsigned char>(random_()));
    }

    label* resize(label* l) {
        std::size_t before = l->bytes, bytes = size();
        auto* moved = static_cast<label*>(std::realloc(l, bytes));
        EXPECT(moved && intact(moved, before < bytes ? before : bytes));
        return labelled(moved, bytes, moved->byte);
    }

    void step() {
        label*& l = mine_[random_() % mine_.size()];
        switch (random_() % 8) {
        case 0: l = shared_[random_() % shared_.size()].exchange(l); break;
        case 1:
            if (l) l = resize(l);
            break;
        default: discard(l); l = random_() % 3 != 0 ? make() : nullptr;
        }
    }

public:
    worker(unsigned seed, std::vector<std::atomic<label*>>& shared) : random_(seed), shared_(shared) {}

    void run() {
        for (unsigned i = 0; i < steps; ++i) step();
        for (label* l : mine_) discard(l);
    }
};

} // namespace

int main() {
    EXPECT(preload::is_preloaded());
    std::vector<std::atomic<label*>> shared(64);
    std::vector<std::thread> running;
    for (unsigned i = 0; i < threads; ++i) running.emplace_back([&, i] { worker(i, shared).run(); });
    for (std::thread& t : running) t.join();
    for (std::atomic<label*>& l : shared) discard(l);
    EXPECT(mallinfo2().hblks == 0);
    EXPECT(preload::used_bytes() < 1 << 20); // the threads' caches came back
}
