// expect: configuration: the slot `mapped_backend` is missing or misspelled
#include <ptm/arena/arena.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct by_hand {
    using header = ptm::boundary_tag<ptm::safe_links>;
    using main_backend = ptm::reserve_backend<1 << 20>;
    using arena_backend = ptm::no_backend;
    using maped_backend = ptm::mmap_backend;
    using fast_bins = ptm::stack_bins;
    using unsorted_bin = ptm::queue_bin;
    using small_bins = ptm::exact_bins;
    using large_bins = ptm::sorted_bins;
    using lock = ptm::no_lock;
    using observer = ptm::no_observer;
    using reporter = ptm::abort_reporter;
    static constexpr auto checked = ptm::checks::none;
    static constexpr auto tuned = ptm::tuning{};
    static constexpr auto ruled = ptm::rules{};
};

ptm::arena<by_hand> arena;
