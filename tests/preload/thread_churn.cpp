// Ten thousand short threads, eight at a time. Each makes blocks and leaves some for whoever comes later, who frees
// them. In the end as much is used as in the beginning, to the byte.
#include "preload/check.hpp"
#include "preload/crew.hpp"
#include "preload/information.hpp"
#include "preload/label.hpp"

#include <array>
#include <atomic>
#include <random>

namespace {

constexpr std::size_t threads = 10'000, at_once = 8;
constexpr std::size_t blocks = 30;

std::array<std::atomic<preload::label*>, 64> left_behind;
pthread_barrier_t all_here;

// Mostly small, sometimes large, seldom mapped.
std::size_t random_size(std::minstd_rand& random) {
    std::size_t most = random() % 500 == 0 ? 300'000 : random() % 10 == 0 ? 5000 : 300;
    return sizeof(preload::label) + random() % most;
}

preload::label* make(std::minstd_rand& random) {
    std::size_t bytes = random_size(random);
    return preload::labelled(std::malloc(bytes), bytes, static_cast<unsigned char>(random()));
}

void live(unsigned seed) {
    std::minstd_rand random(seed + 1);
    std::array<preload::label*, blocks> mine;
    for (preload::label*& l : mine) l = make(random);
    for (std::size_t i = 0; i < blocks / 3; ++i) mine[i] = left_behind[random() % left_behind.size()].exchange(mine[i]);
    for (preload::label* l : mine) preload::discard(l);
}

void* be_short(void* number) {
    live(static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(number)));
    return nullptr;
}

void* be_together(void* number) {
    be_short(number);
    pthread_barrier_wait(&all_here);
    return nullptr;
}

// Stacks of one modest size: the C library keeps all that were ever needed together, and what belongs to them.
void start(pthread_t& thread, void* (*run)(void*), std::uintptr_t number) {
    pthread_attr_t small;
    EXPECT(pthread_attr_init(&small) == 0 && pthread_attr_setstacksize(&small, 1 << 18) == 0);
    EXPECT(pthread_create(&thread, &small, run, reinterpret_cast<void*>(number)) == 0);
    pthread_attr_destroy(&small);
}

void join(pthread_t thread) { EXPECT(pthread_join(thread, nullptr) == 0); }

// empty_exchange - by a thread: nothing stays in its cache.
void empty_exchange() {
    preload::in_thread([] {
        for (auto& l : left_behind) preload::discard(l.exchange(nullptr));
    });
}

// warm_up - as many threads together as there will ever be: the arenas they need exist then.
void warm_up() {
    EXPECT(pthread_barrier_init(&all_here, nullptr, at_once) == 0);
    std::array<pthread_t, at_once> running;
    for (std::size_t i = 0; i < at_once; ++i) start(running[i], be_together, i);
    for (pthread_t thread : running) join(thread);
    empty_exchange();
}

void churn() {
    std::array<pthread_t, at_once> running;
    for (std::size_t i = 0; i < threads; ++i) {
        if (i >= at_once) join(running[i % at_once]);
        start(running[i % at_once], be_short, i);
    }
    for (pthread_t thread : running) join(thread);
    empty_exchange();
}

} // namespace

int main(int argc, char** argv) {
    EXPECT(preload::runs_on(argc, argv));
    preload::read_information();
    warm_up();
    std::size_t before = preload::used_bytes(), arenas = preload::read_information().arenas;
    churn();
    EXPECT(preload::used_bytes() == before);
    EXPECT(preload::read_information().arenas == arenas);
    EXPECT(mallinfo2().hblks == 0 && mallinfo2().arena < 8 << 20);
}
