#include "support/regions.hpp"

#include <ptm/arena/region.hpp>

#include <vector>

namespace {
using arena = ptm_test::fresh_arena<ptm_test::in_regions>;
using ptm_test::verdict;

std::size_t regions_of(arena& a) {
    std::size_t n = 0;
    a.state().regions.for_each([&](const ptm::region&) { ++n; });
    return n;
}

std::vector<void*> blocks(arena& a, std::size_t n, std::size_t each) {
    std::vector<void*> all;
    for (std::size_t i = 0; i < n; ++i) all.push_back(a.allocate(each));
    return all;
}
}

TEST_CASE("the first region is small, later ones are a share of what there is") {
    arena a;
    a.allocate(100);
    CHECK(a.backend().bytes_held == ptm::tuning{}.least_region);
    blocks(a, 1000, 1000);
    std::size_t largest = a.state().regions.newest()->run.bytes;
    CHECK(largest > ptm::tuning{}.least_region);
    CHECK(largest <= a.figures().system_bytes / ptm::tuning{}.region_share + 4096);
    CHECK(verdict(a) == "sound");
    CHECK(a.figures().system_bytes == a.backend().bytes_held);
}

TEST_CASE("a region in which nothing is used goes back, whichever it is") {
    arena a;
    auto all = blocks(a, 400, 1000);
    std::size_t most = regions_of(a), held = a.backend().bytes_held;
    REQUIRE(most > 5);
    for (std::size_t i = 100; i < 300; ++i) a.deallocate(all[i]);
    CHECK(verdict(a) == "sound");
    CHECK(regions_of(a) < most);
    CHECK(a.backend().bytes_held < held - 150 * 1000);
    for (std::size_t i = 0; i < 100; ++i) a.deallocate(all[i]);
    for (std::size_t i = 300; i < 400; ++i) a.deallocate(all[i]);
    CHECK(a.backend().bytes_held == 0);
    CHECK(regions_of(a) == 0);
}

TEST_CASE("fast chunks do not keep the memory when the last block is freed") {
    arena a;
    auto all = blocks(a, 1000, 24);
    for (void* p : all) a.deallocate(p);
    CHECK(a.backend().bytes_held == 0);
    CHECK(a.held() == 0);
    CHECK(a.allocate(24) != nullptr);
    CHECK(verdict(a) == "sound");
}

TEST_CASE("an arena may retain memory when its last block is freed") {
    arena a;
    a.retain(4096);
    a.deallocate(a.allocate(24));
    CHECK(a.backend().bytes_held == 4096);
    std::size_t calls = a.backend().calls;
    a.deallocate(a.allocate(24));
    CHECK(a.backend().calls == calls);
    CHECK(a.trim());
    CHECK(a.backend().bytes_held == 0);
}

TEST_CASE("a large block has a region of its own") {
    arena a;
    void* small = a.allocate(100);
    std::size_t before = a.backend().bytes_held;
    void* p = a.allocate(100'000);
    CHECK(a.backend().bytes_held <= before + 100'000 + 4096 + 256);
    CHECK(a.usable_size(p) >= 100'000);
    CHECK(verdict(a) == "sound");
    void* q = a.reallocate(p, 200'000);
    CHECK(verdict(a) == "sound");
    a.deallocate(q);
    CHECK(a.backend().bytes_held == before);
    a.deallocate(small);
}

TEST_CASE("a backend that refuses a generous region may have a smaller one") {
    struct stingy : ptm::mmap_backend {
        std::size_t most = 8192;
        ptm::pages obtain(std::size_t bytes) noexcept {
            return bytes <= most ? ptm::mmap_backend::obtain(bytes) : ptm::no_pages();
        }
    };
    struct with_stingy : ptm::edit<ptm_test::in_regions, ptm::set_main_backend<stingy>> {};
    ptm_test::fresh_arena<with_stingy> a;
    for (int i = 0; i < 100; ++i) REQUIRE(a.allocate(1000) != nullptr);
    CHECK(a.allocate(9000) == nullptr);
    CHECK(verdict(a) == "sound");
}

TEST_CASE("a region that the backend does not take back is used again") {
    arena a;
    auto all = blocks(a, 100, 1000);
    std::size_t held = a.backend().bytes_held;
    a.backend().stubborn = true;
    for (void* p : all) a.deallocate(p);
    CHECK(verdict(a) == "sound");
    CHECK(a.backend().bytes_held == held);
    all = blocks(a, 90, 1000);
    CHECK(a.backend().bytes_held == held);
    a.release();
    CHECK(verdict(a) == "sound");
    CHECK(a.backend().bytes_held == held);
    CHECK(a.figures().system_bytes == held);
    all = blocks(a, 90, 1000);
    CHECK(a.backend().bytes_held == held);
    a.backend().stubborn = false;
    for (void* p : all) a.deallocate(p);
    a.trim();
    CHECK(a.backend().bytes_held == 0);
}

TEST_CASE("memory runs out at every call for a region, and the arena stays whole") {
    for (std::size_t grant = 0; grant < 12; ++grant) {
        arena a;
        a.backend().grant(grant);
        std::vector<void*> all;
        while (void* p = a.allocate(1 + all.size() * 97 % 30'000)) all.push_back(p);
        CHECK(errno == ENOMEM);
        CHECK(verdict(a) == "sound");
        for (void* p : all) a.deallocate(p);
        CHECK(a.backend().bytes_held == 0);
    }
}

TEST_CASE("no region is large enough for a request near the largest") {
    arena a;
    CHECK(a.allocate(ptm::largest_request) == nullptr);
    CHECK(a.allocate(ptm::largest_request - 64) == nullptr);
    CHECK(a.allocate(100, std::size_t{1} << 62) == nullptr);
    CHECK(verdict(a) == "sound");
}
