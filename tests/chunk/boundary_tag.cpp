#include <ptm/chunk/boundary_tag.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <cstring>
#include <type_traits>

using ptm::chunk_size;

namespace {

using header = ptm::boundary_tag<ptm::safe_links>;
using chunk = header::chunk;
constexpr std::size_t word = sizeof(std::size_t);

// glibc's struct malloc_chunk: mchunk_prev_size, mchunk_size, fd, bk, fd_nextsize, bk_nextsize.
static_assert(offsetof(chunk, previous_size) == 0);
static_assert(offsetof(chunk, word) == 1 * word);
static_assert(offsetof(chunk, ring) + offsetof(ptm::ring_node, forward) == 2 * word);
static_assert(offsetof(chunk, ring) + offsetof(ptm::ring_node, back) == 3 * word);
static_assert(offsetof(chunk, skip) + offsetof(ptm::ring_node, forward) == 4 * word);
static_assert(offsetof(chunk, skip) + offsetof(ptm::ring_node, back) == 5 * word);
static_assert(sizeof(chunk) == 6 * word);
static_assert(std::is_trivially_copyable_v<chunk> && std::is_standard_layout_v<chunk>);

static_assert(std::is_same_v<header::stack_links, ptm::safe_links>);
static_assert(std::is_same_v<header::ring_links, ptm::plain_links>, "glibc leaves the rings of bins as they are");
static_assert(header::header_bytes == 2 * word && header::overhead == word);

// Room for some chunks, filled so that nothing is zero or set by chance.
struct room {
    alignas(64) std::byte memory[1024];

    room() { std::memset(memory, 0xa8, sizeof memory); } // 0xa8: flag bits clear
    chunk* at(std::size_t n) { return header::at(memory, n); }
};

std::size_t bytes_for(std::size_t request) { return bytes(header::size_for(request)); }

} // namespace

