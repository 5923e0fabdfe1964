// expect: set_arenas: not an arenas_policy
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/heap/heap.hpp>

struct confused : ptm::edit<ptm::glibc_2_36, ptm::set_arenas<ptm::array_cache>> {};

void* block = ptm::heap<confused>::malloc(24);
