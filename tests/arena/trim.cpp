#include "support/configs.hpp"
#include "support/live_blocks.hpp"

#include <ptm/arena/trim.hpp>
#include <ptm/os/mapping_cache.hpp>

#include <cstring>

namespace {
using namespace ptm::literals;
using arena = ptm_test::fresh_arena<ptm_test::counted_glass>;
struct over_a_cache : ptm::edit<ptm_test::glass, ptm::set_mapped_backend<ptm::mapping_cache<>>,
                                ptm::set_tuned<ptm::tuning{.adaptive = false}>> {};
struct in_mappings : ptm::edit<ptm_test::glass, ptm::set_main_backend<ptm::mmap_backend>> {};
}

TEST_CASE("trimming gives top back in whole pages, and keeps a top") {
    arena a;
    a.allocate(1000);
    CHECK(a.backend().bytes_held == 0x21000);
    CHECK(a.trim());
    CHECK(a.figures().system_bytes == 4096);
    CHECK(a.backend().bytes_held == 4096);
    CHECK(a.figures().top_bytes == 4096 - 1008);
    CHECK_FALSE(a.trim());
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("trimming keeps the pad") {
    arena a;
    a.allocate(1000);
    CHECK(a.trim(50000));
    CHECK(a.figures().top_bytes >= 50000);
    CHECK(a.figures().top_bytes <= 50000 + 4096 + 33);
    CHECK_FALSE(a.trim(50000));
    CHECK_FALSE(a.trim(SIZE_MAX));
}

TEST_CASE("trimming drops the pages inside free chunks") {
    arena a;
    a.shared().mmap_max = 0;
    auto* p = static_cast<unsigned char*>(a.allocate(40000));
    a.allocate(24);
    std::memset(p, 0xff, 40000);
    a.deallocate(p);
    a.trim(SIZE_MAX);
    CHECK(ptm_test::reads_as_zero(p + 8192, 4096));
    CHECK(ptm_test::verdict(a) == "sound");
    CHECK(a.allocate(40000) == p);
}

TEST_CASE("what is given back lies in rows of a size, the rest stays") {
    arena a;
    a.shared().mmap_max = 0;
    auto* p = static_cast<unsigned char*>(a.allocate(40'000));
    a.allocate(24);
    auto* q = static_cast<unsigned char*>(a.allocate(80'000));
    a.allocate(24);
    std::memset(p, 0xff, 40'000);
    std::memset(q, 0xff, 80'000);
    a.deallocate(p);
    a.deallocate(q);
    CHECK_FALSE(ptm::give_back(a.state(), SIZE_MAX, 80'000));
    CHECK(ptm::give_back(a.state(), SIZE_MAX, 64 * 1024));
    CHECK(ptm_test::reads_as_zero(q + 8192, 4096));
    CHECK(p[8192] == 0xff);
    CHECK(ptm::give_back(a.state(), 0, SIZE_MAX)); // the end of top
    CHECK(a.figures().top_bytes < 4096 + 33);
    CHECK(p[8192] == 0xff);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("trimming says yes also if the pages were dropped before") {
    arena a;
    void* p = a.allocate(40000);
    a.allocate(24);
    a.deallocate(p);
    CHECK(a.trim(SIZE_MAX));
    CHECK(a.trim(SIZE_MAX));
}

TEST_CASE("small free chunks have no page to drop") {
    arena a;
    void* p = a.allocate(4000);
    a.allocate(24);
    a.deallocate(p);
    CHECK_FALSE(a.trim(SIZE_MAX));
}

TEST_CASE("what somebody else took behind top is not given back") {
    arena a;
    a.allocate(24);
    a.backend().obtain(4096);
    CHECK_FALSE(a.trim());
    CHECK(a.figures().system_bytes == 0x21000);
}

TEST_CASE("a backend that refuses to take back keeps everything") {
    arena a;
    a.allocate(24);
    a.backend().stubborn = true;
    CHECK_FALSE(a.trim());
    CHECK(a.figures().system_bytes == a.backend().bytes_held);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("without a frontier top stays") {
    ptm_test::fresh_arena<in_mappings> a;
    a.allocate(24);
    CHECK_FALSE(a.trim());
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("trimming gives back what a backend keeps") {
    ptm_test::fresh_arena<over_a_cache> a;
    a.deallocate(a.allocate(1'000'000));
    ptm::give_back(a.state(), 0, 0);
    CHECK(a.shared().mapped_backend.kept() == 1'003'520);
    CHECK(a.trim());
    CHECK(a.shared().mapped_backend.kept() == 0);
    CHECK_FALSE(a.trim());
}

TEST_CASE("trimming merges the fast chunks first") {
    arena a;
    a.deallocate(a.allocate(24));
    CHECK(a.trim());
    CHECK(a.figures().fast_chunks == 0);
    CHECK(a.figures().top_bytes == 4096);
}

TEST_CASE("with huge pages the frontier stays on a multiple of one") {
    arena a;
    a.shared().huge_page = 2_MiB;
    void* small = a.allocate(1000);
    CHECK(a.backend().bytes_held == 2_MiB);
    a.shared().mmap_max = 0;
    void* large = a.allocate(5_MiB);
    CHECK(a.backend().bytes_held == 6_MiB);
    a.deallocate(large);
    CHECK(a.backend().bytes_held == 2_MiB);
    CHECK_FALSE(a.trim());
    CHECK(ptm_test::verdict(a) == "sound");
    a.deallocate(small);
}
