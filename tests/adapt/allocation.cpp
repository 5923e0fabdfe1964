#include "support/catch.hpp"

#include <ptm/adapt/allocation.hpp>

#include <type_traits>

TEST_CASE("bytes_of - a product, or what operator new[] throws") {
    CHECK(ptm::detail::bytes_of<int>(10) == 40);
    CHECK(ptm::detail::bytes_of<long>(0) == 0);
    CHECK(ptm::detail::bytes_of<long>(SIZE_MAX / 8) == SIZE_MAX / 8 * 8);
    CHECK_THROWS_AS(ptm::detail::bytes_of<long>(SIZE_MAX / 8 + 1), std::bad_array_new_length);
}

TEST_CASE("objects_in - never fewer than were asked for, also where a block has a byte for nothing") {
    struct nothing {};
    int* p = nullptr;
    CHECK(ptm::detail::objects_in(p, 5, 24).count == 6);
    CHECK(ptm::detail::objects_in(p, 5, 23).count == 5);
    CHECK(ptm::detail::objects_in(p, 0, 24).count == 6);
    ptm::allocation_result<int*> r{p, 3};
    CHECK(r.ptr == p);
    CHECK(r.count == 3);
    STATIC_REQUIRE(std::is_aggregate_v<ptm::allocation_result<int*>>);
}

TEST_CASE("each_or_none - what was there goes back, and the exception goes on") {
    int some[4], *out[4] = {};
    int next = 0, back = 0;
    auto three = [&] { return next < 3 ? &some[next++] : throw 7; };
    auto count = [&](int* p) { back += p == &some[2 - back]; };
    CHECK_THROWS_AS(ptm::detail::each_or_none(out, 4, three, count), int);
    CHECK(back == 3);
    next = 0;
    ptm::detail::each_or_none(out, 3, three, count);
    CHECK(out[2] == &some[2]);
    CHECK(back == 3);
}
