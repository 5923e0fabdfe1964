// expect: tuning: mmap_threshold is above most_mmap_threshold
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct mine : ptm::edit<ptm::glibc_2_36,
                        ptm::set_tuned<ptm::tuning{.mmap_threshold = 2 << 20, .most_mmap_threshold = 1 << 20}>> {};
