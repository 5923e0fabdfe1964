// expect: configuration: the slot `large_bins` is missing or misspelled
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/heap/heap.hpp>

struct by_hand {
    using header = ptm::boundary_tag<ptm::safe_links>;
    using main_backend = ptm::brk_backend;
    using arena_backend = ptm::no_backend;
    using mapped_backend = ptm::mmap_backend;
    using fast_bins = ptm::stack_bins;
    using unsorted_bin = ptm::queue_bin;
    using small_bins = ptm::exact_bins;
    using larg_bins = ptm::sorted_bins;
    using lock = ptm::futex_lock;
    using arenas = ptm::one_arena;
    using cache = ptm::array_cache;
    using observer = ptm::no_observer;
    using poisoning = ptm::no_poisoning;
    using hooks = ptm::no_hooks;
    using reporter = ptm::abort_reporter;
    static constexpr auto checked = ptm::checks::glibc_2_36;
    static constexpr auto tuned = ptm::tuning{};
    static constexpr auto ruled = ptm::rules{};
};

void* block = ptm::heap<by_hand>::malloc(24);
