#include "support/catch.hpp"

#include <ptm/chunk/keyed_links.hpp>
#include <ptm/chunk/listed_tag.hpp>

#include <limits>

namespace {

// Sizes up to 1008 have a list for every 64 bytes: 1 to 16.
struct sixteen {
    static constexpr unsigned count = 16;
    static constexpr unsigned natural_of(ptm::chunk_size n) noexcept { return of_any(n) + count; }
    static constexpr unsigned of_any(ptm::chunk_size n) noexcept {
        return ptm::bytes(n) < 1024 ? static_cast<unsigned>(ptm::bytes(n) / 64) + 1 : 0;
    }
};

using plain = ptm::boundary_tag<ptm::plain_links>;
using ptm::chunk_size;
using where_wide = ptm::listed_tag_where_wide<sixteen, ptm::plain_links>;
constexpr bool wide = sizeof(std::size_t) == 8;

struct memory {
    alignas(16) std::byte bytes[4096] = {};
};
}

TEST_CASE("where a size word has room for lists, a tag marks them, and aligned chunks in any case") {
    CHECK(ptm::list_numbering<sixteen>);
    CHECK(where_wide::marks_natural);
    CHECK(where_wide::marks_lists == wide);
    CHECK_FALSE(plain::marks_lists);
}

TEMPLATE_TEST_CASE("a listed tag lays chunks out as a boundary tag does", "", where_wide) {
    for (std::size_t n : {0u, 24u, 25u, 1000u, 100000u}) CHECK(TestType::size_for(n) == plain::size_for(n));
    CHECK(TestType::overhead == plain::overhead);
    CHECK(sizeof(typename TestType::chunk) == sizeof(typename plain::chunk));
    CHECK(ptm::header_policy<ptm::listed_tag_where_wide<sixteen, ptm::keyed_links<>, ptm::safe_links>>);
}

#if __SIZEOF_SIZE_T__ == 8
namespace {
using header = ptm::listed_tag<sixteen, ptm::plain_links>;
using chunk = header::chunk;

std::size_t list(const chunk* c) { return header::list_in(header::peek(c)); }
chunk* first(memory& m) { return header::at(m.bytes, 0); }

// reads - a chunk's size is n, whatever else the word says.
bool reads(const chunk* c, std::size_t n) {
    std::size_t word = header::peek(c);
    return header::size_of(c) == chunk_size{n} && header::size_in(word) == chunk_size{n}
    && header::ordinary_in(word, chunk_size{n}) && header::word_of(c) >> 3 << 3 == n;
}
}

TEST_CASE("whoever writes a size writes the list that the chunk belongs to") {
    memory m;
    chunk* c = first(m);
    for (std::size_t n = 32; n < 2048; n += 16) {
        unsigned own = sixteen::of_any(chunk_size{n});
        header::set_used(c, chunk_size{n}, n % 32 == 0);
        REQUIRE((list(c) == own && reads(c, n) && header::of_side_arena(c) == (n % 32 == 0)));
        header::set_used(c, chunk_size{512}, true);
        header::set_size(c, chunk_size{n});
        REQUIRE((list(c) == own && reads(c, n) && header::of_side_arena(c)));
        header::set_free(c, chunk_size{n});
        REQUIRE((list(c) == own && reads(c, n)));
        REQUIRE(header::footer_of(c) == chunk_size{n});
        REQUIRE(header::previous_size(header::next(c)) == chunk_size{n}); // there are sizes, no words
        header::set_top(c, chunk_size{n});
        REQUIRE((list(c) == own && reads(c, n)));
    }
}

TEST_CASE("a list is found 16 times as far as its number") {
    memory m;
    chunk* c = first(m);
    for (std::size_t n : {32u, 64u, 1008u, 1024u}) {
        header::set_used(c, chunk_size{n}, true);
        CHECK(header::scaled_list_in(header::peek(c)) == 16 * list(c));
    }
}

TEST_CASE("what neighbours and the arena note leaves the list alone") {
    memory m;
    chunk* c = first(m);
    header::set_used(c, chunk_size{192}, false);
    header::set_prev_in_use(c, false);
    CHECK((list(c) == 4 && reads(c, 192) && !header::prev_in_use(c)));
    header::set_prev_in_use(c, true);
    header::mark_side_arena(c);
    CHECK((list(c) == 4 && reads(c, 192) && header::prev_in_use(c) && header::of_side_arena(c)));
}

TEST_CASE("a mapping belongs to no list, nor does a fence") {
    memory m;
    chunk* c = first(m);
    header::set_mapped(c, chunk_size{512}, 0);
    CHECK((list(c) == 0 && header::is_mapped(c) && header::size_of(c) == chunk_size{512}));
    header::set_size(c, chunk_size{256});
    CHECK((list(c) == 0 && header::is_mapped(c) && header::size_of(c) == chunk_size{256}));
}

TEST_CASE("a naturally aligned chunk belongs to a list behind all others, as long as it has its size") {
    memory m;
    chunk* c = first(m);
    header::set_used(c, chunk_size{192}, true);
    CHECK_FALSE(header::natural_in(header::peek(c)));
    CHECK(header::plain_size_in(header::peek(c)) == chunk_size{192});
    for (int twice = 0; twice < 2; ++twice) {
        header::set_natural(c);
        CHECK(header::natural_in(header::peek(c)));
        CHECK(list(c) == 4 + sixteen::count);
        CHECK((reads(c, 192) && header::of_side_arena(c) && header::prev_in_use(c)));
        CHECK(header::plain_size_in(header::peek(c)) > header::largest);
    }
    header::set_prev_in_use(c, false);
    CHECK(header::natural_in(header::peek(c)));
    header::set_size(c, chunk_size{96});
    CHECK((!header::natural_in(header::peek(c)) && list(c) == 2 && reads(c, 96)));
}

TEST_CASE("sizes have 48 bits") {
    memory m;
    chunk* c = first(m);
    header::set_used(c, header::largest, true);
    CHECK((header::size_of(c) == header::largest && list(c) == 0 && header::of_side_arena(c)));
    CHECK(ptm::bytes(header::largest) > std::numeric_limits<std::size_t>::max() >> 17);
}
#endif
