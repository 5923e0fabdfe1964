#include "support/catch.hpp"

#include <ptm/bin/index.hpp>

#include <cstddef>
#include <cstdint>

namespace {
using table = ptm::bin_table<ptm::boundary_tag<ptm::plain_links>>;

unsigned bin_of(std::size_t n) { return table::index(ptm::chunk_size{n}); }

// What a header with another alignment would get.
template <std::size_t Alignment>
struct aligned_header : ptm::boundary_tag<ptm::plain_links> {
    static constexpr std::size_t alignment = Alignment;
};
}

TEST_CASE("each small size has a bin of its own") {
    for (std::size_t n = 32; n < 1024; n += 16) {
        CHECK(table::is_small(ptm::chunk_size{n}));
        CHECK(bin_of(n) == n / 16);
    }
    CHECK_FALSE(table::is_small(ptm::chunk_size{1024}));
}

TEST_CASE("the bins of a row are equally wide") {
    struct row {
        unsigned first, last;
        std::size_t begin, width;
    };
    const row rows[] = {{64, 96, 1024, 64}, {98, 111, 3584, 512}, {113, 119, 12288, 4096}, {121, 123, 65536, 32768}};
    for (const row& r : rows)
        for (unsigned i = r.first; i <= r.last; ++i) {
            std::size_t begin = r.begin + (i - r.first) * r.width;
            CHECK(bin_of(begin) == i);
            CHECK(bin_of(begin + r.width - 16) == i);
        }
}

TEST_CASE("the last bin has no end") {
    CHECK(bin_of(262143) == 124);
    CHECK(bin_of(524287) == 125);
    CHECK(bin_of(524288) == 126);
    CHECK(bin_of(PTRDIFF_MAX - 15) == 126);
    CHECK(table::bins == 127);
}

TEST_CASE("a larger chunk is never in a lower bin") {
    unsigned last = 0;
    for (std::size_t n = 32; n < 1200000; n += 16) {
        unsigned i = bin_of(n);
        if (i < last || i > last + 3) FAIL("bin of " << n << " is " << i << ", of the size before " << last);
        last = i;
    }
    CHECK(last == 126);
}

TEST_CASE("sizes by eight: each small one has a bin, larger ones never a lower one, and no bin is left out") {
    using compact = ptm::bin_table<ptm::compact_tag>;
    CHECK(compact::correction == 0);
    CHECK(ptm::bytes(compact::first_large_size) == 512);
    for (std::size_t n = 16; n < 512; n += 8) CHECK(compact::index(ptm::chunk_size{n}) == n / 8);
    unsigned last = 63;
    for (std::size_t n = 512; n < 1200000; n += 8) {
        unsigned i = compact::index(ptm::chunk_size{n});
        if (i < last || i > last + 1) FAIL("bin of " << n << " is " << i << ", of the size before " << last);
        last = i;
    }
    CHECK(last == 126);
}

TEST_CASE("where the alignment is wider than the header, small bins begin one place further") {
    CHECK(table::correction == 0);
    using wide = ptm::bin_table<aligned_header<32>>;
    CHECK(wide::correction == 1);
    CHECK(wide::small_index(ptm::chunk_size{64}) == 3);
    CHECK(ptm::bytes(wide::first_large_size) == 63 * 32);
}
