// support/regions.hpp - configurations whose main backend has no frontier, with books on it.
#pragma once

#include "support/configs.hpp"

#include <ptm/os/buffer.hpp>
#include <ptm/os/mmap.hpp>

namespace ptm_test {

using counted_mmap = ptm::counted<ptm::failing<ptm::mmap_backend>>;

struct in_regions : ptm::edit<glass, ptm::set_main_backend<counted_mmap>, ptm::set_arena_backend<ptm::no_backend>,
                              ptm::set_arenas<ptm::one_arena>, ptm::set_mapped_backend<ptm::no_backend>,
                              ptm::set_tuned<ptm::tuning{.mmap_threshold = 20000, .mmap_max = 0}>> {};

// in_buffer - an arena in memory that the test brings.
struct in_buffer : ptm::edit<glass, ptm::set_main_backend<ptm::buffer_backend>, ptm::set_arena_backend<ptm::no_backend>,
                             ptm::set_arenas<ptm::one_arena>, ptm::set_mapped_backend<ptm::no_backend>,
                             ptm::set_tuned<ptm::tuning{.mmap_max = 0, .top_pad = 0}>> {};

} // namespace ptm_test
