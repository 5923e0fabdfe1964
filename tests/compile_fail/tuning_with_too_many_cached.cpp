// expect: tuning: cache_count is above 65535
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_tuned<ptm::tuning{.cache_count = 100'000}>> {};
