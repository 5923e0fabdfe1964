#include <ptm/check/predicates.hpp>

#include "support/catch.hpp"

#include <ptm/chunk/boundary_tag.hpp>

#include <cstdint>

using ptm::chunk_size;

namespace {

using header = ptm::boundary_tag<ptm::safe_links>;
constexpr std::size_t unit = header::alignment;
constexpr std::size_t smallest = bytes(header::smallest);

struct room {
    alignas(64) std::byte memory[512] = {};
    header::chunk* at(std::size_t n) { return header::at(memory, n); }
};

} // namespace

TEST_CASE("a user pointer is aligned when its chunk lies right") {
    room r;
    CHECK(ptm::user_aligned<header>(r.at(0)));
    CHECK(ptm::user_aligned<header>(r.at(unit)));
    for (std::size_t n = 1; n < unit; ++n) CHECK_FALSE(ptm::user_aligned<header>(r.at(n)));
}

TEST_CASE("a chunk that reaches beyond the address space wraps") {
    room r;
    header::chunk* c = r.at(0);
    const std::size_t to_the_end = std::size_t{0} - ptm::address_of(c);
    header::set_used(c, chunk_size{64}, false);
    CHECK_FALSE(ptm::wraps<header>(c, header::size_of(c)));
    header::set_used(c, chunk_size{to_the_end}, false);
    CHECK_FALSE(ptm::wraps<header>(c, header::size_of(c))); // ends exactly there
    header::set_used(c, chunk_size{to_the_end + unit}, false);
    CHECK(ptm::wraps<header>(c, header::size_of(c)));
    header::set_used(c, chunk_size{std::size_t{0} - unit}, false);
    CHECK(ptm::wraps<header>(c, header::size_of(c)));
}

TEST_CASE("a size is possible from the smallest on, in steps of the alignment") {
    CHECK(ptm::size_possible<header>(header::smallest));
    CHECK(ptm::size_possible<header>(chunk_size{smallest + unit}));
    CHECK_FALSE(ptm::size_possible<header>(chunk_size{0}));
    CHECK_FALSE(ptm::size_possible<header>(chunk_size{smallest - unit}));
    CHECK_FALSE(ptm::size_possible<header>(chunk_size{smallest + 1}));
}

TEST_CASE("a word is plausible above one header and below the arena") {
    room r;
    header::chunk* c = r.at(0);
    auto plausible = [&](std::size_t word) {
        c->word = word;
        return ptm::word_plausible<header>(c, 4096);
    };
    CHECK_FALSE(plausible(0));
    CHECK_FALSE(plausible(header::header_bytes));
    CHECK(plausible(header::header_bytes | 1)); // glibc compares the whole word here
    CHECK(plausible(smallest));
    CHECK(plausible((4096 - unit) | 7));
    CHECK_FALSE(plausible(4096));
    CHECK_FALSE(plausible(4096 + unit));
    CHECK_FALSE(plausible(SIZE_MAX));
}

TEST_CASE("a footer agrees when the next chunk repeats the size") {
    room r;
    header::chunk* c = r.at(0);
    header::set_free(c, chunk_size{96});
    CHECK(ptm::footer_agrees<header>(c));
    r.at(96)->previous_size = 80;
    CHECK_FALSE(ptm::footer_agrees<header>(c));
    r.at(96)->previous_size = 96 | 1; // a damaged footer: glibc compares all of it
    CHECK_FALSE(ptm::footer_agrees<header>(c));
}

TEST_CASE("a footer disagrees when the size was overwritten") {
    room r;
    header::chunk* c = r.at(0);
    header::set_free(c, chunk_size{96});
    header::set_size(c, chunk_size{160});
    CHECK_FALSE(ptm::footer_agrees<header>(c));
}
