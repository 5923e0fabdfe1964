// What the user sets in the environment takes effect.
//
//   settings <name> on|off     is the effect of the setting visible, as expected?
//
// CMakeLists.txt says which variables go with a name. Each effect is one that nobody can see by default.
#include "preload/check.hpp"

#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

// Blocks that stay until the end: a search has to go where it is sent.
void* keep(std::size_t bytes) {
    void* block = std::malloc(bytes);
    EXPECT(block != nullptr);
    preload::fill(block, 1, 1);
    return block;
}

// allocate_and_free - many blocks, so many that the heap grows.
void allocate_and_free(std::size_t bytes, int count) {
    std::vector<void*> blocks;
    blocks.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) blocks.push_back(keep(bytes));
    for (void* block : blocks) std::free(block);
}

// mmap_threshold=8192: blocks of 9000 bytes get mappings once top is used up.
bool mmap_threshold() {
    for (int i = 0; i < 100; ++i) keep(9000);
    return mallinfo2().hblks > 0;
}

// mmap_max=0: no block ever gets a mapping.
bool mmap_max() {
    keep(1 << 20);
    return mallinfo2().hblks == 0;
}

// top_pad=4194304: the heap grows by more than 4 MiB at a time.
bool top_pad() {
    keep(24);
    return mallinfo2().arena >= 4 << 20;
}

// trim_threshold=1073741824: what was freed at the end of the heap is not given back.
bool trim_threshold() {
    allocate_and_free(100000, 100);
    return mallinfo2().arena > 100 * 100000;
}

// perturb=165: new blocks are filled with its complement.
bool perturb() { return preload::holds(std::malloc(5000), 5000, 0x5a); }

// tcache_count=0: a small block goes to a fast bin as soon as it is freed.
bool tcache_count() {
    std::free(keep(24));
    return mallinfo2().smblks == 1;
}

// tcache_max=100: a block of 200 bytes goes to the arena when it is freed.
bool tcache_max() {
    void* block = keep(200);
    keep(200);
    std::size_t before = mallinfo2().fordblks;
    std::free(block);
    return mallinfo2().fordblks == before + 208;
}

// mxfast=0, tcache_count=0: nothing ever goes to a fast bin; what is freed merges.
bool mxfast() {
    void* block = keep(24);
    keep(24);
    std::size_t before = mallinfo2().ordblks;
    std::free(block);
    return mallinfo2().smblks == 0 && mallinfo2().ordblks == before + 1;
}

struct setting {
    std::string_view name;
    bool (*visible)();
};

constexpr setting known[] = {
    {"mmap_threshold", mmap_threshold}, {"mmap_max", mmap_max}, {"top_pad", top_pad},
    {"trim_threshold", trim_threshold}, {"perturb", perturb},   {"tcache_count", tcache_count},
    {"tcache_max", tcache_max},         {"mxfast", mxfast},
};

} // namespace

int main(int, char** arguments) {
    EXPECT(preload::is_preloaded());
    for (const setting& s : known)
        if (s.name == arguments[1]) {
            EXPECT(s.visible() == (std::string_view(arguments[2]) == "on"));
            return 0;
        }
    preload::fail(__FILE__, __LINE__, "a setting that is known");
}
