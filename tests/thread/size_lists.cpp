#include "support/catch.hpp"

#include <ptm/chunk/boundary_tag.hpp>
#include <ptm/thread/size_lists.hpp>

namespace {
using header = ptm::boundary_tag<ptm::plain_links>;
template <std::size_t Most, unsigned PerDoubling, std::size_t Spare = 0>
using lists = ptm::detail::size_lists<header, Most, PerDoubling, Spare>;

constexpr ptm::chunk_size of(std::size_t n) { return ptm::chunk_size{n}; }
constexpr bool wide = sizeof(void*) == 8;

// runs_of_sizes - every size has a list, lists ascend, the 64 smallest sizes have one for each, and every list begins
// with the smallest size that belongs to it; of the first larger one some are among the 64.
template <class Table>
constexpr bool runs_of_sizes() {
    unsigned last = 0;
    for (std::size_t n = ptm::bytes(header::smallest); n <= ptm::bytes(Table::largest); n += header::alignment) {
        unsigned i = Table::of(of(n));
        if (i != last && i != last + 1) return false;
        bool first = i != last || n == ptm::bytes(header::smallest);
        std::size_t begin = Table::smallest_in(i);
        if (i == Table::stacks ? begin > n : first != (begin == n)) return false;
        if (Table::smallest_of[i] != begin) return false;
        last = i;
    }
    return last + 1 == Table::count;
}

template <class Table>
constexpr std::size_t widest_list() {
    std::size_t most = 0;
    for (unsigned i = 65; i + 1 < Table::count; ++i) {
        std::size_t parts = Table::smallest_in(i) / (Table::smallest_in(i + 1) - Table::smallest_in(i));
        if (most == 0 || parts < most) most = parts;
    }
    return most;
}
}

TEST_CASE("size lists are runs of sizes in ascending order without a gap") {
    STATIC_REQUIRE((!wide || runs_of_sizes<lists<32 * 1024, 4>>()));
    STATIC_REQUIRE((!wide || runs_of_sizes<lists<32 * 1024, 8>>()));
    STATIC_REQUIRE((!wide || runs_of_sizes<lists<2000, 8>>()));
    STATIC_REQUIRE((!wide || runs_of_sizes<lists<100'000, 2>>()));
    STATIC_REQUIRE((!wide || runs_of_sizes<lists<5000, 1>>()));
    STATIC_REQUIRE((!wide || runs_of_sizes<lists<32 * 1024, 8, 64>>()));
    STATIC_REQUIRE((!wide || runs_of_sizes<lists<5000, 4, 16>>()));
}

TEST_CASE("with bytes to spare, a power of two and a little more than that share a list") {
    using table = lists<32 * 1024, 8, 64>;
    STATIC_REQUIRE((!wide || table::count == lists<32 * 1024, 8>::count));
    for (std::size_t n = 2048; n <= 32 * 1024; n *= 2) {
        unsigned serves = table::of(of(n + 64));
        CHECK(table::smallest_in(serves) == n + 64);
        CHECK(table::of(of(n + 48)) == serves - 1);
        CHECK(table::of(of(n + 16)) == serves - 1);
    }
    STATIC_REQUIRE((!wide || table::smallest_in(64) == 1056)); // no size is without a list
    STATIC_REQUIRE((!wide || table::of(of(1200)) == 64));
    STATIC_REQUIRE((!wide || table::of(of(1216)) == 65));
    STATIC_REQUIRE((!wide || table::of(table::largest) == table::count - 1));
    STATIC_REQUIRE((!wide || widest_list<table>() == 8));
}

TEST_CASE("above the 64 smallest there are so many lists for a doubling") {
    STATIC_REQUIRE((!wide || lists<32 * 1024, 4>::count == 64 + 4 * 5 + 1)); // 32 KiB need a chunk above 32 KiB
    STATIC_REQUIRE((!wide || lists<32 * 1024, 8>::count == 64 + 8 * 5 + 1));
    STATIC_REQUIRE((!wide || lists<32 * 1024 - 32, 8>::count == 64 + 8 * 5));
    STATIC_REQUIRE((!wide || widest_list<lists<32 * 1024, 4>>() == 4));
    STATIC_REQUIRE((!wide || widest_list<lists<32 * 1024, 8>>() == 8)); // no chunk is larger than needed by more
}

TEST_CASE("the single sizes end where the header says") {
    using table = lists<32 * 1024, 8>;
    STATIC_REQUIRE((!wide || table::largest_stacked == of(1040)));
    STATIC_REQUIRE((!wide || table::of(of(1040)) == 63));
    STATIC_REQUIRE((!wide || table::of(of(1056)) == 64));
    STATIC_REQUIRE((!wide || table::largest == of(32'784)));
    CHECK(table::stack_of(header::smallest) == 0);
    CHECK(table::class_of(of(2048)) == table::class_of(of(2288)));
    CHECK(table::class_of(of(2048)) + 1 == table::class_of(of(2304)));
}
