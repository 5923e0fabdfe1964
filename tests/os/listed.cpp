#include <ptm/os/listed.hpp>

#include "support/configs.hpp"
#include "support/live_blocks.hpp"
#include "support/seed.hpp"

#include <ptm/os/decorated.hpp>
#include <ptm/os/mmap.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

using namespace ptm::literals;
using ptm::can;
using ptm::counted;
using ptm::failing;
using ptm::listed;
using ptm::mmap_backend;
using ptm::pages;

static_assert(listed<mmap_backend>::able == (can::remap | can::discard | can::zeroed | can::advise | can::release));
static_assert(!ptm::obtains_huge_pages<listed<mmap_backend>> && !ptm::remaps_pages<listed<ptm::no_backend>>);
static_assert(sizeof(listed<mmap_backend>) == 2 * sizeof(void*), "an empty backend costs nothing");

namespace {

constinit listed<mmap_backend> before_constructors;

// Three runs of different sizes.
struct three {
    listed<counted<failing<mmap_backend>>> backend;
    pages a = backend.obtain(64_KiB), b = backend.obtain(100), c = backend.obtain(1_MiB);
};

} // namespace

TEST_CASE("listed works before constructors") {
    REQUIRE(before_constructors.obtain(1000));
    before_constructors.release();
    CHECK(before_constructors.bytes_held() == 0);
}

TEST_CASE("listed asks for whole pages and hands out what lies behind the node") {
    listed<counted<mmap_backend>> backend;
    const std::size_t page = mmap_backend::page_bytes();
    pages run = backend.obtain(page - ptm::listed_head_bytes);
    REQUIRE(run);
    CHECK(reinterpret_cast<std::uintptr_t>(run.data) % page == ptm::listed_head_bytes);
    CHECK(backend.inner().bytes_held == page);
    CHECK(backend.obtain(page - ptm::listed_head_bytes + 1));
    CHECK(backend.inner().bytes_held == 3 * page);
    CHECK(backend.bytes_held() == 3 * page);
    backend.release();
    CHECK(backend.inner().bytes_held == 0);
}

TEST_CASE("listed takes runs back in any order") {
    int order[] = {0, 1, 2};
    do {
        three t;
        pages runs[] = {t.a, t.b, t.c};
        for (int i : order) {
            std::memset(runs[i].data, 0x5a, runs[i].bytes);
            CHECK(t.backend.give_back(runs[i]));
        }
        CHECK(t.backend.bytes_held() == 0);
        CHECK(t.backend.inner().bytes_held == 0);
        t.backend.release();
        CHECK(t.backend.inner().calls == 6); // there was nothing to release
    } while (std::next_permutation(order, order + 3));
}

TEST_CASE("listed releases what is out, and unmaps it") {
    three t;
    CHECK(t.backend.give_back(t.b));
    t.backend.release();
    CHECK(t.backend.bytes_held() == 0);
    CHECK(t.backend.inner().bytes_held == 0);
    for (pages run : {t.a, t.c}) {
        errno = 0;
        CHECK_FALSE(ptm::drop_contents({run.data - ptm::listed_head_bytes, mmap_backend::page_bytes()}));
        CHECK(errno == ENOMEM); // nothing is mapped there
    }
}

TEST_CASE("listed refuses what is not a run of its own") {
    three t;
    CHECK_FALSE(t.backend.give_back({t.c.data, t.c.bytes - 64_KiB}));
    CHECK(t.backend.bytes_held() == t.backend.inner().bytes_held);
    t.backend.release();
    CHECK_FALSE(t.backend.give_back(t.a)); // nothing is out
}

TEST_CASE("listed keeps what its backend refuses to take") {
    three t;
    t.backend.inner().stubborn = true;
    CHECK_FALSE(t.backend.give_back(t.a));
    std::size_t held = t.backend.bytes_held();
    t.backend.release();
    CHECK(t.backend.bytes_held() == held);
    t.a.data[0] = t.b.data[0] = t.c.data[0] = std::byte{1}; // all still there
    t.backend.inner().stubborn = false;
    t.backend.release();
    CHECK(t.backend.bytes_held() == 0);
    CHECK(t.backend.inner().bytes_held == 0);
}

TEST_CASE("listed finds a run that remap has moved") {
    three t;
    t.b.data[99] = std::byte{7};
    pages moved = t.backend.remap(t.b, 64_MiB); // the one in the middle
    REQUIRE(moved.bytes == 64_MiB);
    CHECK(moved.data[99] == std::byte{7});
    moved.end()[-1] = std::byte{1};
    CHECK(t.backend.bytes_held() == t.backend.inner().bytes_held);
    t.backend.release();
    CHECK(t.backend.inner().bytes_held == 0);
}

