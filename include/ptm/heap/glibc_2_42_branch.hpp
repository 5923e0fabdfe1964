// heap/glibc_2_42_branch.hpp - glibc_2_42 with what its stable branch repaired by the autumn of 2025: the largest
// cached size is cached.
#pragma once

#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_42.hpp>

namespace ptm {

struct glibc_2_42_branch : edit<glibc_2_42, set_cache<tiered_cache<largest_size::cached>>> {};

static_assert(heap_config<glibc_2_42_branch>);

} // namespace ptm
