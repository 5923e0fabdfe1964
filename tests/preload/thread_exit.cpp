// Threads that end while they still allocate: in destructors of thread-local objects, and in those of POSIX keys, as
// often as the system calls them. What their caches held comes back.
#include "preload/check.hpp"

#include <atomic>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <pthread.h>
#include <sys/sysinfo.h>

namespace {

pthread_key_t key;
std::atomic<int> rounds = 0;
std::atomic<int> destroyed = 0;

void use_heap() {
    for (std::size_t bytes = 8; bytes < 5000; bytes *= 2) std::free(std::malloc(bytes));
}

// The value counts the rounds that are left.
void end_key(void* value) {
    use_heap();
    ++rounds;
    auto left = reinterpret_cast<std::intptr_t>(value) - 1;
    if (left > 0) pthread_setspecific(key, reinterpret_cast<void*>(left));
}

struct local {
    std::vector<std::string> texts = std::vector<std::string>(20, std::string(200, 'z'));
    ~local() {
        use_heap();
        ++destroyed;
    }
};

// Leaves seven blocks of each small size in the cache.
void fill_cache() {
    std::vector<void*> blocks;
    for (std::size_t bytes = 24; bytes <= 1032; bytes += 16)
        for (int i = 0; i < 7; ++i) blocks.push_back(std::malloc(bytes));
    for (void* block : blocks) std::free(block);
}

void* live_and_end(void*) {
    thread_local local object;
    EXPECT(object.texts.size() == 20);
    pthread_setspecific(key, reinterpret_cast<void*>(std::intptr_t{PTHREAD_DESTRUCTOR_ITERATIONS}));
    fill_cache();
    return nullptr;
}

void run_threads(int count) {
    for (int i = 0; i < count; ++i) {
        pthread_t thread{};
        EXPECT(pthread_create(&thread, nullptr, live_and_end, nullptr) == 0);
        EXPECT(pthread_join(thread, nullptr) == 0);
    }
}

} // namespace

int main() {
    EXPECT(preload::is_preloaded());
    EXPECT(pthread_key_create(&key, end_key) == 0);
    run_threads(1);
    std::size_t before = preload::used_bytes();
    run_threads(300);
    EXPECT(destroyed == 301 && rounds == 301 * PTHREAD_DESTRUCTOR_ITERATIONS);
    // Each cache held more than 200 KiB; an arena may have come into being for each processor.
    EXPECT(preload::used_bytes() <= before + 4096 + static_cast<std::size_t>(get_nprocs()) * 32768);
}
