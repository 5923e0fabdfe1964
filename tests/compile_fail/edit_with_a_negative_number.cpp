// expect: narrowing conversion of '-1' | cannot be narrowed to type 'std::size_t'
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_tuned<ptm::tuning{.top_pad = -1}>> {};
