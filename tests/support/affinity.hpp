// support/affinity.hpp - a thread that stays on one processor.
#pragma once

#include <cstddef>

#include <sched.h>

namespace ptm_test {

// stay_on - keeps the calling thread, and those that it makes, on one processor; false: it may not run there.
inline bool stay_on(int processor) {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(static_cast<std::size_t>(processor), &only);
    return sched_setaffinity(0, sizeof only, &only) == 0;
}

} // namespace ptm_test
