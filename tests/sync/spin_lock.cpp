// What every lock must do is in conformance/lock.cpp.
#include <ptm/sync/spin_lock.hpp>

#include "support/catch.hpp"

#include <type_traits>

static_assert(sizeof(ptm::spin_lock) == 1);
static_assert(!std::is_copy_constructible_v<ptm::spin_lock>);

namespace {
constinit ptm::spin_lock before_constructors;
}

TEST_CASE("spin_lock is open at first, and refuses while it is held") {
    CHECK(before_constructors.try_lock());
    CHECK_FALSE(before_constructors.try_lock());
    before_constructors.unlock();
    CHECK(before_constructors.try_lock());
    before_constructors.unlock();
}
