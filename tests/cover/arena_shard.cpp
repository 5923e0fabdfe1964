// A part of the array of arenas: every composition keeps the whole battery. The build says which part: SHARD of SHARDS.
#include "cover/compositions.hpp"
#include "support/arena_battery.hpp"

using shard_of_arenas = cover::shard<cover::arenas, SHARD, SHARDS>;

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

TEMPLATE_LIST_TEST_CASE("a composition of an arena, part " TEXT(SHARD), "", shard_of_arenas) {
    INFO(cover::name_of<TestType>::get());
    ptm_test::answer_when_empty<TestType>();
    ptm_test::refuse_the_impossible<TestType>();
    ptm_test::keep_promises<TestType>(ptm_test::steps(700));
    ptm_test::run_dry<TestType>(10);
    CHECK(cover::near_resource::the().live() == 0);
}
