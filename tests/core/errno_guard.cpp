#include <ptm/core/errno_guard.hpp>

#include "support/catch.hpp"

#include <type_traits>

static_assert(!std::is_copy_constructible_v<ptm::errno_guard> && !std::is_copy_assignable_v<ptm::errno_guard>);

namespace {

// A call that disturbs errno on its way; `fails` says that it means it.
int errno_after(int before, bool fails) {
    errno = before;
    {
        ptm::errno_guard guard;
        errno = EIO;
        if (fails) guard.dismiss();
    }
    return errno;
}

} // namespace

TEST_CASE("errno survives a call that succeeds") {
    CHECK(errno_after(0, false) == 0);
    CHECK(errno_after(EDOM, false) == EDOM);
}

TEST_CASE("errno of a call that fails stays") { CHECK(errno_after(EDOM, true) == EIO); }

TEST_CASE("guards nest: the outer one has the last word") {
    errno = EDOM;
    {
        ptm::errno_guard outer;
        {
            ptm::errno_guard inner;
            errno = EIO;
            inner.dismiss();
        }
        CHECK(errno == EIO);
    }
    CHECK(errno == EDOM);
}
