// expect: set_tunes
// expect: did you mean 'set_tuned'
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_tunes<ptm::tuning{}>> {};
