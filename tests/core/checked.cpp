#include <ptm/core/checked.hpp>

#include "support/catch.hpp"

TEST_CASE("a sum that fits is the sum") {
    CHECK(ptm::checked_add(0, 0) == 0);
    CHECK(ptm::checked_add(SIZE_MAX, 0) == SIZE_MAX);
    CHECK(ptm::checked_add(SIZE_MAX - 1, 1) == SIZE_MAX);
}

TEST_CASE("a sum that does not fit is nothing") {
    CHECK_FALSE(ptm::checked_add(SIZE_MAX, 1));
    CHECK_FALSE(ptm::checked_add(SIZE_MAX / 2 + 1, SIZE_MAX / 2 + 1));
}

TEST_CASE("a product that fits is the product") {
    CHECK(ptm::checked_multiply(0, SIZE_MAX) == 0);
    CHECK(ptm::checked_multiply(SIZE_MAX, 1) == SIZE_MAX);
    CHECK(ptm::checked_multiply(SIZE_MAX / 2, 2) == SIZE_MAX - 1);
}

TEST_CASE("a product that does not fit is nothing") {
    CHECK_FALSE(ptm::checked_multiply(SIZE_MAX / 2 + 1, 2));
    CHECK_FALSE(ptm::checked_multiply(SIZE_MAX, SIZE_MAX));
}

TEST_CASE("the largest request is what a pointer difference can say") {
    CHECK(ptm::largest_request == static_cast<std::size_t>(PTRDIFF_MAX));
    CHECK(ptm::largest_request == SIZE_MAX / 2);
}

TEST_CASE("out of memory is a null pointer and ENOMEM") {
    errno = 0;
    void* nothing = ptm::detail::out_of_memory();
    CHECK(errno == ENOMEM);
    CHECK(nothing == nullptr);
}
