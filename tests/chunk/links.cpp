#include <ptm/chunk/links.hpp>

#include "support/seed.hpp"

#include <cstdint>
#include <type_traits>

static_assert(std::is_empty_v<ptm::plain_links> && std::is_empty_v<ptm::safe_links>);

namespace {

void* at(std::uintptr_t address) { return reinterpret_cast<void*>(address); }

} // namespace

TEST_CASE("a plain link is the address") {
    int target = 0, slot = 0;
    CHECK(ptm::plain_links::encode(&slot, &target) == ptm::address_of(&target));
    CHECK(ptm::plain_links::decode(&slot, ptm::address_of(&target)) == &target);
    CHECK(ptm::plain_links::encode(&slot, nullptr) == 0);
}

TEST_CASE("a safe link is the address xored with the page number of its slot") {
    CHECK(ptm::safe_links::mask(at(0x12345678)) == 0x12345);
    CHECK(ptm::safe_links::encode(at(0x12345678), at(0x12345000)) == (0x12345u ^ 0x12345000u));
    CHECK(ptm::safe_links::decode(at(0x12345678), 0x12345u ^ 0x12345000u) == at(0x12345000));
}

TEST_CASE("a null pointer is hidden too") {
    CHECK(ptm::safe_links::encode(at(0x12345678), nullptr) == 0x12345);
    CHECK(ptm::safe_links::decode(at(0x12345678), 0x12345) == nullptr);
}

TEST_CASE("a safe link means something else at another page") {
    const std::uintptr_t stored = ptm::safe_links::encode(at(0x7000), at(0x5000));
    CHECK(ptm::safe_links::decode(at(0x7ff8), stored) == at(0x5000)); // same page
    CHECK(ptm::safe_links::decode(at(0x8000), stored) != at(0x5000));
}

// The promise of safe_links: 15 overwritten links in 16 do not decode to an aligned address.
TEST_CASE("a plain address in place of a safe link is seen by its alignment, except on every sixteenth page") {
    std::size_t aligned = 0;
    for (std::uintptr_t page = 0; page < 1600; ++page)
        aligned += ptm::address_of(ptm::safe_links::decode(at(0x10000000 + (page << 12)), 0x5550)) % 16 == 0;
    CHECK(aligned == 100);
}

TEST_CASE("safe links come back from anywhere") {
    PTM_TEST_SEED(random);
    for (std::size_t i = 0; i < ptm_test::steps(1000); ++i) {
        void* slot = at(static_cast<std::uintptr_t>(random()));
        void* target = at(static_cast<std::uintptr_t>(random()));
        REQUIRE(ptm::safe_links::decode(slot, ptm::safe_links::encode(slot, target)) == target);
    }
}
