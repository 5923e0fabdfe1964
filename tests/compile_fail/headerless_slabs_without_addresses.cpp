// expect-anywhere: window_pool: windows must come from a stretch of addresses, such as reserve_backend
#include <ptm/heap/edit.hpp>
#include <ptm/heap/fast.hpp>
#include <ptm/heap/heap.hpp>

using slabs = ptm::headerless_slabs<ptm::mmap_backend>;
struct other : ptm::edit<ptm::fast, ptm::set_cache<ptm::front_cache<64 * 1024, 32 * 1024, slabs>>> {};

void* block = ptm::heap<other>::malloc(24);
