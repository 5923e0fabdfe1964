// expect: tree_bins: the header's links are too short for a tree; use sorted_bins
#include <ptm/arena/arena.hpp>
#include <ptm/bin/tree_bins.hpp>
#include <ptm/chunk/compact_tag.hpp>
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct compact : ptm::edit<ptm::glibc_2_36, ptm::set_header<ptm::compact_tag>, ptm::set_large_bins<ptm::tree_bins>> {};

ptm::arena<compact> arena;
