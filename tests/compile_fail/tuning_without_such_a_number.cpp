// expect: mmap_treshold
#include <ptm/tune/tuning.hpp>

constexpr ptm::tuning mine{.mmap_treshold = 65536};
