#include "support/configs.hpp"

#include <ptm/heap/edit.hpp>
#include <ptm/observe/counters.hpp>
#include <ptm/sync/mutex_lock.hpp>
#include <ptm/sync/spin_lock.hpp>

#include <type_traits>

namespace {
using base = ptm::glibc_2_36;

template <class C, class Expected, class Actual>
constexpr bool is_edited = ptm::heap_config<C> && std::is_same_v<Expected, Actual>;
}

TEST_CASE("no edit changes nothing") { STATIC_REQUIRE(std::is_same_v<ptm::edit<base>, base>); }

TEST_CASE("each edit changes the slot it names") {
    using header = ptm::edit<base, ptm::set_header<ptm::boundary_tag<ptm::plain_links>>>;
    STATIC_REQUIRE(is_edited<header, ptm::boundary_tag<ptm::plain_links>, header::header>);
    using main = ptm::edit<base, ptm::set_main_backend<ptm::no_backend>>;
    STATIC_REQUIRE(is_edited<main, ptm::no_backend, main::main_backend>);
    using mapped = ptm::edit<base, ptm::set_mapped_backend<ptm::no_backend>>;
    STATIC_REQUIRE(is_edited<mapped, ptm::no_backend, mapped::mapped_backend>);
    using fast = ptm::edit<base, ptm::set_fast_bins<ptm::no_fast_bins>>;
    STATIC_REQUIRE(is_edited<fast, ptm::no_fast_bins, fast::fast_bins>);
    using unsorted = ptm::edit<base, ptm::set_unsorted_bin<ptm::no_unsorted_bin>>;
    STATIC_REQUIRE(is_edited<unsorted, ptm::no_unsorted_bin, unsorted::unsorted_bin>);
    using small = ptm::edit<base, ptm::set_small_bins<ptm::exact_bins>>;
    STATIC_REQUIRE(is_edited<small, ptm::exact_bins, small::small_bins>);
    using large = ptm::edit<base, ptm::set_large_bins<ptm::sorted_bins>>;
    STATIC_REQUIRE(is_edited<large, ptm::sorted_bins, large::large_bins>);
    using lock = ptm::edit<base, ptm::set_lock<ptm::spin_lock>>;
    STATIC_REQUIRE(is_edited<lock, ptm::spin_lock, lock::lock>);
    using cache = ptm::edit<base, ptm::set_cache<ptm::no_cache>>;
    STATIC_REQUIRE(is_edited<cache, ptm::no_cache, cache::cache>);
    using observer = ptm::edit<base, ptm::set_observer<ptm::counters>>;
    STATIC_REQUIRE(is_edited<observer, ptm::counters, observer::observer>);
    using hooks = ptm::edit<base, ptm::set_hooks<ptm::run_time_hooks>>;
    STATIC_REQUIRE(is_edited<hooks, ptm::run_time_hooks, hooks::hooks>);
    using reporter = ptm::edit<base, ptm::set_reporter<ptm::trap_reporter>>;
    STATIC_REQUIRE(is_edited<reporter, ptm::trap_reporter, reporter::reporter>);
}

TEST_CASE("numbers, checks and rules are edited too") {
    using checked = ptm::edit<base, ptm::set_checked<ptm::checks::none>>;
    STATIC_REQUIRE(checked::checked == ptm::checks::none);
    using tuned = ptm::edit<base, ptm::set_tuned<ptm::tuning{.top_pad = 77}>>;
    STATIC_REQUIRE(tuned::tuned.top_pad == 77);
    using ruled = ptm::edit<base, ptm::set_ruled<ptm::rules{.alignment_merges = true}>>;
    STATIC_REQUIRE(ruled::ruled.alignment_merges);
    STATIC_REQUIRE((ptm::heap_config<checked> && ptm::heap_config<tuned> && ptm::heap_config<ruled>));
}

TEST_CASE("later edits win, and other slots stay") {
    using twice =
        ptm::edit<base, ptm::set_lock<ptm::spin_lock>, ptm::set_cache<ptm::no_cache>, ptm::set_lock<ptm::mutex_lock>>;
    STATIC_REQUIRE(std::is_same_v<twice::lock, ptm::mutex_lock>);
    STATIC_REQUIRE(std::is_same_v<twice::cache, ptm::no_cache>);
    STATIC_REQUIRE(std::is_same_v<twice::large_bins, base::large_bins>);
}
