#include <ptm/core/units.hpp>

#include "support/catch.hpp"

#include <type_traits>

using namespace ptm::literals;

// A request is not a chunk size, and nothing turns one into the other by itself.
static_assert(!std::is_convertible_v<std::size_t, ptm::chunk_size>);
static_assert(!std::is_convertible_v<ptm::chunk_size, std::size_t>);
static_assert(!std::is_convertible_v<ptm::pages, bool>, "only where a condition is asked for");

TEST_CASE("binary units are powers of 1024") {
    CHECK(1_KiB == 1024);
    CHECK(3_MiB == 3 * 1024 * 1024);
    CHECK(2_GiB == 2048_MiB);
}

TEST_CASE("chunk sizes add, subtract and compare") {
    const ptm::chunk_size a{48}, b{32};
    CHECK(bytes(a + b) == 80);
    CHECK(bytes(a - b) == 16);
    CHECK(b < a);
    CHECK(ptm::chunk_size{48} == a);
}

TEST_CASE("no pages are nothing") {
    const ptm::pages nothing;
    CHECK_FALSE(nothing);
    CHECK(nothing.bytes == 0);
    CHECK(nothing == ptm::pages{nullptr, 0});
}

TEST_CASE("pages end behind their last byte") {
    std::byte memory[64] = {};
    const ptm::pages run{memory, sizeof memory};
    CHECK(run);
    CHECK(run.end() == memory + 64);
    CHECK(run == ptm::pages{memory, 64});
    CHECK_FALSE(run == ptm::pages{memory, 32});
    CHECK_FALSE(run == ptm::pages{memory + 1, 64});
}
