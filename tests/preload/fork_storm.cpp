// Hundreds of forks from four threads, while others allocate. Each child finds the blocks that it inherits as they
// were, figures that add up, and a heap that works, also for a thread of its own. A deadlock ends by SIGALRM.
#include "preload/check.hpp"
#include "preload/crew.hpp"
#include "preload/information.hpp"
#include "preload/label.hpp"

#include <array>
#include <atomic>
#include <random>

#include <sys/wait.h>

namespace {

constexpr std::size_t forking = 4, allocating = 3;
constexpr int forks_of_each = 60;
constexpr std::size_t blocks_of_each = 50;

std::atomic<bool> stop = false;
std::array<preload::label*, (forking + allocating) * blocks_of_each> kept{}; // nobody touches them during the storm

preload::label* make(std::minstd_rand& random, std::size_t most) {
    std::size_t bytes = sizeof(preload::label) + random() % most;
    return preload::labelled(std::malloc(bytes), bytes, static_cast<unsigned char>(random()));
}

void fill_kept(std::size_t thread) {
    std::minstd_rand random(static_cast<unsigned>(thread) + 1);
    for (std::size_t i = 0; i < blocks_of_each; ++i)
        kept[thread * blocks_of_each + i] = make(random, i % 10 == 0 ? 200'000 : 2000);
}

// figures_add_up - those of malloc_info one by one, together, and those of mallinfo2.
bool figures_add_up() {
    preload::read_information(); // so that what it allocates is there afterwards
    struct mallinfo2 whole = mallinfo2();
    preload::information all = preload::read_information();
    std::size_t system = 0, free = 0, chunks = 0;
    for (std::size_t i = 0; i < all.arenas; ++i) {
        system += all.of[i].system_bytes;
        free += all.of[i].free_bytes();
        chunks += all.of[i].rest_count;
    }
    return system == all.total.system_bytes && system == whole.arena && free == whole.fordblks
        && chunks == whole.ordblks && whole.uordblks + whole.fordblks == whole.arena;
}

void allocate_a_lot() {
    std::minstd_rand random(7);
    std::array<preload::label*, 500> made;
    for (preload::label*& l : made) l = make(random, random() % 50 == 0 ? 200'000 : 1000);
    for (preload::label* l : made) preload::discard(l);
}

// mine - what the forking thread made itself just before, and shared with nobody.
[[noreturn]] void be_child(preload::label* mine) {
    alarm(20);
    EXPECT(figures_add_up());
    for (const preload::label* l : kept) EXPECT(preload::intact(l));
    preload::discard(mine);
    allocate_a_lot();
    preload::in_thread(allocate_a_lot);
    for (preload::label* l : kept) preload::discard(l);
    EXPECT(mallinfo2().hblks < 10); // what the other threads held just then
    EXPECT(figures_add_up());
    _exit(0);
}

void fork_often() {
    std::minstd_rand random(1);
    for (int i = 0; i < forks_of_each; ++i) {
        preload::label* mine = make(random, 5000);
        pid_t child = fork();
        if (child == 0) be_child(mine);
        int status = -1;
        EXPECT(child > 0 && waitpid(child, &status, 0) == child);
        EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        preload::discard(mine);
    }
}

void churn(std::size_t thread) {
    std::minstd_rand random(static_cast<unsigned>(thread) + 1);
    std::array<preload::label*, 300> mine{};
    while (!stop) {
        preload::label*& l = mine[random() % mine.size()];
        preload::discard(l);
        l = make(random, random() % 200 == 0 ? 200'000 : 2000);
    }
    for (preload::label* l : mine) preload::discard(l);
}

void storm() {
    std::vector<std::thread> forkers, others;
    for (std::size_t i = 0; i < allocating; ++i) others.emplace_back(churn, i);
    for (std::size_t i = 0; i < forking; ++i) forkers.emplace_back(fork_often);
    for (std::thread& t : forkers) t.join();
    stop = true;
    for (std::thread& t : others) t.join();
}

} // namespace

int main(int argc, char** argv) {
    EXPECT(preload::runs_on(argc, argv));
    alarm(100);
    preload::read_information();
    preload::crew owners(forking + allocating, fill_kept);
    storm();
    owners.dismiss();
    for (preload::label* l : kept) preload::discard(l);
    EXPECT(figures_add_up() && mallinfo2().hblks == 0);
}
