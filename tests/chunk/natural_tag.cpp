#include "support/catch.hpp"

#include <ptm/chunk/keyed_links.hpp>
#include <ptm/chunk/natural_tag.hpp>

#include <limits>

namespace {
using header = ptm::natural_tag<ptm::plain_links>;
using plain = ptm::boundary_tag<ptm::plain_links>;
using chunk = header::chunk;
using ptm::chunk_size;

struct memory {
    alignas(16) std::byte bytes[4096] = {};
    chunk* first() { return header::at(bytes, 0); }
};

bool natural(const chunk* c) { return header::natural_in(header::peek(c)); }
}

TEST_CASE("a mark stands beside size and flags and changes neither") {
    memory m;
    chunk* c = m.first();
    for (bool side : {false, true}) {
        header::set_used(c, chunk_size{192}, side);
        CHECK_FALSE(natural(c));
        header::set_natural(c);
        CHECK(natural(c));
        CHECK(header::size_of(c) == chunk_size{192});
        CHECK(header::size_in(header::peek(c)) == chunk_size{192});
        CHECK((header::prev_in_use(c) && header::of_side_arena(c) == side && !header::is_mapped(c)));
        CHECK(header::ordinary_in(header::peek(c), chunk_size{192}));
        CHECK(header::next(c) == header::at(m.bytes, 192));
    }
}

TEST_CASE("who looks for plain chunks takes a marked one for larger than all") {
    memory m;
    chunk* c = m.first();
    header::set_used(c, chunk_size{64}, true);
    CHECK(header::plain_size_in(header::peek(c)) == chunk_size{64});
    header::set_natural(c);
    CHECK(header::plain_size_in(header::peek(c)) > header::largest);
}

TEST_CASE("a mark survives what neighbours do, and goes when the size changes or the chunk is free") {
    memory m;
    chunk* c = m.first();
    auto mark = [c] { header::set_used(c, chunk_size{192}, false), header::set_natural(c); };
    mark();
    header::set_prev_in_use(c, false);
    CHECK(natural(c));
    header::set_prev_in_use(c, true);
    CHECK(natural(c));
    header::set_size(c, chunk_size{96});
    CHECK_FALSE(natural(c));
    CHECK(header::size_of(c) == chunk_size{96});
    mark();
    header::set_free(c, chunk_size{192});
    CHECK_FALSE(natural(c));
    CHECK(header::footer_of(c) == chunk_size{192});
}

TEST_CASE("the natural alignment is the largest power of two in a size, a page at most") {
    for (std::size_t two = 16; two <= 4096; two *= 2)
        for (std::size_t odd : {1u, 3u, 5u, 101u}) CHECK(header::natural_alignment(chunk_size{two * odd}) == two);
    for (std::size_t n : {8192u, 12'288u, 1u << 20}) CHECK(header::natural_alignment(chunk_size{n}) == 4096);
}

TEST_CASE("other boundary tags mark nothing") {
    STATIC_REQUIRE(header::marks_natural);
    STATIC_REQUIRE_FALSE(plain::marks_natural);
    std::size_t all_bits = std::numeric_limits<std::size_t>::max();
    CHECK_FALSE(plain::natural_in(all_bits));
    CHECK(plain::plain_size_in(96 | 5) == chunk_size{96});
}

TEST_CASE("a natural tag lays chunks out as a boundary tag does") {
    for (std::size_t n : {0u, 24u, 25u, 1000u, 100000u}) CHECK(header::size_for(n) == plain::size_for(n));
    CHECK(header::overhead == plain::overhead);
    CHECK(sizeof(header::chunk) == sizeof(plain::chunk));
    CHECK(ptm::header_policy<ptm::natural_tag<ptm::keyed_links<>, ptm::safe_links>>);
}
