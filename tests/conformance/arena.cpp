// The battery for arena<C> over many configurations: support/arena_battery.hpp.
#include "support/arena_battery.hpp"
#include "support/watched_brk.hpp"

#include <ptm/bin/tree_bins.hpp>
#include <ptm/chunk/compact_tag.hpp>
#include <ptm/chunk/keyed_links.hpp>
#include <ptm/chunk/sealed_tag.hpp>
#include <ptm/heap/glibc_2_42.hpp>
#include <ptm/os/buffer.hpp>
#include <ptm/os/huge_page_backend.hpp>
#include <ptm/os/listed.hpp>
#include <ptm/os/numa.hpp>
#include <ptm/os/shared_file.hpp>
#include <ptm/os/upstream.hpp>
#include <ptm/sync/mutex_lock.hpp>
#include <ptm/sync/spin_lock.hpp>

#include <tuple>

namespace {
using namespace ptm;
using namespace ptm::literals;
using ptm_test::glass;
using ptm_test::watched_brk;

template <class... Edits>
using changed = edit<glass, Edits...>;

struct reserved : glass {};
struct counted_reserve
    : changed<set_main_backend<counted<reserve_backend<64_MiB>>>, set_mapped_backend<counted<mmap_backend>>> {};
struct at_the_break : changed<set_main_backend<counted<watched_brk>>, set_mapped_backend<counted<mmap_backend>>> {};
struct in_mappings : changed<set_main_backend<counted<mmap_backend>>, set_mapped_backend<counted<mmap_backend>>> {};
struct in_a_buffer : changed<set_main_backend<counted<buffer_backend>>, set_mapped_backend<no_backend>,
                             set_tuned<tuning{.top_pad = 0}>> {};
struct overflowing_buffer
    : changed<set_main_backend<counted<buffer_backend>>, set_mapped_backend<counted<mmap_backend>>,
              set_tuned<tuning{.mmap_max = 3, .top_pad = 0}>> {};
struct small_reserve
    : changed<set_main_backend<counted<reserve_backend<1_MiB>>>, set_mapped_backend<counted<mmap_backend>>> {};
struct in_listed_mappings
    : changed<set_main_backend<counted<listed<mmap_backend>>>, set_mapped_backend<counted<listed<mmap_backend>>>> {};
struct large_ones_listed
    : changed<set_main_backend<counted<reserve_backend<64_MiB>>>, set_mapped_backend<counted<listed<mmap_backend>>>> {};
struct from_upstream
    : changed<set_main_backend<counted<listed<upstream_backend<>>>>, set_mapped_backend<counted<no_backend>>> {};
struct upstream_for_large
    : changed<set_main_backend<counted<mmap_backend>>, set_mapped_backend<counted<listed<upstream_backend<>>>>> {};
struct in_huge_pages : changed<set_main_backend<counted<huge_page_backend<>>>,
                               set_mapped_backend<counted<listed<huge_page_backend<>>>>> {};
struct on_one_node : changed<set_main_backend<counted<on_node<reserve_backend<64_MiB>>>>,
                             set_mapped_backend<counted<on_node<mmap_backend>>>> {};
struct in_a_shared_file
    : changed<set_main_backend<counted<shared_file_backend<64_MiB>>>, set_mapped_backend<counted<mmap_backend>>> {};
struct plain : changed<set_header<boundary_tag<plain_links>>> {};
struct all_links_safe : changed<set_header<boundary_tag<safe_links, safe_links>>> {};
struct all_links_keyed : changed<set_header<boundary_tag<keyed_links<>, keyed_links<>>>> {};
struct sealed : changed<set_header<sealed_tag<safe_links>>> {};
struct sealed_in_mappings
    : changed<set_header<sealed_tag<keyed_links<>, safe_links>>, set_main_backend<counted<mmap_backend>>,
              set_mapped_backend<counted<mmap_backend>>> {};
struct sealed_as_2_42 : changed<set_header<sealed_tag<safe_links>>, set_ruled<glibc_2_42::ruled>,
                                set_checked<checks::glibc_2_42>, set_tuned<tuning{.perturb = 0x5a}>> {};
struct compact_in_a_buffer : changed<set_header<compact_tag>, set_main_backend<counted<buffer_backend>>,
                                     set_mapped_backend<no_backend>, set_tuned<tuning{.top_pad = 0}>> {};
struct compact_at_the_break : changed<set_header<compact_tag>, set_main_backend<counted<watched_brk>>,
                                      set_mapped_backend<counted<mmap_backend>>> {};
struct compact_as_2_42
    : changed<set_header<compact_tag>, set_main_backend<counted<buffer_backend>>, set_fast_bins<no_fast_bins>,
              set_unsorted_bin<no_unsorted_bin>, set_ruled<glibc_2_42::ruled>, set_tuned<tuning{.perturb = 0x5a}>> {};
// A region of its own for the first block: there is no top yet, and nobody sealed the one that stands for it.
struct first_alone : changed<set_header<sealed_tag<safe_links>>, set_main_backend<counted<mmap_backend>>,
                             set_mapped_backend<counted<no_backend>>, set_tuned<tuning{.mmap_threshold = 8000}>> {};
struct without_fast_bins : changed<set_fast_bins<no_fast_bins>> {};
struct without_unsorted_bin : changed<set_unsorted_bin<no_unsorted_bin>> {};
struct with_neither : changed<set_fast_bins<no_fast_bins>, set_unsorted_bin<no_unsorted_bin>> {};
struct in_a_tree : changed<set_large_bins<tree_bins>> {};
struct in_a_tree_with_safe_links
    : changed<set_large_bins<tree_bins>, set_header<boundary_tag<safe_links, safe_links>>> {};
struct in_a_tree_at_once : changed<set_large_bins<tree_bins>, set_unsorted_bin<no_unsorted_bin>> {};
struct unlocked : changed<set_lock<no_lock>> {};
struct spinning : changed<set_lock<spin_lock>> {};
struct with_mutex : changed<set_lock<mutex_lock>> {};
struct unchecked : changed<set_checked<checks::none>> {};
struct perturbed : changed<set_tuned<tuning{.perturb = 0x5a}>> {};
struct ruled_as_2_42 : changed<set_ruled<glibc_2_42::ruled>, set_checked<checks::glibc_2_42>> {};
struct merging_around_blocks
    : changed<set_fast_bins<no_fast_bins>, set_unsorted_bin<no_unsorted_bin>, set_ruled<glibc_2_42::ruled>> {};
struct widest_fast_bins : changed<set_tuned<tuning{.fast_request = 160}>> {};
struct never_mapped : changed<set_tuned<tuning{.mmap_max = 0}>> {};
struct eager_to_trim : changed<set_main_backend<counted<reserve_backend<64_MiB>>>,
                               set_tuned<tuning{.mmap_threshold = 20000, .trim_threshold = 4096, .top_pad = 0}>> {};

// Put together by hand, not by edits.
struct by_hand {
    using header = boundary_tag<plain_links, plain_links>;
    using main_backend = counted<reserve_backend<16_MiB>>;
    using arena_backend = no_backend;
    using mapped_backend = no_backend;
    using fast_bins = no_fast_bins;
    using unsorted_bin = queue_bin;
    using small_bins = exact_bins;
    using large_bins = sorted_bins;
    using lock = no_lock;
    using observer = no_observer;
    using poisoning = default_poisoning;
    using reporter = abort_reporter;
    static constexpr auto checked = checks::none;
    static constexpr auto tuned = tuning{};
    static constexpr auto ruled = rules{};
};

struct not_an_arena_config {
    using header = boundary_tag<plain_links>;
};
struct wrong_large_bins : glass {
    using large_bins = exact_bins;
};
static_assert(!arena_config<not_an_arena_config>);
static_assert(!arena_config<wrong_large_bins>);

using configurations =
    std::tuple<reserved, counted_reserve, at_the_break, in_mappings, in_a_buffer, overflowing_buffer, small_reserve,
               in_listed_mappings, large_ones_listed, from_upstream, upstream_for_large, in_huge_pages, on_one_node,
               in_a_shared_file, plain, all_links_safe, without_fast_bins, without_unsorted_bin, with_neither,
               in_a_tree, in_a_tree_with_safe_links, in_a_tree_at_once, unlocked, spinning, with_mutex, unchecked,
               perturbed, ruled_as_2_42, merging_around_blocks, widest_fast_bins, never_mapped, eager_to_trim, by_hand,
               all_links_keyed, sealed, sealed_in_mappings, sealed_as_2_42, compact_in_a_buffer, compact_at_the_break,
               compact_as_2_42, first_alone>;
}

TEMPLATE_LIST_TEST_CASE("an arena keeps its promises in a random run", "", configurations) {
    ptm_test::keep_promises<TestType>(ptm_test::steps(5000));
}

TEMPLATE_LIST_TEST_CASE("an arena with nothing in it can be asked anything", "", configurations) {
    ptm_test::answer_when_empty<TestType>();
}

TEMPLATE_LIST_TEST_CASE("an impossible request leaves the arena as it was", "", configurations) {
    ptm_test::refuse_the_impossible<TestType>();
}
