#include "support/configs.hpp"
#include "support/live_blocks.hpp"

#include <ptm/arena/clear.hpp>
#include <ptm/os/buffer.hpp>
#include <ptm/os/mapping_cache.hpp>

#include <cstring>

namespace {
struct in_a_buffer : ptm::edit<ptm_test::glass, ptm::set_main_backend<ptm::buffer_backend>,
                               ptm::set_tuned<ptm::tuning{.top_pad = 0}>> {};
struct dirty_mappings : ptm::mmap_backend {
    static constexpr ptm::can able = ptm::can::nothing;
    ptm::pages obtain(std::size_t bytes) noexcept {
        ptm::pages run = ptm::mmap_backend::obtain(bytes);
        if (run) std::memset(run.data, 0xee, run.bytes);
        return run;
    }
};
struct over_dirty_mappings : ptm::edit<ptm_test::glass, ptm::set_mapped_backend<dirty_mappings>> {};
struct in_dirty_mappings : ptm::edit<over_dirty_mappings, ptm::set_main_backend<dirty_mappings>> {};

// Notes what it is asked for.
struct noting : ptm::mapping_cache<ptm::mmap_backend, ptm::keeping{.slack = 8 << 20}> {
    int cleared = 0, any = 0;
    ptm::pages obtain(std::size_t bytes) noexcept { return ++any, mapping_cache::obtain(bytes); }
    ptm::pages obtain_cleared(std::size_t bytes) noexcept { return ++cleared, mapping_cache::obtain_cleared(bytes); }
};
struct over_a_cache
    : ptm::edit<ptm_test::glass, ptm::set_mapped_backend<noting>, ptm::set_tuned<ptm::tuning{.adaptive = false}>> {};

alignas(64) std::byte buffer[64 * 1024];

// Whether a block, cleared after one of the same size was written and freed, reads as zero in all its usable bytes.
template <class C>
bool cleared_after_use(ptm::arena<C>& a, std::size_t n) {
    void* p = a.allocate(n);
    std::memset(p, 0xff, n);
    a.deallocate(p);
    p = a.allocate_cleared(n);
    bool zero = ptm_test::reads_as_zero(p, a.usable_size(p));
    std::memset(p, 0xff, n);
    return zero;
}
}

TEST_CASE("used memory is cleared, wherever it comes from") {
    ptm_test::fresh_arena<> a;
    for (std::size_t n : {24u, 500u, 2000u, 60000u, 200000u}) {
        CHECK(cleared_after_use(a, n));
        a.allocate(24);
    }
}

TEST_CASE("memory beyond what top ever was is not cleared, and reads as zero") {
    ptm_test::fresh_arena<> a;
    a.shared().mmap_max = 0;
    void* p = a.allocate(100000);
    std::memset(p, 0xff, 100000);
    a.deallocate(p);
    p = a.allocate_cleared(1000000);
    CHECK(ptm_test::reads_as_zero(p, 1000000));
}

TEST_CASE("memory that was given back and obtained again is cleared") {
    ptm_test::fresh_arena<> a;
    a.shared().mmap_max = 0;
    void* p = a.allocate(500000);
    std::memset(p, 0xff, 500000);
    a.deallocate(p);
    a.trim();
    CHECK(ptm_test::reads_as_zero(a.allocate_cleared(500000), 500000));
}

TEST_CASE("a buffer may hold anything: all is cleared") {
    std::memset(buffer, 0xaa, sizeof buffer);
    ptm_test::fresh_arena<in_a_buffer> a{ptm::buffer_backend({buffer, sizeof buffer})};
    for (std::size_t n : {24u, 1000u, 20000u}) CHECK(ptm_test::reads_as_zero(a.allocate_cleared(n), n));
}

TEST_CASE("a backend that does not promise zero is not trusted") {
    ptm_test::fresh_arena<over_dirty_mappings> a;
    CHECK(ptm_test::reads_as_zero(a.allocate_cleared(200000), 200000));
    ptm_test::fresh_arena<in_dirty_mappings> b;
    CHECK(ptm_test::reads_as_zero(b.allocate_cleared(20000), 20000));
    CHECK(cleared_after_use(b, 300));
}

TEST_CASE("a backend that clears on demand is asked for cleared mappings, and those only") {
    ptm_test::fresh_arena<over_a_cache> a;
    auto& mapped = a.shared().mapped_backend;
    for (std::size_t n : {200'000u, 150'000u, 3'000'000u, 180'000u}) CHECK(cleared_after_use(a, n));
    CHECK((mapped.any == 4 && mapped.cleared == 4));
    CHECK(cleared_after_use(a, 1000)); // from top
    CHECK((mapped.any == 4 && mapped.cleared == 4));
    ptm::wanted w = ptm::want<over_a_cache>(150'000);
    ptm::chunk_in<over_a_cache>* c = ptm::map_cleared(a.shared(), w);
    CHECK(mapped.cleared == 5);
    CHECK(ptm_test::reads_as_zero(over_a_cache::header::to_user(c), 150'000));
    a.shared().perturb = 0x5a;
    void* filled = a.allocate_cleared(190'000);
    CHECK(mapped.cleared == 6);
    CHECK(ptm_test::reads_as_zero(filled, 190'000));
}

TEST_CASE("a request above the threshold that the bins meet is cleared by hand") {
    ptm_test::fresh_arena<over_a_cache> a;
    a.shared().mmap_max = 0;
    void* p = a.allocate(400'000);
    a.allocate(24);
    std::memset(p, 0xff, 400'000);
    a.deallocate(p);
    a.shared().mmap_max = 100;
    void* again = a.allocate_cleared(390'000);
    CHECK(again == p);
    CHECK(ptm_test::reads_as_zero(again, 390'000));
    CHECK(a.shared().mapped_backend.cleared == 0);
}

TEST_CASE("worn memory is what top had, or once had") {
    ptm_test::fresh_arena<> a;
    a.allocate(24);
    auto before = ptm::detail::look_at_top(a.state());
    CHECK(before.top == a.state().top);
    CHECK(before.bytes_of_top == a.figures().top_bytes);
    a.trim();
    CHECK(ptm::detail::look_at_top(a.state()).bytes_of_top == before.bytes_of_top);
}
