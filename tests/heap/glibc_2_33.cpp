// The figures of glibc 2.33 where they are not those of 2.36.
#include "support/child.hpp"
#include "support/heaps.hpp"

#include <ptm/c/malloc.hpp>
#include <ptm/heap/glibc_2_33.hpp>

#include <malloc.h>

#include <thread>
#include <type_traits>

namespace {
using namespace ptm::literals;
using config = ptm::glibc_2_33;
constinit ptm::heap<config> a_name_for_it;

// quiet - the same in memory of its own, deaf to the environment and with faults that can be caught.
constexpr ptm::tuning deaf(ptm::tuning t) {
    t.environment = ptm::environment_source::ignored;
    return t;
}
struct quiet : ptm::edit<config, ptm::set_main_backend<ptm::reserve_backend<64_MiB>>,
                         ptm::set_tuned<deaf(config::tuned)>, ptm::set_reporter<ptm_test::catching_reporter>> {};
struct stoppable : ptm::edit<quiet, ptm::set_main_backend<ptm::failing<ptm::reserve_backend<64_MiB>>>> {};
template <int>
struct numbered_quiet : quiet {};
template <int I>
using quiet_heap = ptm_test::tested_heap<numbered_quiet<I>>;

// in_sub_heap - bytes from the start of the sub-heap that p lies in.
std::size_t in_sub_heap(const void* p) { return ptm::address_of(p) % config::arena_backend::reserved_bytes; }
}

TEST_CASE("glibc_2_33 has the pieces of 2.36 but for four") {
    using newer = ptm::glibc_2_36;
    STATIC_REQUIRE(ptm::heap_config<config>);
    STATIC_REQUIRE(std::is_empty_v<decltype(a_name_for_it)>);
    STATIC_REQUIRE(config::checked == newer::checked);
    STATIC_REQUIRE(std::is_same_v<config::large_bins, newer::large_bins>);
    STATIC_REQUIRE(std::is_same_v<config::header, newer::header>);
    STATIC_REQUIRE(std::is_same_v<config::hooks, ptm::run_time_hooks>);
    STATIC_REQUIRE(std::is_base_of_v<newer::main_backend, config::main_backend>);
    STATIC_REQUIRE_FALSE(std::is_same_v<config::cache, newer::cache>);
    STATIC_REQUIRE_FALSE(std::is_same_v<config::arenas, newer::arenas>);
    CHECK(a_name_for_it.usable_size(nullptr) == 0);
}

TEST_CASE("glibc_2_33 has the numbers of its version") {
    STATIC_REQUIRE(config::tuned.mmap_threshold == 131072);
    STATIC_REQUIRE(config::tuned.top_pad == 131072);
    STATIC_REQUIRE(config::tuned.fallback_multiple == 0);
    STATIC_REQUIRE(config::tuned.fallback_least == 1048576);
    STATIC_REQUIRE((sizeof(long) != 8 || config::tuned.most_set_mmap_threshold == 33554432));
    STATIC_REQUIRE((sizeof(long) != 8 || config::tuned.sub_heap_head == 32));
    STATIC_REQUIRE((sizeof(long) != 8 || sizeof(ptm::sub_heap<config>) <= 32));
    STATIC_REQUIRE(config::ruled.tunables == ptm::tunable_rules::glibc_2_33);
}

TEST_CASE("glibc_2_33: side arenas begin 16 bytes earlier than in 2.36") {
    using heap = quiet_heap<1>;
    REQUIRE(ptm_test::place<heap>(heap::malloc(24)) == 0x2a0);
    std::size_t first = 0, second = 0, base = 0;
    std::thread([&] {
        void* p = heap::malloc(24);
        first = in_sub_heap(p);
        second = in_sub_heap(heap::malloc(100));
        base = in_sub_heap(heap::arena_of(config::header::from_user(p)).base);
    }).join();
    CHECK(base == 0x8c0);
    CHECK(first == 0xb60);
    CHECK(second == 0xb80);
}

TEST_CASE("glibc_2_33 refuses a threshold beyond half a sub-heap") {
    using heap = quiet_heap<2>;
    using c = ptm::c_interface<heap>;
    CHECK(c::mallopt(M_MMAP_THRESHOLD, 1'000'000'000) == 0);
    CHECK(c::mallopt(M_MMAP_THRESHOLD, -1) == 0);
    CHECK(heap::shared().adaptive);
    CHECK(heap::shared().mmap_threshold == 131072);
    CHECK(c::mallopt(M_MMAP_THRESHOLD, 32 << 20) == 1);
    CHECK(c::mallopt(M_MMAP_THRESHOLD, (32 << 20) + 1) == 0);
    CHECK_FALSE(heap::shared().adaptive);
    CHECK(heap::shared().mmap_threshold == 32u << 20);
}

TEST_CASE("glibc_2_33: when the break is blocked every region is of 1 MiB at least") {
    using heap = ptm_test::tested_heap<stoppable>;
    heap::shared().mmap_max = 0;
    CHECK(ptm_test::place<heap>(heap::malloc(24)) == 0x2a0);
    heap::ready_arena().backend.grant(0);
    void* p = heap::malloc(140'000);
    CHECK((ptm::address_of(p) & 4095) == 16);
    CHECK(heap::figures().system_bytes == 135168 + 1048576);
    CHECK(ptm::bytes_between(p, heap::malloc(900'000)) == 0x22300 - 0x10);
    CHECK((ptm::address_of(heap::malloc(200'000)) & 4095) == 16);
    CHECK(heap::figures().system_bytes == 135168 + 2 * 1048576); // 2.36: a region of 331776
}

TEST_CASE("glibc_2_33 tells a second free from the address of the thread's cache") {
    using heap = quiet_heap<3>;
    auto* words = static_cast<std::uintptr_t*>(heap::malloc(24));
    void* block = heap::ready_arena().base + 16;
    heap::free(words);
    CHECK(ptm_test::fault_of([&] { heap::free(words); }) == "free(): double free detected in tcache 2");
    ptm::default_poisoning::expose(words, 24);
    CHECK(words[1] == ptm::address_of(block));
}

TEST_CASE("glibc_2_33: a thread that ends without a cache can still get one, one that had a cache cannot") {
    using heap = quiet_heap<4>;
    bool without = true, with = true;
    auto caches = [] {
        void* p = heap::malloc(24);
        heap::free(p);
        return heap::malloc(24) == p && heap::figures().fast_chunks == 0;
    };
    std::thread([&] {
        heap::leave();
        without = caches();
    }).join();
    std::thread([&] {
        heap::free(heap::malloc(24));
        heap::leave();
        heap::free(heap::malloc(24));
        with = heap::figures().fast_chunks == 0;
    }).join();
    CHECK(without);
    CHECK_FALSE(with);
}

TEST_CASE("glibc_2_33 knows no huge pages") {
    CHECK(ptm_test::in_child([] {
              setenv("GLIBC_TUNABLES",
                     "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=99999999:glibc.malloc.mmap_max=-5", 1);
              struct listening : ptm::edit<quiet, ptm::set_tuned<config::tuned>> {};
              using heap = ptm::heap<listening>;
              heap::ready_arena();
              CHILD_CHECK(heap::shared().huge_page == 0);
              CHILD_CHECK(heap::shared().mmap_threshold == 131072); // refused
              CHILD_CHECK(heap::shared().mmap_max == -5);           // any int will do
          }).nothing_wrong());
}
