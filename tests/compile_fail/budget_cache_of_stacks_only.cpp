// expect: cache: MostRequest must be larger than the largest single size
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/heap/heap.hpp>
#include <ptm/thread/budget_cache.hpp>

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_cache<ptm::budget_cache<512>>> {};

void* block = ptm::heap<mine>::malloc(24);
