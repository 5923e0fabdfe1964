// expect: tuning: region_share is a divisor
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_tuned<ptm::tuning{.region_share = 0}>> {};
