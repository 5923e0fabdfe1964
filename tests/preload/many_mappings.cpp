// More blocks above the mmap threshold than the heap or the system would map, one by one: each is there with all of
// its bytes, or refused with ENOMEM, and then it is again so. When every second one is freed the mappings of the
// process fall to pieces, of which the system allows so many (vm.max_map_count).
//
//     many_mappings <blocks> [<mmap_max>]
#include "preload/check.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

constexpr std::size_t bytes = 128 << 10; // the threshold

// The first page of every block is in use anyway; the last one of some, or this would want a gigabyte.
constexpr std::size_t some = 8;

// mark - what begins and ends block i.
std::uint64_t mark(std::size_t i) { return i * 0x9E37'79B9'7F4A'7C15; }
std::uint64_t* first_of(void* block) { return static_cast<std::uint64_t*>(block); }
std::uint64_t* last_of(void* block) { return first_of(block) + bytes / sizeof(std::uint64_t) - 1; }

void* make(std::size_t i) {
    errno = 0;
    void* block = std::malloc(bytes);
    EXPECT(block || errno == ENOMEM);
    if (!block) return nullptr;
    EXPECT(reinterpret_cast<std::uintptr_t>(block) % 16 == 0 && malloc_usable_size(block) >= bytes);
    *first_of(block) = mark(i);
    if (i % some == 0) *last_of(block) = mark(i);
    return block;
}

void discard(void*& block, std::size_t i) {
    if (!block) return;
    EXPECT(*first_of(block) == mark(i) && (i % some != 0 || *last_of(block) == mark(i)));
    errno = 4711;
    std::free(block);
    EXPECT(errno == 4711);
    block = nullptr;
}

// Every second one goes first, and some new ones come between.
void free_in_pieces(std::vector<void*>& blocks) {
    for (std::size_t i = 0; i < blocks.size(); i += 2) discard(blocks[i], i);
    for (std::size_t i = 0; i < 100; i += 2) blocks[i] = make(i);
    for (std::size_t i = 0; i < blocks.size(); ++i) discard(blocks[i], i);
}

void once(std::vector<void*>& blocks) {
    for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = make(i);
    struct mallinfo2 books = mallinfo2();
    dprintf(STDERR_FILENO, "%zu mapped, %td refused\n", books.hblks, std::ranges::count(blocks, nullptr));
    free_in_pieces(blocks);
    EXPECT(mallinfo2().hblks <= 1); // the list itself
}

} // namespace

int main(int count, char** arguments) {
    EXPECT(preload::is_preloaded() || preload::any_malloc());
    EXPECT(count > 1);
    alarm(60);
    if (count > 2) EXPECT(mallopt(M_MMAP_MAX, std::atoi(arguments[2])) == 1);
    std::vector<void*> blocks(std::strtoull(arguments[1], nullptr, 10));
    once(blocks);
    once(blocks);
}
