// expect: front_cache: the header says which list a chunk belongs to for another MostRequest
#include <ptm/heap/edit.hpp>
#include <ptm/heap/fast.hpp>
#include <ptm/heap/heap.hpp>

struct other : ptm::edit<ptm::fast, ptm::set_cache<ptm::front_cache<16 * 1024>>> {};

void* block = ptm::heap<other>::malloc(24);
