// Very large blocks, and the end of memory: malloc returns nullptr with ENOMEM, nothing is lost, and when the blocks
// are freed there is memory again.
#include "preload/check.hpp"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

#include <pthread.h>
#include <sys/resource.h>

namespace {

struct node {
    node* next;
};

void a_gibibyte() {
    std::size_t bytes = std::size_t{1} << 30;
    auto* block = static_cast<char*>(std::malloc(bytes));
    EXPECT(block && malloc_usable_size(block) >= bytes && mallinfo2().hblks == 1);
    block[0] = block[bytes - 1] = 'x';
    block = static_cast<char*>(std::realloc(block, bytes * 2));
    EXPECT(block && block[0] == 'x' && block[bytes - 1] == 'x');
    std::free(block);
    EXPECT(mallinfo2().hblks == 0 && mallinfo2().hblkhd == 0);
}

void cleared() {
    constexpr std::size_t bytes = 32 << 20;
    void* block = std::calloc(1, bytes);
    EXPECT(block && preload::holds(block, bytes, 0));
    std::free(block);
}

// address_space - bytes of this process's address space.
std::size_t address_space() {
    std::size_t pages = 0;
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    EXPECT(file && std::fscanf(file, "%zu", &pages) == 1);
    std::fclose(file);
    return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// exhaust - blocks until there are no more. The list is made of the blocks themselves.
node* exhaust(std::size_t bytes, std::size_t& count) {
    node* list = nullptr;
    errno = 0;
    while (auto* n = static_cast<node*>(std::malloc(bytes))) {
        n->next = list;
        list = n;
        ++count;
    }
    EXPECT(errno == ENOMEM);
    return list;
}

void free_all(node* list) {
    while (list) {
        node* n = list;
        list = n->next;
        std::free(n);
    }
}

// limit_to - from now on the process gets `room` bytes of addresses more. When those are used up, a heap may let go of
// what it has only reserved, GiB perhaps: it does so first.
void limit_to(std::size_t room) {
    for (int round = 0; round < 2; ++round) {
        rlimit limit{address_space() + room, RLIM_INFINITY};
        EXPECT(setrlimit(RLIMIT_AS, &limit) == 0);
        std::size_t count = 0;
        free_all(exhaust(room / 8, count)); // hardly a page of them is touched
        malloc_trim(0);
    }
}

// A block keeps what is in it when it cannot grow.
void growing_fails(node* full) {
    node* next = full->next;
    errno = 0;
    EXPECT(std::realloc(full, std::size_t{64} << 20) == nullptr && errno == ENOMEM);
    EXPECT(full->next == next);
}

void exhaustion(std::size_t bytes, std::size_t room) {
    std::size_t first = 0, second = 0;
    node* list = exhaust(bytes, first);
    EXPECT(first * bytes > room / 2);
    growing_fails(list);
    free_all(list);
    free_all(exhaust(bytes, second));
    EXPECT(second * 10 >= first * 9); // all but a little came back
    malloc_trim(0);
}

// A thread that has done nothing with the heap yet frees a block when memory is at an end: there is none for its cache,
// which it can do without, and errno stays.
node* last_block = nullptr;
std::atomic<bool> may_free = false;

void* free_first(void*) {
    may_free.wait(false);
    errno = 4711;
    std::free(last_block);
    EXPECT(errno == 4711);
    return nullptr;
}

void without_memory_for_a_cache(pthread_t waiting) {
    std::size_t count = 0;
    node* list = exhaust(40, count);
    last_block = list;
    list = list->next;
    may_free = true;
    may_free.notify_one();
    EXPECT(pthread_join(waiting, nullptr) == 0);
    free_all(list);
}

} // namespace

int main() {
    EXPECT(preload::is_preloaded());
    a_gibibyte();
    cleared();
    pthread_t waiting{};
    EXPECT(pthread_create(&waiting, nullptr, free_first, nullptr) == 0);
    constexpr std::size_t room = 64 << 20;
    limit_to(room);
    for (std::size_t bytes : {40u, 1000u, 20000u, 300000u, 5u << 20}) exhaustion(bytes, room);
    without_memory_for_a_cache(waiting);
    void* block = std::malloc(room / 4);
    EXPECT(block != nullptr);
    std::free(block);
}
