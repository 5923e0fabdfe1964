// c/mallopt.hpp - mallopt: settings by number.
//
// Every call first merges the fast chunks of the main arena, also one with an unknown parameter.
// source   glibc 2.36 malloc.c, __libc_mallopt
#pragma once

#include <cstddef>

#include <malloc.h>

#include <ptm/arena/consolidate.hpp>
#include <ptm/arena/settings.hpp>

namespace ptm {

// set_parameter - parameter: an M_ constant of <malloc.h>; what is unknown is ignored.
//   returns  1, or 0 when the value of M_MXFAST or M_MMAP_THRESHOLD is out of bounds
template <class H>
int set_parameter(int parameter, int value) noexcept {
    inside hold(H::ready_arena());
    consolidate(H::ready_arena());
    auto& s = H::shared();
    auto wide = static_cast<std::size_t>(value); // a negative value becomes very large
    switch (parameter) {
    case M_MXFAST: return set_fast_request(s, wide) ? 1 : 0;
    case M_TRIM_THRESHOLD: pin(s, s.trim_threshold, wide); break;
    case M_TOP_PAD: pin(s, s.top_pad, wide); break;
    case M_MMAP_THRESHOLD: return set_mmap_threshold(s, wide) ? 1 : 0;
    case M_MMAP_MAX: pin(s, s.mmap_max, value); break;
    case M_PERTURB: s.perturb = value; break;
    case M_ARENA_TEST:
        if (value > 0) s.arena_test = wide;
        break;
    case M_ARENA_MAX:
        if (value > 0) s.arena_max = wide;
        break;
    default: break;
    }
    return 1;
}

} // namespace ptm
