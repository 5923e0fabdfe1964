// A part of the array of heaps: every composition keeps the battery. The build says which part: SHARD of SHARDS.
#include "cover/compositions.hpp"
#include "support/heap_battery.hpp"

using shard_of_heaps = cover::shard<cover::heaps, SHARD, SHARDS>;

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

TEMPLATE_LIST_TEST_CASE("a composition of a heap, part " TEXT(SHARD), "", shard_of_heaps) {
    INFO(cover::name_of<TestType>::get());
    ptm_test::heap_battery<TestType, cover::purse>().run(ptm_test::steps(500));
}
