// expect: tuning: cache_request is above most_cache_request
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_tuned<ptm::tuning{.cache_request = 4000}>> {};
