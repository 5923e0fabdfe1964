// expect: cache: the header's links are too short for it; use no_cache
#include <ptm/chunk/compact_tag.hpp>
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/heap/heap.hpp>

struct compact : ptm::edit<ptm::glibc_2_36, ptm::set_header<ptm::compact_tag>> {};

void* block = ptm::heap<compact>::malloc(24);
