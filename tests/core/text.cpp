#include <ptm/core/text.hpp>

#include "support/seed.hpp"

#include <string>

TEST_CASE("a text is what was put into it") {
    ptm::text<32> t;
    CHECK(t.view().empty());
    t << "size " << std::uint64_t{0} << ", " << std::uint64_t{120};
    CHECK(t.view() == "size 0, 120");
    CHECK_FALSE(t.truncated());
}

TEST_CASE("what does not fit is cut off, and the text says so") {
    ptm::text<4> t;
    t << "abcd";
    CHECK(t.view() == "abcd");
    CHECK_FALSE(t.truncated());
    t << "e";
    CHECK(t.view() == "abcd");
    CHECK(t.truncated());
}

TEST_CASE("a number is cut off like any other text") {
    ptm::text<3> t;
    t << std::uint64_t{12345};
    CHECK(t.view() == "123");
    CHECK(t.truncated());
}

TEST_CASE("a cleared text is as new") {
    ptm::text<2> t;
    t << "abc";
    t.clear();
    CHECK(t.view().empty());
    CHECK_FALSE(t.truncated());
    t << "d";
    CHECK(t.view() == "d");
}

TEST_CASE("a width fills on the left and cuts nothing") {
    CHECK(ptm::text<8>{}.number(42, 5).view() == "   42");
    CHECK(ptm::text<8>{}.number(42, 2).view() == "42");
    CHECK(ptm::text<8>{}.number(1234, 2).view() == "1234");
    CHECK(ptm::text<8>{}.number(0, 1).view() == "0");
}

TEST_CASE("the largest number has all of its digits") {
    CHECK((ptm::text<20>{} << UINT64_MAX).view() == "18446744073709551615");
}

TEST_CASE("a number reads as the standard library writes it") {
    PTM_TEST_SEED(random);
    for (std::size_t i = 0; i < ptm_test::steps(500); ++i) {
        const std::uint64_t n = random() >> random() % 64;
        REQUIRE((ptm::text<20>{} << n).view() == std::to_string(n));
    }
}
