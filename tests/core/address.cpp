#include <ptm/core/address.hpp>

#include "support/catch.hpp"

#include <cstdint>

TEST_CASE("an offset goes forward, and back when it wraps") {
    std::byte bytes[64] = {};
    CHECK(ptm::offset(bytes, 40) == bytes + 40);
    CHECK(ptm::offset(bytes + 40, std::size_t{0} - 40) == bytes);
    CHECK(ptm::offset(ptm::offset(bytes, 17), -std::size_t{17}) == bytes);
}

TEST_CASE("the address of a pointer is the number it prints as") {
    int object = 0;
    CHECK(ptm::address_of(&object) == reinterpret_cast<std::uintptr_t>(&object));
    CHECK(ptm::address_of(nullptr) == 0);
}

TEST_CASE("bytes between two addresses count modulo the address space") {
    std::byte bytes[64] = {};
    CHECK(ptm::bytes_between(bytes + 8, bytes + 40) == 32);
    CHECK(ptm::bytes_between(bytes, bytes) == 0);
    CHECK(ptm::bytes_between(bytes + 40, bytes + 8) == std::size_t{0} - 32);
}

TEST_CASE("a pointer is aligned when its address is") {
    alignas(64) std::byte bytes[64] = {};
    CHECK(ptm::is_aligned(bytes, 64));
    CHECK(ptm::is_aligned(bytes + 16, 16));
    CHECK_FALSE(ptm::is_aligned(bytes + 16, 32));
    CHECK_FALSE(ptm::is_aligned(bytes + 1, 2));
}

TEST_CASE("the bytes to the next multiple are none on one") {
    alignas(64) std::byte bytes[128] = {};
    CHECK(ptm::bytes_to_aligned(bytes, 64) == 0);
    CHECK(ptm::bytes_to_aligned(bytes + 1, 64) == 63);
    CHECK(ptm::bytes_to_aligned(bytes + 63, 64) == 1);
    CHECK(ptm::bytes_to_aligned(bytes + 64, 64) == 0);
}
