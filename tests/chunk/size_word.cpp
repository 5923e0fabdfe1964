// What is a size word, and what is none. The seal's promises: conformance/header.cpp.
#include <ptm/chunk/size_word.hpp>

#include "support/catch.hpp"

#include <ptm/chunk/boundary_tag.hpp>

#include <cstdint>

namespace {

using ptm::bare_word;

// Upside down: what a word of one's own may do. A chunk that nobody wrote has size 0 nowhere.
struct inverted_word : bare_word {
    static stored write(const void*, std::size_t plain) noexcept { return plain ^ ~std::size_t{7}; }
    static std::size_t read(stored word) noexcept { return word ^ ~std::size_t{7}; }
    static stored change(const void* chunk, stored, std::size_t plain) noexcept { return write(chunk, plain); }
};

using inverted_tag =
    ptm::basic_tag<inverted_word, ptm::ring_node, ptm::safe_links, ptm::plain_links, ptm::detail::ordinary_alignment>;

struct stores_a_pointer : bare_word {
    using stored = void*;
};
struct write_may_throw : bare_word {
    static stored write(const void*, std::size_t);
};
struct reads_a_size : bare_word {
    static ptm::chunk_size read(stored) noexcept;
};
struct never_doubts : bare_word {
    static void sound(const void*, stored) noexcept;
};

} // namespace

static_assert(ptm::size_word<bare_word> && ptm::size_word<inverted_word> && ptm::header_policy<inverted_tag>);
static_assert(!ptm::size_word<int> && !ptm::size_word<stores_a_pointer> && !ptm::size_word<write_may_throw>);
static_assert(!ptm::size_word<reads_a_size> && !ptm::size_word<never_doubts>);

TEST_CASE("a bare word is what is written") {
    int chunk = 0;
    CHECK(bare_word::write(&chunk, 97) == 97);
    CHECK(bare_word::read(97) == 97);
    CHECK(bare_word::change(&chunk, 97, 64) == 64);
    CHECK(bare_word::sound(&chunk, SIZE_MAX));
}

TEST_CASE("a tag reads its word as it was written, however that is") {
    alignas(64) std::byte memory[512] = {};
    auto* c = inverted_tag::at(memory, 0);
    inverted_tag::set_used(c, ptm::chunk_size{64}, true);
    CHECK(c->word == (~std::size_t{64} & ~std::size_t{7}) + 5);
    CHECK(inverted_tag::word_of(c) == (64 | 5));
    CHECK(inverted_tag::size_in(inverted_tag::peek(c)) == ptm::chunk_size{64});
    CHECK(static_cast<void*>(inverted_tag::next(c)) == memory + 64);
    inverted_tag::set_size(c, ptm::chunk_size{128});
    CHECK(inverted_tag::word_of(c) == (128 | 5));
}
