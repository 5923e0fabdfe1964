// A limit of the process is reached with blocks of one size: ENOMEM, and nothing else. When all are freed, nearly as
// many can be had again, and again.
//
//     resource_limits <VmSize | VmData> <bytes> <threads>      RLIMIT_AS, RLIMIT_DATA
//
// The main thread is one of the threads. Of others, glibc serves one that gets no arena with a page for each block.
#include "preload/check.hpp"
#include "support/live_blocks.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/resource.h>

namespace {

constexpr int rounds = 4;
std::size_t bytes = 0;
pthread_barrier_t barrier;
std::atomic<std::size_t> obtained = 0; // in this round, by all threads

struct node {
    node* next;
    std::uint8_t tag;
};

// The list is made of the blocks themselves, the rest of each is painted.
unsigned char* rest_of(node* n) { return reinterpret_cast<unsigned char*>(n + 1); }
std::size_t rest() { return bytes - sizeof(node); }

node* exhaust() {
    node* list = nullptr;
    std::size_t count = 0;
    errno = 0;
    while (auto* n = static_cast<node*>(std::malloc(bytes))) {
        *n = {list, static_cast<std::uint8_t>(reinterpret_cast<std::uintptr_t>(n) >> 4)};
        ptm_test::paint(rest_of(n), rest(), n->tag);
        list = n;
        ++count;
        errno = 0;
    }
    EXPECT(errno == ENOMEM);
    obtained += count;
    return list;
}

void free_all(node* list) {
    while (list) {
        node* n = list;
        list = n->next;
        EXPECT(ptm_test::painted(rest_of(n), rest(), n->tag));
        std::free(n);
    }
}

// current - what the process has of it now, in bytes.
std::size_t current(const char* what) {
    std::FILE* file = std::fopen("/proc/self/status", "r");
    EXPECT(file != nullptr);
    char line[200], name[200];
    std::size_t kib = 0;
    while (std::fgets(line, sizeof line, file))
        if (std::sscanf(line, "%199[^:]: %zu kB", name, &kib) == 2 && std::string_view(name) == what) break;
    std::fclose(file);
    EXPECT(kib > 0);
    return kib << 10;
}

// only_reserved - addresses in stretches of 1 GiB and more that nobody may touch: what an allocator gives up when it
// comes to such a limit.
std::size_t only_reserved() {
    std::FILE* file = std::fopen("/proc/self/maps", "r");
    EXPECT(file != nullptr);
    char line[400], rights[5];
    std::size_t from = 0, to = 0, sum = 0;
    while (std::fgets(line, sizeof line, file))
        if (std::sscanf(line, "%zx-%zx %4s", &from, &to, rights) == 3 && std::string_view(rights) == "---p")
            if (to - from >= std::size_t{1} << 30) sum += to - from;
    std::fclose(file);
    return sum;
}

void set_limit(const char* what, std::size_t room) {
    bool addresses = std::string_view(what) == "VmSize";
    auto kind = addresses ? RLIMIT_AS : RLIMIT_DATA;
    rlimit limit{current(what) - (addresses ? only_reserved() : 0) + room, RLIM_INFINITY};
    EXPECT(setrlimit(kind, &limit) == 0);
}

// round - how many blocks all threads got. One that is done early must not free while others still look for the end.
std::size_t round() {
    pthread_barrier_wait(&barrier);
    node* list = exhaust();
    pthread_barrier_wait(&barrier);
    std::size_t all = obtained;
    free_all(list);
    pthread_barrier_wait(&barrier);
    obtained = 0;
    return all;
}

// With several threads it is a matter of luck in each round whose arena gets the last stretch of addresses, and how
// much of it is of use: what counts then is the best round.
void expect_as_many_again(std::size_t room, bool alone) {
    std::size_t first = round(), least = first, most = 0;
    EXPECT(first * bytes > room / 2);
    for (int i = 1; i < rounds; ++i) {
        std::size_t again = round();
        dprintf(STDERR_FILENO, "%zu of %zu blocks\n", again, first);
        least = std::min(least, again);
        most = std::max(most, again);
    }
    EXPECT((alone ? least : most) * 100 >= first * 95);
}

} // namespace

int main(int count, char** arguments) {
    EXPECT(preload::is_preloaded() || preload::any_malloc());
    EXPECT(count == 4);
    alarm(60);
    bytes = std::strtoull(arguments[2], nullptr, 10);
    auto workers = static_cast<unsigned>(std::atoi(arguments[3]));
    std::size_t room = workers == 1 ? 64 << 20 : 320 << 20; // of which arenas reserve 64 MiB each
    pthread_barrier_init(&barrier, nullptr, workers);
    std::vector<std::thread> threads;
    auto other = [] {
        for (int i = 0; i < rounds; ++i) round();
    };
    for (unsigned i = 1; i < workers; ++i) threads.emplace_back(other);
    set_limit(arguments[1], room);
    expect_as_many_again(room, workers == 1);
    for (std::thread& t : threads) t.join();
}
