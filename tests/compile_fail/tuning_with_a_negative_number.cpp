// expect: narrowing conversion of '-1' | cannot be narrowed to type 'std::size_t'
#include <ptm/tune/tuning.hpp>

constexpr ptm::tuning mine{.mmap_threshold = -1};
