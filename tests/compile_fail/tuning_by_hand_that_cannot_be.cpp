// expect: tuning: mmap_threshold is above most_mmap_threshold
#include <ptm/arena/arena.hpp>
#include <ptm/heap/unsynchronized_arena.hpp>

struct by_hand : ptm::unsynchronized_arena {
    static constexpr auto tuned = ptm::tuning{.mmap_threshold = std::size_t{1} << 40};
};

ptm::arena<by_hand> arena;
