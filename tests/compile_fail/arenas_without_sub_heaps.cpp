// expect: heap: several arenas need an arena_backend that can::locate, such as reserve_backend
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/heap/heap.hpp>

struct nowhere : ptm::edit<ptm::glibc_2_36, ptm::set_arena_backend<ptm::mmap_backend>> {};

void* block = ptm::heap<nowhere>::malloc(24);
