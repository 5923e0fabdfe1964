#include <ptm/os/backend.hpp>

#include "support/catch.hpp"

TEST_CASE("a set of abilities has what was put into it") {
    using ptm::can;
    constexpr can set = can::grow | can::discard;
    CHECK(has(set, can::grow));
    CHECK(has(set, can::discard));
    CHECK_FALSE(has(set, can::remap));
    CHECK_FALSE(has(set, can::zeroed));
    CHECK((set | can::nothing) == set);
    CHECK((set & (can::discard | can::remap)) == can::discard);
}

TEST_CASE("no ability is in the empty set") {
    using ptm::can;
    for (can one : {can::grow, can::remap, can::discard, can::zeroed, can::advise, can::huge, can::locate, can::release,
                    can::offer, can::split, can::clears, can::keep, can::join, can::move}) {
        CHECK_FALSE(has(can::nothing, one));
        CHECK(has(one, one));
    }
}

TEST_CASE("no_backend has nothing and takes nothing back") {
    ptm::no_backend none;
    errno = 0;
    CHECK_FALSE(none.obtain(1));
    CHECK(errno == ENOMEM);
    CHECK_FALSE(none.obtain(0));
    std::byte foreign[16] = {};
    CHECK_FALSE(none.give_back({foreign, sizeof foreign}));
    CHECK(ptm::no_backend::able == ptm::can::release);
}
