// Threads that end go on allocating for as long as the system calls anything of theirs: destructors of thread-local
// objects, of objects that those make, and those of POSIX keys made before and after the heap's, in all rounds. What
// such a thread held is freed by others that come later.
#include "preload/check.hpp"
#include "preload/workload.hpp"

#include <array>
#include <atomic>
#include <climits>
#include <cstdint>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/sysinfo.h>

namespace {

constexpr std::size_t keys_of_a_kind = 5;
constexpr std::size_t heirlooms = 200;

std::array<pthread_key_t, keys_of_a_kind> early, late;
std::atomic<int> calls = 0, destroyed = 0;

// What a thread leaves behind: blocks that begin with their size. Another one takes them over.
std::atomic<std::size_t*> left_behind[heirlooms];

std::size_t* labelled(std::size_t bytes) {
    auto* block = static_cast<std::size_t*>(std::malloc(bytes));
    EXPECT(block != nullptr);
    preload::fill(block, bytes, 0x5A);
    *block = bytes;
    return block;
}

void discard(std::size_t* block) {
    if (!block) return;
    EXPECT(preload::holds(block + 1, *block - sizeof *block, 0x5A));
    std::free(block);
}

void inherit_and_leave() {
    static std::atomic<std::size_t> next = 0;
    for (int i = 0; i < 10; ++i) {
        std::size_t n = next++;
        discard(left_behind[n % heirlooms].exchange(labelled(16 + n * 37 % 3000)));
    }
}

void use_heap() {
    preload::workload work(preload::seed() + static_cast<unsigned>(calls), 5000);
    work.run(20);
    inherit_and_leave();
    work.free_all();
}

// A value of a key is a block that begins with the number of rounds left.
void set(pthread_key_t key, std::intptr_t rounds) {
    auto* value = static_cast<std::intptr_t*>(std::malloc(static_cast<std::size_t>(rounds) * 500));
    EXPECT(value != nullptr);
    *value = rounds;
    EXPECT(pthread_setspecific(key, value) == 0);
}

template <auto& Keys, std::size_t I>
void end_key(void* value) {
    ++calls;
    use_heap();
    std::intptr_t rounds = *static_cast<std::intptr_t*>(value);
    std::free(value);
    if (rounds > 1) set(Keys[I], rounds - 1);
}

template <auto& Keys, std::size_t... I>
void make_keys(std::index_sequence<I...>) {
    EXPECT(((pthread_key_create(&Keys[I], end_key<Keys, I>) == 0) && ...));
}

// Before anything was allocated, so before the heap made its own.
void at_start(int, char**, char**) { make_keys<early>(std::make_index_sequence<keys_of_a_kind>()); }

// The second is made by the destructor of the first, and destroyed after it.
struct last_local {
    std::size_t* block = labelled(3000);
    ~last_local() {
        use_heap();
        discard(block);
        ++destroyed;
    }
};
struct first_local {
    std::size_t* block = labelled(300);
    ~first_local() {
        thread_local last_local another;
        use_heap();
        discard(block);
        ++destroyed;
    }
};

void live_and_end() {
    thread_local first_local object;
    discard(object.block);
    object.block = labelled(100);
    for (pthread_key_t key : early) set(key, PTHREAD_DESTRUCTOR_ITERATIONS);
    for (pthread_key_t key : late) set(key, PTHREAD_DESTRUCTOR_ITERATIONS);
}

// Its first call of malloc comes from a destructor.
void end_only() { pthread_setspecific(late[0], new std::intptr_t{1}); }

// run_threads - four at a time.
void run_threads(int count, void (*live)()) {
    for (int i = 0; i < count; i += 4) {
        std::vector<std::thread> running;
        for (int j = 0; j < 4; ++j) running.emplace_back(live);
        for (std::thread& t : running) t.join();
    }
}

void clear() {
    for (auto& block : left_behind) discard(block.exchange(nullptr));
}

} // namespace

[[gnu::section(".preinit_array"), gnu::used]] static void (*const preinit)(int, char**, char**) = at_start;

int main() {
    EXPECT(preload::is_preloaded() || preload::any_malloc());
    alarm(60);
    make_keys<late>(std::make_index_sequence<keys_of_a_kind>());
    run_threads(20, live_and_end);
    clear();
    std::size_t before = preload::used_bytes();
    run_threads(200, live_and_end);
    EXPECT(destroyed == 220 * 2);
    EXPECT(calls == 220 * PTHREAD_DESTRUCTOR_ITERATIONS * int{keys_of_a_kind} * 2);
    run_threads(20, end_only);
    clear();
    dprintf(STDERR_FILENO, "%zd bytes more\n", static_cast<ssize_t>(preload::used_bytes() - before));
    // This thread's cache, and an arena that came into being for each processor; a thread's cache would be more.
    EXPECT(preload::used_bytes() <= before + static_cast<std::size_t>(2 + get_nprocs()) * 32768);
}
