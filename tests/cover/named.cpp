// The named configurations keep both batteries, with backends that keep books.
#include "cover/backends.hpp"
#include "support/arena_battery.hpp"
#include "support/heap_battery.hpp"

#include <ptm/heap/container_heap.hpp>
#include <ptm/heap/fast.hpp>
#include <ptm/heap/glibc_2_33.hpp>
#include <ptm/heap/glibc_2_36_counted.hpp>
#include <ptm/heap/glibc_2_42.hpp>
#include <ptm/heap/glibc_2_42_branch.hpp>
#include <ptm/heap/unsynchronized_arena.hpp>

#include <tuple>

namespace {
using namespace ptm;

// with_books - everything as it is but for the backends, which do what they did and count.
template <class Named>
struct with_books : edit<Named, set_main_backend<counted<failing<cover::watched_brk>>>,
                         set_mapped_backend<counted<failing<mmap_backend>>>> {};

template <class Named>
struct over_a_resource : edit<Named, set_main_backend<counted<failing<upstream_backend<>>>>,
                              set_mapped_backend<counted<failing<no_backend>>>> {};

template <class Named>
struct rationed_heap
    : edit<Named, cover::put_rationed_main<cover::watched_brk>, cover::put_rationed_mapped<mmap_backend>,
           cover::put_rationed_arena<typename Named::arena_backend>, set_tuned<ptm_test::deaf(Named::tuned)>> {};

// fast_in_turn - its windows are rationed, too.
struct fast_in_turn : edit<fast, set_cache<front_cache<64 * 1024, 32 * 1024, ptm_test::rationed_slabs<cover::purse>>>> {
};

using named_arenas =
    std::tuple<with_books<glibc_2_33>, with_books<glibc_2_36>, with_books<glibc_2_36_counted>, with_books<glibc_2_42>,
               with_books<glibc_2_42_branch>, with_books<container_heap>, with_books<fast>,
               over_a_resource<unsynchronized_arena>, over_a_resource<synchronized_arena>>;
using named_heaps = std::tuple<rationed_heap<glibc_2_33>, rationed_heap<glibc_2_36>, rationed_heap<glibc_2_36_counted>,
                               rationed_heap<glibc_2_42>, rationed_heap<glibc_2_42_branch>,
                               rationed_heap<container_heap>, rationed_heap<fast_in_turn>>;
}

TEMPLATE_LIST_TEST_CASE("a named configuration as an arena", "", named_arenas) {
    ptm_test::answer_when_empty<TestType>();
    ptm_test::refuse_the_impossible<TestType>();
    ptm_test::keep_promises<TestType>(ptm_test::steps(5000));
    ptm_test::run_dry<TestType>(20);
}

TEMPLATE_LIST_TEST_CASE("a named configuration as a heap", "", named_heaps) {
    ptm_test::heap_battery<TestType, cover::purse>().run(ptm_test::steps(2000));
}