TEST_CASE("listed leaves a run alone that cannot be remapped") {
    three t;
    std::size_t held = t.backend.bytes_held();
    t.backend.inner().grant(0);
    CHECK(t.backend.remap(t.b, 200) == pages{t.b.data, 200}); // its page has room
    CHECK_FALSE(t.backend.remap(t.a, 2_MiB));
    CHECK_FALSE(t.backend.remap(t.a, SIZE_MAX));
    CHECK_FALSE(t.backend.obtain(SIZE_MAX - 64));
    CHECK(t.backend.bytes_held() == held);
    t.backend.release();
    CHECK(t.backend.inner().bytes_held == 0);
}

TEST_CASE("listed discards only what holds a page, and all of it") {
    listed<failing<mmap_backend>> backend;
    const std::size_t page = mmap_backend::page_bytes();
    pages run = backend.obtain(8 * page);
    std::memset(run.data, 0x5a, run.bytes);
    CHECK_FALSE(backend.discard({run.data + 64, page - 64}));
    CHECK_FALSE(backend.discard({run.data + 64, page})); // as large as a page, but across two
    CHECK(run.data[64] == std::byte{0x5a});
    backend.inner().stubborn = true;
    CHECK_FALSE(backend.discard({run.data + 64, 4 * page}));
    CHECK(run.data[64] == std::byte{0x5a});
    backend.inner().stubborn = false;
    CHECK(backend.discard({run.data + 64, 4 * page}));
    CHECK(ptm_test::reads_as_zero(run.data + 64, 4 * page));
    CHECK(run.data[63] == std::byte{0x5a});
    CHECK(run.data[64 + 4 * page] == std::byte{0x5a});
    backend.release();
}

TEST_CASE("listed keeps its list in a random run") {
    PTM_TEST_SEED(random);
    listed<counted<mmap_backend>> backend;
    std::vector<pages> held;
    for (std::size_t i = 0; i < ptm_test::steps(3000); ++i) {
        std::size_t dice = random() % 100, bytes = 1 + random() % 20000;
        std::size_t at = held.empty() ? 0 : random() % held.size();
        if (dice < 45 || held.empty()) {
            held.push_back(backend.obtain(bytes));
        } else if (dice < 65) {
            held[at] = backend.remap(held[at], bytes);
        } else if (dice < 99) {
            REQUIRE(backend.give_back(held[at]));
            held[at] = held.back();
            held.pop_back();
        } else {
            backend.release();
            held.clear();
        }
        for (pages run : held) REQUIRE(run);
        REQUIRE(backend.bytes_held() == backend.inner().bytes_held);
        REQUIRE((backend.bytes_held() == 0) == held.empty());
    }
    backend.release();
    CHECK(backend.inner().bytes_held == 0);
}

namespace {

struct whole_arena_listed : ptm::edit<ptm_test::glass, ptm::set_main_backend<listed<counted<mmap_backend>>>,
                                      ptm::set_mapped_backend<listed<counted<mmap_backend>>>> {};

} // namespace

TEST_CASE("an arena over listed backends is given back without a free") {
    ptm::arena<whole_arena_listed> a;
    for (unsigned n : {100u, 5000u, 200'000u, 1'000'000u, 30u, 90'000u}) {
        void* p = a.allocate(n);
        REQUIRE(p);
        std::memset(p, 0x5a, n);
    }
    auto& mapped = a.shared().mapped_backend;
    CHECK(mapped.bytes_held() > 1'200'000);
    CHECK(a.backend().bytes_held() > 90'000);
    a.release();
    CHECK(mapped.inner().bytes_held == 0);
    CHECK(a.backend().inner().bytes_held == 0);
}

TEST_CASE("mapped chunks over listed grow, shrink, are aligned and read as zero") {
    ptm_test::fresh_arena<whole_arena_listed> a;
    auto& mapped = a.shared().mapped_backend;
    char* p = static_cast<char*>(a.allocate_cleared(300'000));
    REQUIRE(p);
    CHECK(std::all_of(p, p + 300'000, [](char c) { return c == 0; }));
    p[299'999] = 7;
    p = static_cast<char*>(a.reallocate(p, 9'000'000));
    REQUIRE(p);
    CHECK(p[299'999] == 7);
    p = static_cast<char*>(a.reallocate(p, 400'000));
    REQUIRE(p);
    CHECK(p[299'999] == 7);
    CHECK(mapped.bytes_held() < 500'000);
    for (std::size_t alignment : {64_KiB, 4_KiB, std::size_t{32}}) {
        void* q = a.allocate(500'000, alignment);
        REQUIRE(q);
        CHECK(reinterpret_cast<std::uintptr_t>(q) % alignment == 0);
        std::memset(q, 1, 500'000);
        q = a.reallocate(q, 700'000);
        REQUIRE(q);
        a.deallocate(q);
    }
    a.deallocate(p);
    CHECK(a.shared().mapped_count == 0);
    CHECK(mapped.bytes_held() == 0);
}
