// A program without malloc: all that it allocates, and the arena itself, lies in one static buffer. Nothing is asked of
// the system, before main or after.
#include <cstdio>

#include <ptm/ptm.hpp>

struct in_a_buffer : ptm::edit<ptm::unsynchronized_arena, ptm::set_main_backend<ptm::buffer_backend>> {};

alignas(64) static std::byte memory[64 * 1024];

int main() {
    auto* arena = ptm::arena<in_a_buffer>::make_inside(ptm::buffer_backend({memory, sizeof memory}));
    if (!arena) return 1;
    unsigned blocks = 0;
    while (arena->allocate(100)) ++blocks;
    std::printf("%u blocks of 100 bytes, and an arena of %zu bytes, in %zu\n", blocks, sizeof *arena, sizeof memory);
    arena->release(); // all of them at once
    bool again = arena->allocate(50'000) != nullptr;
    ptm::arena<in_a_buffer>::end_inside(arena);
    return blocks > 500 && again ? 0 : 1;
}
