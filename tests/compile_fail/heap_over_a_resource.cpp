// expect: heap: main_backend has a destructor, and a heap is used until the very end
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/heap/heap.hpp>
#include <ptm/os/upstream.hpp>

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_main_backend<ptm::upstream_backend<>>> {};

void* block = ptm::heap<mine>::malloc(24);
