#include "support/catch.hpp"

#include <ptm/chunk/keyed_links.hpp>
#include <ptm/chunk/owned_tag.hpp>

#include <cstring>
#include <vector>

namespace {
using header = ptm::owned_tag<ptm::plain_links>;
using chunk = header::chunk;

struct memory {
    alignas(16) std::byte bytes[4096] = {};
    chunk* first() { return header::at(bytes, 0); }
};

unsigned owner_of(const chunk* c) { return header::owner_in(header::peek(c)); }
}

TEST_CASE("an owner stands beside size and flags and changes neither") {
    memory m;
    chunk* c = m.first();
    for (unsigned owner : {0u, 1u, 7u, 255u}) {
        header::set_used(c, ptm::chunk_size{160}, true);
        header::set_owner(c, owner);
        CHECK(owner_of(c) == owner);
        CHECK(header::size_of(c) == ptm::chunk_size{160});
        CHECK(header::size_in(header::peek(c)) == ptm::chunk_size{160});
        CHECK((header::prev_in_use(c) && header::of_side_arena(c) && !header::is_mapped(c)));
        CHECK(header::next(c) == header::at(m.bytes, 160));
    }
}

TEST_CASE("an owner survives what neighbours and resizing do, and goes when the chunk is free") {
    memory m;
    chunk* c = m.first();
    header::set_used(c, ptm::chunk_size{160}, false);
    header::set_owner(c, 200);
    header::set_prev_in_use(c, false);
    CHECK(owner_of(c) == 200);
    header::set_prev_in_use(c, true);
    header::set_size(c, ptm::chunk_size{96});
    CHECK(owner_of(c) == 200);
    CHECK(header::size_of(c) == ptm::chunk_size{96});
    header::set_owner(c, 3);
    CHECK(owner_of(c) == 3);
    header::set_free(c, ptm::chunk_size{96});
    CHECK(owner_of(c) == 0);
    CHECK(header::footer_of(c) == ptm::chunk_size{96});
}

TEST_CASE("an owned tag lays chunks out as a boundary tag does") {
    using plain = ptm::boundary_tag<ptm::plain_links>;
    for (std::size_t n : {0u, 24u, 25u, 1000u, 100000u}) CHECK(header::size_for(n) == plain::size_for(n));
    CHECK(header::overhead == plain::overhead);
    CHECK(sizeof(header::chunk) == sizeof(plain::chunk));
    CHECK(ptm::header_policy<ptm::owned_tag<ptm::keyed_links<>, ptm::safe_links>>);
}
