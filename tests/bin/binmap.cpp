#include "support/catch.hpp"

#include <ptm/bin/binmap.hpp>

TEST_CASE("an empty binmap has no first bit") {
    ptm::binmap map;
    CHECK(map.first_from(0) == ptm::binmap::size);
    CHECK(map.first_from(63) == ptm::binmap::size);
}

TEST_CASE("first_from finds the lowest bit that is high enough") {
    ptm::binmap map;
    for (unsigned i : {0u, 5u, 40u, 63u}) map.set(i);
    CHECK(map.first_from(0) == 0);
    CHECK(map.first_from(1) == 5);
    CHECK(map.first_from(5) == 5);
    CHECK(map.first_from(6) == 40);
    CHECK(map.first_from(41) == 63);
    CHECK(map.first_from(63) == 63);
}

TEST_CASE("first_from beyond the last bin finds none") {
    ptm::binmap map;
    map.set(63);
    CHECK(map.first_from(64) == ptm::binmap::size);
    CHECK(map.first_from(200) == ptm::binmap::size);
}

TEST_CASE("a cleared bit is gone, its neighbours stay") {
    ptm::binmap map;
    map.set(7);
    map.set(8);
    map.clear(7);
    map.clear(9);
    CHECK(map.first_from(0) == 8);
    map.clear(8);
    CHECK(map.first_from(0) == ptm::binmap::size);
}
