// A program that has the single header and nothing else of ptm.
#include "ptm.hpp"

#include <cstdio>
#include <cstdlib>
#include <new>

unsigned long long blocks_handed_out();

namespace {

struct own : ptm::edit<ptm::glibc_2_36, ptm::set_main_backend<ptm::mmap_backend>, ptm::set_lock<ptm::no_lock>> {};

constinit ptm::arena<own> arena;

// of_the_program - blocks that malloc and operator new took from the heap in replacing.cpp.
unsigned long long of_the_program() {
    unsigned long long before = blocks_handed_out();
    void* first = ::operator new(100);
    void* volatile second = std::malloc(100);
    unsigned long long counted = blocks_handed_out() - before;
    ::operator delete(first);
    std::free(second);
    return counted;
}

unsigned of_the_arena() {
    void* block = arena.allocate(100);
    bool usable = block && arena.usable_size(block) >= 100 && !arena.verify();
    arena.deallocate(block);
    return usable ? 1 : 0;
}

} // namespace

int main() {
    unsigned long long blocks = of_the_program() + of_the_arena();
    std::printf("ptm %s: %llu blocks of new, malloc and an arena\n", PTM_VERSION_STRING, blocks);
    return blocks == 3 ? 0 : 1;
}