TEST_CASE("requests get the chunks that glibc gives them on 64 bits") {
    if constexpr (word == 8) {
        CHECK(header::alignment == 16);
        CHECK(bytes(header::smallest) == 32);
        for (std::size_t n = 0; n <= 24; ++n) CHECK(bytes_for(n) == 32);
        for (std::size_t n = 25; n <= 40; ++n) CHECK(bytes_for(n) == 48);
        for (std::size_t n = 41; n <= 56; ++n) CHECK(bytes_for(n) == 64);
        CHECK(bytes_for(1032) == 1040);
        CHECK(bytes_for(1033) == 1056);
        CHECK(bytes_for(131'048) == 131'056);
    }
}

TEST_CASE("a chunk is the smallest that holds its request") {
    for (std::size_t n = 0; n < 3000; ++n) {
        const std::size_t size = bytes_for(n);
        REQUIRE(size % header::alignment == 0);
        REQUIRE(size >= bytes(header::smallest));
        REQUIRE(size - header::overhead >= n);
        REQUIRE((size == bytes(header::smallest) || size - header::alignment - header::overhead < n));
    }
}

TEST_CASE("the largest request does not wrap") {
    CHECK(bytes_for(PTRDIFF_MAX) > static_cast<std::size_t>(PTRDIFF_MAX));
}

TEST_CASE("from chunk to user and back") {
    room r;
    chunk* c = r.at(64);
    CHECK(header::to_user(c) == r.memory + 64 + 2 * word);
    CHECK(header::from_user(header::to_user(c)) == c);
    const void* constant = header::to_user(c);
    CHECK(header::from_user(constant) == c);
}

TEST_CASE("a used chunk knows its size, its flags and its neighbour") {
    room r;
    chunk* c = r.at(0);
    header::set_used(c, chunk_size{96}, false);
    CHECK(header::size_of(c) == chunk_size{96});
    CHECK(header::next(c) == r.at(96));
    CHECK(header::prev_in_use(c));
    CHECK_FALSE(header::of_side_arena(c));
    CHECK_FALSE(header::is_mapped(c));
    CHECK(header::word_of(c) == (96 | 1));
}

TEST_CASE("a used chunk of a side arena says so, in glibc's bit") {
    room r;
    chunk* c = r.at(0);
    header::set_used(c, chunk_size{96}, true);
    CHECK(header::of_side_arena(c));
    CHECK(header::word_of(c) == (96 | 1 | 4));
    header::set_used(c, chunk_size{64}, false);
    header::mark_side_arena(c);
    CHECK(header::word_of(c) == (64 | 1 | 4));
    CHECK(header::size_of(c) == chunk_size{64});
}

TEST_CASE("a free chunk is noted at its end, and found from behind") {
    room r;
    chunk* c = r.at(64);
    header::set_free(c, chunk_size{96});
    header::set_used(r.at(160), chunk_size{32}, false);
    CHECK(header::word_of(c) == (96 | 1));
    CHECK(header::previous_size(header::next(c)) == chunk_size{96});
    CHECK(header::footer_of(c) == chunk_size{96});
    CHECK(header::previous(header::next(c)) == c);
}

TEST_CASE("flag bits in a footer are ignored") {
    room r;
    chunk* c = r.at(0);
    header::set_free(c, chunk_size{96});
    r.at(96)->previous_size |= 7;
    CHECK(header::footer_of(c) == chunk_size{96});
}

TEST_CASE("whether a chunk is in use stands in the next one") {
    room r;
    chunk *c = r.at(0), *after = r.at(64);
    header::set_used(c, chunk_size{64}, false);
    header::set_used(after, chunk_size{32}, true);
    CHECK(header::in_use(c));
    header::set_prev_in_use(after, false);
    CHECK_FALSE(header::in_use(c));
    CHECK(header::word_of(after) == (32 | 4)); // the rest stays
    header::set_prev_in_use(after, true);
    CHECK(header::in_use(c));
}

TEST_CASE("setting the size keeps the flags") {
    room r;
    chunk* c = r.at(0);
    for (std::size_t flags = 0; flags < 8; ++flags) {
        c->word = 64 | flags;
        header::set_size(c, chunk_size{128});
        CHECK(header::word_of(c) == (128 | flags));
        CHECK(header::size_of(c) == chunk_size{128});
    }
}

TEST_CASE("top has no footer: nothing behind it is touched") {
    room r;
    header::set_top(r.at(0), chunk_size{96});
    CHECK(header::word_of(r.at(0)) == (96 | 1));
    CHECK(r.memory[96] == std::byte{0xa8});
}

TEST_CASE("a fence is a used chunk of one header") {
    room r;
    header::set_fence(r.at(0));
    CHECK(header::size_of(r.at(0)) == chunk_size{2 * word});
    CHECK(header::prev_in_use(r.at(0)));
    CHECK(r.memory[2 * word] == std::byte{0xa8});
}

TEST_CASE("a mapped chunk knows its mapping") {
    room r;
    chunk* c = r.at(64);
    header::set_mapped(c, chunk_size{512}, 48);
    CHECK(header::is_mapped(c));
    CHECK_FALSE(header::prev_in_use(c));
    CHECK(header::word_of(c) == (512 | 2));
    CHECK(header::mapping_of(c) == ptm::pages{r.memory + 16, 48 + 512});
}

TEST_CASE("the mapping of a chunk at its begin is the chunk") {
    room r;
    header::set_mapped(r.at(0), chunk_size{512}, 0);
    CHECK(header::mapping_of(r.at(0)) == ptm::pages{r.memory, 512});
}

TEST_CASE("from chunk to its ring nodes and back") {
    room r;
    chunk* c = r.at(64);
    CHECK(static_cast<void*>(header::ring_of(c)) == r.memory + 64 + 2 * word);
    CHECK(static_cast<void*>(header::skip_of(c)) == r.memory + 64 + 4 * word);
    CHECK(header::from_ring(header::ring_of(c)) == c);
    CHECK(header::ring_at(header::to_user(c)) == header::ring_of(c));
    CHECK(header::from_skip(header::skip_of(c)) == c);
    const chunk* constant = c;
    CHECK(header::ring_of(constant) == header::ring_of(c));
    CHECK(header::skip_of(constant) == header::skip_of(c));
}

TEST_CASE("the ring of a chunk begins at its user's bytes") {
    room r;
    chunk* c = r.at(0);
    CHECK(static_cast<void*>(header::ring_of(c)) == header::to_user(c));
}
