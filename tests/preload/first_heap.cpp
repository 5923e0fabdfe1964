// What every text on ptmalloc begins with: one small request makes a heap of 132 KiB at the program break, and a
// request of 128 KiB gets a mapping of its own - the first time.
#include "preload/check.hpp"
#include "preload/maps.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

constexpr std::size_t threshold = 128 * 1024;

std::uintptr_t address(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

preload::mapping heap() {
    return preload::find_mapping([](const preload::mapping& m) { return m.name == "[heap]"; });
}

void the_first_heap() {
    void* block = std::malloc(24);
    preload::mapping at_break = heap();
    EXPECT(at_break.bytes() == 132 * 1024 && at_break.rights == "rw-p");
    EXPECT(at_break.from <= address(block) && address(block) < at_break.to);
    EXPECT(at_break.to == address(sbrk(0)));
    EXPECT(mallinfo2().arena == 132 * 1024);
    std::free(block);
}

// mapped_alone - a mapping begins where the block's chunk does, two words before the block.
bool mapped_alone(void* block) {
    auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    return mallinfo2().hblks == 1 && address(block) % page == 16 && preload::mapping_at(address(block)).name.empty();
}

void the_mmap_threshold() {
    void* part_of_top = std::malloc(10'000); // what top can serve is served from there, however large
    void* from_here_on = std::malloc(threshold);
    EXPECT(mapped_alone(from_here_on));
    void* below = std::malloc(threshold - 100);
    EXPECT(mallinfo2().hblks == 1 && preload::mapping_at(address(below)).name == "[heap]");
    std::free(below);
    std::free(from_here_on);
    std::free(part_of_top);
    EXPECT(mallinfo2().hblks == 0);
}

// What was mapped once and freed is thought to come again: the threshold is now beyond it.
void the_threshold_moved_up() {
    void* same = std::malloc(threshold);
    EXPECT(mallinfo2().hblks == 0 && preload::mapping_at(address(same)).name == "[heap]");
    void* more = std::malloc(2 * threshold);
    EXPECT(mapped_alone(more));
    std::free(more);
    std::free(same);
    same = std::malloc(2 * threshold);
    EXPECT(mallinfo2().hblks == 0);
    std::free(same);
}

// Never beyond 32 MiB.
void the_most_a_threshold_can_be() {
    constexpr std::size_t most = 32 << 20;
    for (int i = 0; i < 2; ++i) {
        void* block = std::malloc(most);
        EXPECT(mapped_alone(block));
        std::free(block);
    }
}

} // namespace

int main(int argc, char** argv) {
    EXPECT(preload::runs_on(argc, argv));
    the_first_heap();
    the_mmap_threshold();
    the_threshold_moved_up();
    the_most_a_threshold_can_be();
}
