#include <ptm/tune/tuning.hpp>

#include "support/catch.hpp"

#include <type_traits>

using namespace ptm::literals;

// A value with names, so that a configuration writes tuning{.mmap_max = 0}.
static_assert(std::is_aggregate_v<ptm::tuning> && std::is_trivially_copyable_v<ptm::tuning>);

TEST_CASE("the defaults of what is mapped and trimmed are glibc's") {
    constexpr ptm::tuning t;
    CHECK(t.mmap_threshold == 128_KiB);
    CHECK(t.most_mmap_threshold == (sizeof(long) == 8 ? 32_MiB : 16_MiB));
    CHECK(t.mmap_max == 65536);
    CHECK(t.trim_threshold == 128_KiB);
    CHECK(t.top_pad == 128_KiB);
    CHECK(t.adaptive);
    CHECK(t.fallback_multiple == 1_MiB);
    CHECK(t.fallback_least == 0);
}

TEST_CASE("the defaults of bins and caches are glibc's") {
    constexpr ptm::tuning t;
    CHECK(t.fast_request == (sizeof(std::size_t) == 8 ? 128 : 64));
    CHECK(t.cache_count == 7);
    CHECK(t.cache_request == 1032);
    CHECK(t.most_cache_request == 1032);
    CHECK(t.cache_budget == 256_KiB); // glibc has none
    CHECK(t.cache_unsorted_limit == 0);
    CHECK(t.perturb == 0);
}

TEST_CASE("a heap does not read the environment unless it is told to") {
    CHECK(ptm::tuning{}.environment == ptm::environment_source::ignored);
}

TEST_CASE("one number changes and the others stay") {
    constexpr ptm::tuning t{.mmap_max = 0};
    CHECK(t.mmap_max == 0);
    CHECK(t.mmap_threshold == ptm::tuning{}.mmap_threshold);
    CHECK(t.cache_count == ptm::tuning{}.cache_count);
}
