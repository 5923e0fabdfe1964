// expect: set_cache: not a cache_policy
// expect-anywhere: exchanges_batches
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/heap/heap.hpp>

struct says_more_than_it_can : ptm::array_cache {
    static constexpr bool exchanges = true;
};

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_cache<says_more_than_it_can>> {};

void* block = ptm::heap<mine>::malloc(24);
