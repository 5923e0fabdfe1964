// expect: sub_heap: the header cannot note sizes as large as arena_backend reserves
#include <ptm/chunk/compact_tag.hpp>
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/heap/heap.hpp>

using namespace ptm::literals;

struct compact : ptm::edit<ptm::glibc_2_36, ptm::set_header<ptm::compact_tag>, ptm::set_cache<ptm::no_cache>,
                           ptm::set_arena_backend<ptm::reserve_backend<4_GiB>>> {};

void* block = ptm::heap<compact>::malloc(24);
