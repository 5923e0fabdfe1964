// support/affinity.hpp - threads that stay on one processor.
#pragma once

#include <cstddef>
#include <vector>

#include <sched.h>

namespace ptm_test {

// stay_on - keeps the calling thread, and those that it makes, on one processor; false: it may not run there.
inline bool stay_on(int processor) {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(static_cast<std::size_t>(processor), &only);
    return sched_setaffinity(0, sizeof only, &only) == 0;
}

// processors - that the calling thread may run on.
inline std::vector<int> processors() {
    cpu_set_t all;
    std::vector<int> found;
    if (sched_getaffinity(0, sizeof all, &all) != 0) return found;
    for (int i = 0; i < CPU_SETSIZE; ++i)
        if (CPU_ISSET(static_cast<std::size_t>(i), &all)) found.push_back(i);
    return found;
}

} // namespace ptm_test
