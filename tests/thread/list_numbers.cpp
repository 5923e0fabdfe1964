#include "support/catch.hpp"

#include <ptm/chunk/boundary_tag.hpp>
#include <ptm/chunk/listed_tag.hpp>
#include <ptm/thread/list_numbers.hpp>

namespace {
using header = ptm::boundary_tag<ptm::plain_links>;
template <std::size_t Most>
using numbers = ptm::list_numbers<header, Most>;

constexpr ptm::chunk_size of(std::size_t n) { return ptm::chunk_size{n}; }

// smallest_of - the smallest size that belongs to list i, found by asking for all.
template <class Numbers>
std::size_t smallest_of(unsigned i) {
    for (std::size_t n = ptm::bytes(header::smallest); n <= ptm::bytes(Numbers::table::largest); n += 16)
        if (Numbers::last_of(of(n)) == i) return n;
    return 0;
}
}

TEMPLATE_TEST_CASE("every size that is cached has a list that it belongs to and one that serves it", "", numbers<2000>,
                   numbers<8 * 1024>, numbers<32 * 1024>) {
    CHECK(ptm::list_numbering<TestType>);
    std::size_t largest = ptm::bytes(TestType::table::largest);
    unsigned before = 0;
    for (std::size_t n = ptm::bytes(header::smallest); n <= largest; n += header::alignment) {
        unsigned own = TestType::last_of(of(n)), serves = TestType::first_of(of(n));
        REQUIRE((own == before || own == before + 1));
        REQUIRE((serves == own || serves == own + 1));
        if (serves <= TestType::count) REQUIRE(smallest_of<TestType>(serves) >= n);
        REQUIRE(TestType::of_any(of(n)) == own);
        before = own;
    }
    CHECK(before == TestType::count);
    CHECK(TestType::first_of(of(ptm::bytes(header::smallest) - 1)) == 1);
    CHECK(TestType::first_of(of(ptm::bytes(header::smallest) + header::alignment - 1)) == 1); // rounds down
}

TEST_CASE("a list begins so far beyond a power of two that a request of that, and a header more, is of it") {
    using all = numbers<32 * 1024>;
    for (std::size_t request = 2048; request <= 32 * 1024; request *= 2) {
        unsigned serves = all::first_of(header::size_for(request));
        CHECK(all::first_of(header::size_for(request + 48)) == serves);
        CHECK(all::first_of(header::size_for(request + 64)) == serves + 1);
        CHECK(ptm::bytes(all::smallest_in(serves)) == request + 64);
    }
}

TEST_CASE("naturally aligned chunks have lists of their own, whose sizes begin at a power of two or a part of it") {
    using all = numbers<32 * 1024>;
    std::size_t before = 0;
    for (unsigned i = all::count + 65; i <= 2 * all::count; ++i) {
        std::size_t n = ptm::bytes(all::smallest_in(i)), part = n & -n;
        INFO("list " << i << ", " << n << " bytes");
        CHECK(n / part < 16);
        CHECK(n > before);
        if (n <= 1040) continue; // those belong to the single sizes
        CHECK(all::natural_of(of(n)) == i);
        CHECK(all::first_natural_of(of(n)) == i);
        CHECK(all::first_natural_of(of(n - 16)) == i);
        CHECK(all::natural_of(of(n + 16)) == i);
        before = n;
    }
    for (unsigned i = 1; i <= 64; ++i) {
        CHECK(all::smallest_in(i) == all::smallest_in(i + all::count));
        CHECK(all::natural_of(all::smallest_in(i)) == i + all::count);
    }
}

TEST_CASE("no list: what is smaller than the smallest chunk, and what is larger than the largest request needs") {
    using all = numbers<8 * 1024>;
    for (std::size_t n : {0u, 16u}) CHECK(all::of_any(of(n)) == 0);
    std::size_t largest = ptm::bytes(all::table::largest);
    CHECK(all::of_any(of(largest)) == all::count);
    for (std::size_t n : {largest + 16, std::size_t{1} << 20, std::size_t{1} << 31, SIZE_MAX / 16 * 16})
        CHECK(all::of_any(of(n)) == 0);
}
