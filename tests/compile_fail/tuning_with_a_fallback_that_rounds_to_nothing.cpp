// expect: tuning: fallback_multiple must be 0 or a power of two
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_tuned<ptm::tuning{.fallback_multiple = 3 << 20}>> {};
