// The arenas of threads as the texts describe them: each in sub-heaps, aligned stretches of 64 MiB that are reserved
// without rights and made writable from the front. A sub-heap begins with the address of its arena.
#include "preload/check.hpp"
#include "preload/crew.hpp"
#include "preload/information.hpp"
#include "preload/maps.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <vector>

#include <sys/mman.h>

namespace {

constexpr std::uintptr_t sub_heap_bytes = 64 << 20;
constexpr std::size_t threads = 6;           // with the main arena: fewer than the limit on any machine
constexpr std::size_t block_bytes = 100'000; // below the mmap threshold

std::uintptr_t address(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }
std::uintptr_t sub_heap_of(const void* p) { return address(p) & ~(sub_heap_bytes - 1); }
std::uintptr_t word_at(std::uintptr_t address) { return *reinterpret_cast<const std::uintptr_t*>(address); }
std::uintptr_t arena_of(const void* block) { return word_at(sub_heap_of(block)); }

// of_side_arena - the third flag in the size word before the block.
bool of_side_arena(const void* block) { return (word_at(address(block) - 8) & 4) != 0; }

// sub_heap - the front of the stretch that holds a block.
preload::mapping sub_heap(std::uintptr_t base) {
    preload::mapping front = preload::mapping_at(base), rest = preload::mapping_at(front.to);
    EXPECT(front.from == base && front.rights == "rw-p" && front.name.empty());
    EXPECT(front.to == base + sub_heap_bytes || (rest.from == front.to && rest.rights == "---p"));
    EXPECT(front.to == base + sub_heap_bytes || rest.to >= base + sub_heap_bytes);
    return front;
}

// resident_bytes - how much of a mapping is in memory.
std::size_t resident_bytes(const preload::mapping& m) {
    static std::array<unsigned char, sub_heap_bytes / 4096> pages;
    auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    EXPECT(mincore(reinterpret_cast<void*>(m.from), m.bytes(), pages.data()) == 0);
    std::size_t count = 0;
    for (std::size_t i = 0; i < m.bytes() / page; ++i) count += pages[i] & 1;
    return count * page;
}

void each_thread_has_its_own() {
    void* ours = std::malloc(100);
    std::array<void*, threads> theirs;
    preload::crew crew(threads, [&](std::size_t i) { theirs[i] = std::malloc(100); });
    std::set<std::uintptr_t> arenas;
    for (void* block : theirs) {
        EXPECT(of_side_arena(block) && sub_heap_of(block) < address(block));
        EXPECT(sub_heap(sub_heap_of(block)).to > address(block));
        EXPECT(sub_heap_of(reinterpret_cast<void*>(arena_of(block)))
               == sub_heap_of(block)); // the first holds the arena
        arenas.insert(arena_of(block));
    }
    EXPECT(arenas.size() == threads);
    EXPECT(!of_side_arena(ours) && preload::mapping_at(address(ours)).name == "[heap]");
}

// The ring as malloc_info walks it.
void the_ring() {
    preload::crew crew(threads, [](std::size_t) { EXPECT(std::malloc(100) != nullptr); });
    preload::information all = preload::read_information();
    EXPECT(all.arenas == threads + 1 && all.of[0].sub_heaps == 0);
    for (std::size_t i = 1; i < all.arenas; ++i) {
        EXPECT(all.of[i].sub_heaps == 1 && all.of[i].used_bytes() > 0x290);
        EXPECT(all.of[i].system_bytes >= 132 * 1024 && all.of[i].usable_bytes >= all.of[i].system_bytes);
    }
    EXPECT(all.total.system_bytes == mallinfo2().arena);
}

// take - so many large blocks, each written to from end to end.
std::vector<void*> take(std::size_t count) {
    std::vector<void*> blocks(count);
    for (void*& block : blocks) {
        block = std::malloc(block_bytes);
        EXPECT(block != nullptr);
        preload::fill(block, block_bytes, 3);
    }
    return blocks;
}

// give_back - the earliest first: an empty sub-heap is dropped only if there is room in the one before it.
void give_back(const std::vector<void*>& blocks) {
    for (void* block : blocks) std::free(block);
}

// strict - does the system count every page that can be written? Then a shrunk sub-heap gives up the right to.
bool strict() {
    char text[2] = {};
    int file = open("/proc/sys/vm/overcommit_memory", O_RDONLY | O_CLOEXEC);
    bool counts = file >= 0 && read(file, text, 1) == 1 && text[0] == '2';
    close(file);
    return counts;
}

// The front grows with what is asked for. When that is freed its pages go, and their addresses stay writable.
void grow_and_shrink() {
    std::uintptr_t base = sub_heap_of(std::malloc(100));
    preload::mapping before = sub_heap(base);
    std::vector<void*> blocks = take(100);
    preload::mapping grown = sub_heap(base);
    EXPECT(grown.to >= before.to + 98 * block_bytes && resident_bytes(grown) >= 100 * block_bytes);
    give_back(blocks);
    preload::mapping shrunk = sub_heap(base);
    EXPECT(strict() ? shrunk.to < grown.to : shrunk.to == grown.to);
    EXPECT(resident_bytes(shrunk) < 1 << 20);
}

std::size_t sub_heaps() {
    preload::information all = preload::read_information();
    std::size_t count = 0;
    for (std::size_t i = 0; i < all.arenas; ++i) count += all.of[i].sub_heaps;
    return count;
}

// What does not fit into one sub-heap goes on in a second one, which knows its arena and the one before it.
void a_second_sub_heap() {
    void* first = std::malloc(100);
    std::size_t before = sub_heaps();
    std::vector<void*> blocks = take(sub_heap_bytes / block_bytes + 20);
    std::uintptr_t second = sub_heap_of(blocks.back());
    EXPECT(second != sub_heap_of(first) && sub_heaps() == before + 1);
    EXPECT(word_at(second) == arena_of(first) && word_at(second + 8) == sub_heap_of(first));
    EXPECT(sub_heap(second).from == second);
    give_back(blocks);
    EXPECT(sub_heaps() == before && preload::mapping_at(second).rights != "rw-p");
}

void an_arena_is_used_again() {
    std::uintptr_t first = 0, second = 0;
    preload::in_thread([&] { first = arena_of(std::malloc(100)); });
    preload::in_thread([&] { second = arena_of(std::malloc(100)); });
    EXPECT(first == second);
}

// Seven blocks of another thread's arena stay with the thread that frees them; the eighth goes home.
void freed_by_another_thread() {
    constexpr std::size_t bytes = 500;
    std::array<void*, 8> theirs;
    void *ours = nullptr, *home = nullptr;
    preload::crew crew(1, [&](std::size_t) {
        for (void*& block : theirs) block = std::malloc(bytes);
        EXPECT(std::malloc(24) != nullptr); // the last does not touch top
    });
    std::size_t before = preload::used_bytes();
    for (void* block : theirs) std::free(block);
    EXPECT(preload::used_bytes() == before - 512);
    ours = std::malloc(bytes);
    EXPECT(ours == theirs[6] && of_side_arena(ours));
    std::free(ours);
    crew.dismiss();
    preload::in_thread([&] { home = std::malloc(bytes); }); // in the same arena
    EXPECT(home == theirs[7]);
}

} // namespace

int main(int argc, char** argv) {
    EXPECT(preload::runs_on(argc, argv));
    each_thread_has_its_own();
    the_ring();
    preload::in_thread(grow_and_shrink);
    preload::in_thread(a_second_sub_heap);
    an_arena_is_used_again();
    freed_by_another_thread();
}
