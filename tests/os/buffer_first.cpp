#include <ptm/os/buffer_first.hpp>

#include "support/regions.hpp"
#include "support/resources.hpp"

#include <ptm/os/listed.hpp>
#include <ptm/os/upstream.hpp>

#include <cstring>
#include <vector>

using ptm::buffer_first;
using ptm::can;
using ptm::pages;

namespace {

alignas(64) std::byte memory[8192];
using first = buffer_first<ptm_test::counted_mmap>;

struct in_regions_after_a_buffer : ptm::edit<ptm_test::in_regions, ptm::set_main_backend<ptm::counted<first>>> {};
using arena = ptm_test::fresh_arena<in_regions_after_a_buffer>;

bool in_memory(const void* p) { return ptm::bytes_between(memory, p) < sizeof memory; }

}

static_assert(ptm::has(first::able, can::offer) && !ptm::has(first::able, can::zeroed));
static_assert(!ptm::has(first::able, can::remap));
static_assert(ptm::offers_pages<first> && ptm::offers_pages<ptm::failing<first>>);

TEST_CASE("buffer_first offers its buffer until it is taken, and when it is back") {
    first b(pages{memory, 1000});
    CHECK(b.offered() == 1000);
    for (int i = 0; i < 3; ++i) {
        CHECK(b.take_offered() == pages{memory, 1000});
        CHECK(b.offered() == 0);
        CHECK_FALSE(b.take_offered());
        pages run = b.obtain(4096);
        CHECK_FALSE(in_memory(run.data));
        CHECK(b.give_back(run));
        CHECK(b.offered() == 0);
        CHECK(b.give_back({memory, 1000}));
        CHECK(b.offered() == 1000);
    }
    CHECK(b.calls == 6); // the buffer costs the backend behind it nothing
    CHECK(b.bytes_held == 0);
}

TEST_CASE("buffer_first without a buffer is the backend behind it") {
    first b;
    CHECK(b.offered() == 0);
    CHECK_FALSE(b.take_offered());
    pages run = b.obtain(4096);
    CHECK(b.give_back(run));
}

TEST_CASE("a copy of buffer_first has the same buffer") {
    first b(pages{memory, 1000});
    first copy(b), of_const(static_cast<const first&>(b)), moved(std::move(copy));
    CHECK(of_const.offered() == 1000);
    CHECK(moved.offered() == 1000);
}

TEST_CASE("buffer_first is made from what its backend is made from") {
    ptm_test::bookkeeper upstream;
    buffer_first<ptm::upstream_backend<>> b(pages{memory, 100}, &upstream), without(&upstream);
    CHECK(b.upstream() == &upstream);
    CHECK(b.offered() == 100);
    CHECK(without.offered() == 0);
}

TEST_CASE("buffer_first over what releases knows and releases both") {
    buffer_first<ptm::listed<ptm::mmap_backend>> b(pages{memory, 1000});
    CHECK_FALSE(b.holds(memory));
    pages buffer = b.take_offered(), run = b.obtain(5000);
    CHECK(b.holds(buffer.data + 999));
    CHECK_FALSE(b.holds(buffer.data + 1000));
    CHECK(b.holds(run.data));
    CHECK_FALSE(b.discard(buffer)); // what it holds stays
    b.release();
    CHECK_FALSE(b.holds(buffer.data));
    CHECK(b.offered() == 1000);
    CHECK(b.bytes_held() == 0);
}

TEST_CASE("decorators pass the offer on, with books or refusals") {
    ptm::counted<ptm::failing<buffer_first<ptm::mmap_backend>>> b(pages{memory, 1000});
    b.grant(1);
    pages run = b.take_offered();
    CHECK(b.bytes_held == 1000);
    CHECK(b.give_back(run));
    CHECK(b.bytes_held == 0);
    CHECK_FALSE(b.take_offered());
    CHECK(b.offered() == 1000);
}

TEST_CASE("an arena takes the offer first, whole, and again when everything is freed") {
    for (std::size_t ahead : {0u, 1u, 13u}) {
        arena a(ptm::counted<first>(pages{memory + ahead, sizeof memory - ahead}));
        for (int round = 0; round < 3; ++round) {
            std::vector<void*> all;
            while (all.empty() || in_memory(all.back())) {
                all.push_back(a.allocate(200));
                std::memset(all.back(), 0x5a, 200);
            }
            CHECK(all.size() > (sizeof memory - 300) / 208);
            CHECK(ptm_test::verdict(a) == "sound");
            for (void* p : all) a.deallocate(p);
            CHECK(a.held() == 0);
            CHECK(a.backend().bytes_held == a.backend().taken()); // which may stay
            CHECK(a.backend().taken() + a.backend().offered() == sizeof memory - ahead);
        }
    }
}

TEST_CASE("an arena leaves an offer that is too small, and no limit counts it") {
    arena a(ptm::counted<first>(pages{memory, 2000}));
    void* large = a.allocate(3000);
    CHECK_FALSE(in_memory(large));
    CHECK(a.backend().offered() == 2000);
    void* own = a.allocate(100'000);
    CHECK_FALSE(in_memory(own));
    a.deallocate(large);
    a.deallocate(own);
    a.limit(1500);
    void* p = a.allocate(100);
    CHECK(in_memory(p));
    CHECK(a.held() == 0);
    CHECK(a.allocate(3000) == nullptr);
    CHECK(ptm_test::verdict(a) == "sound");
    a.deallocate(p);
    CHECK(a.held() == 0);
}
