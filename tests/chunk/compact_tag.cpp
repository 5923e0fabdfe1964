// Words and links of four bytes. As a header: conformance/header.cpp; in arenas: conformance/arena.cpp,
// arena/extend.cpp.
#include <ptm/chunk/compact_tag.hpp>

#include "support/seed.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace {

using header = ptm::compact_tag;
using chunk = header::chunk;
using ptm::near_links;
using ptm::near_node;

static_assert(offsetof(chunk, previous_size) == 0 && offsetof(chunk, word) == 4);
static_assert(offsetof(chunk, ring) == 8 && offsetof(chunk, skip) == 16 && sizeof(chunk) == 24);
static_assert(std::is_trivially_copyable_v<chunk> && std::is_standard_layout_v<chunk>);
static_assert(header::header_bytes == 8 && header::overhead == 4 && header::alignment == 8);

constexpr std::uintptr_t middle = std::uintptr_t{1} << 46;
constexpr std::uintptr_t reach = std::uintptr_t{1} << 34; // of a link

void* at(std::uintptr_t address) { return reinterpret_cast<void*>(address); }

bool comes_back(std::uintptr_t slot, std::uintptr_t target) {
    const std::uintptr_t stored = near_links::encode(at(slot), at(target));
    return stored <= UINT32_MAX && near_links::decode(at(slot), stored) == at(target);
}

} // namespace

TEST_CASE("a compact chunk holds four bytes less than it is") {
    for (std::size_t n = 0; n <= 12; ++n) CHECK(bytes(header::size_for(n)) == 16);
    for (std::size_t n = 13; n <= 20; ++n) CHECK(bytes(header::size_for(n)) == 24);
    CHECK(bytes(header::size_for(1000)) == 1008);
}

TEST_CASE("a near link comes back from either word of its node, as far as it reaches") {
    for (std::uintptr_t distance : {std::uintptr_t{0}, std::uintptr_t{8}, std::uintptr_t{4096}, reach / 2, reach - 8})
        for (std::uintptr_t word : {0u, 4u}) {
            CHECK(comes_back(middle + word, middle + distance));
            CHECK(comes_back(middle + word, middle - distance));
        }
    PTM_TEST_SEED(random);
    for (std::size_t i = 0; i < ptm_test::steps(2000); ++i) {
        const std::uintptr_t distance = static_cast<std::uintptr_t>(random()) % reach & ~std::uintptr_t{7};
        REQUIRE(comes_back(middle, middle + distance));
        REQUIRE(comes_back(middle + 4, middle - distance));
    }
}

TEST_CASE("a near link to nothing is zero, and one to its own node is not") {
    near_node node{};
    CHECK(near_links::encode(&node.forward, nullptr) == 0);
    CHECK(near_links::decode(&node.back, 0) == nullptr);
    CHECK(near_links::encode(&node.forward, &node) == near_links::zero);
    CHECK(near_links::encode(&node.back, &node) == near_links::zero);
}

TEST_CASE("what an arena reaches can reach each other") {
    CHECK(header::reaches(at(middle), at(middle)));
    CHECK(header::reaches(at(middle), at(middle + reach / 2 - 8)));
    CHECK(header::reaches(at(middle), at(middle - reach / 2)));
    CHECK_FALSE(header::reaches(at(middle), at(middle + reach / 2)));
    CHECK_FALSE(header::reaches(at(middle), at(middle - reach / 2 - 8)));
    CHECK_FALSE(header::reaches(at(middle), at(0x1000)));
    CHECK(comes_back(middle - reach / 2, middle + reach / 2 - 8));
    CHECK(comes_back(middle + reach / 2 - 8, middle - reach / 2));
}

TEST_CASE("a free chunk of the smallest size holds its links and its footer") {
    alignas(64) std::byte memory[128];
    std::memset(memory, 0xa8, sizeof memory);
    chunk* c = header::at(memory, 0);
    header::set_free(c, header::smallest);
    near_node head;
    using ring = ptm::ring<near_links, near_node>;
    ring::init_header(&head);
    ring::link_after(&head, header::ring_of(c));
    CHECK(header::size_of(c) == header::smallest);
    CHECK(header::footer_of(c) == header::smallest);
    CHECK(header::previous(header::next(c)) == c);
    CHECK(ptm::points_back<near_links>(header::ring_of(c)));
    CHECK(header::ring_at(header::to_user(c)) == header::ring_of(c));
    CHECK(memory[20] == std::byte{0xa8}); // behind the footer
}

TEST_CASE("the largest chunk has room for its flags") {
    alignas(64) std::byte memory[128] = {};
    chunk* c = header::at(memory, 0);
    header::set_used(c, header::largest, true);
    CHECK(header::size_of(c) == header::largest);
    CHECK(header::prev_in_use(c));
    CHECK(header::of_side_arena(c));
}
