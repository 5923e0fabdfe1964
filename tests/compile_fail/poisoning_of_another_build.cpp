// expect: set_poisoning
// expect-anywhere: asan_poisoning
// expect-anywhere: works
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_poisoning<ptm::asan_poisoning>> {};
