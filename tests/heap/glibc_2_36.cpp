#include "support/heaps.hpp"

#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/heap/heap.hpp>

#include <type_traits>

namespace {
using config = ptm::glibc_2_36;
constinit ptm::heap<config> a_name_for_it;
}

TEST_CASE("glibc_2_36 is a complete configuration with all its checks") {
    STATIC_REQUIRE(ptm::heap_config<config>);
    STATIC_REQUIRE(config::checked == ptm::checks::glibc_2_36);
    STATIC_REQUIRE(std::is_same_v<config::main_backend, ptm::brk_backend>);
    STATIC_REQUIRE(std::is_empty_v<decltype(a_name_for_it)>);
    CHECK(a_name_for_it.usable_size(nullptr) == 0);
}

TEST_CASE("glibc_2_36 has glibc's numbers") {
    STATIC_REQUIRE(config::tuned.mmap_threshold == 131072);
    STATIC_REQUIRE(config::tuned.trim_threshold == 131072);
    STATIC_REQUIRE(config::tuned.top_pad == 131072);
    STATIC_REQUIRE(config::tuned.mmap_max == 65536);
    STATIC_REQUIRE((sizeof(long) != 8 || config::tuned.most_mmap_threshold == 33554432));
    STATIC_REQUIRE((sizeof(long) != 8 || config::tuned.fast_request == 128));
    STATIC_REQUIRE(config::tuned.cache_count == 7);
    STATIC_REQUIRE(config::tuned.fallback_multiple == 1048576);
    STATIC_REQUIRE(config::tuned.environment == ptm::environment_source::glibc_variables);
}

// The process's own malloc shares the break with this heap.
TEST_CASE("glibc_2_36 works at the program break") {
    using heap = ptm_test::tested_heap<config>;
    void *p = heap::malloc(100), *q = heap::malloc(5000);
    CHECK(heap::usable_size(p) == 104);
    q = heap::realloc(q, 50000);
    CHECK(heap::verify() == nullptr);
    heap::free(p);
    heap::free(q);
    CHECK(heap::verify() == nullptr);
    CHECK(heap::figures().system_bytes >= 4096);
}
