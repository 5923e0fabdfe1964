#include <ptm/os/overcommit.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/system_files.hpp"

#include <cerrno>

using ptm::detail::once_asked;

TEST_CASE("memory is counted where the system says 2") {
    ptm_test::system_files files;
    files.write("/proc/sys/vm/overcommit_memory", "2\n");
    CHECK(ptm::memory_is_counted(files.root()));
    for (const char* other : {"0\n", "1\n", "", "\n2\n"}) {
        files.write("/proc/sys/vm/overcommit_memory", other);
        CHECK_FALSE(ptm::memory_is_counted(files.root()));
    }
}

TEST_CASE("memory is not counted where the system does not say, and errno survives") {
    ptm_test::system_files files;
    errno = 1234;
    CHECK_FALSE(ptm::memory_is_counted(files.root()));
    CHECK(errno == 1234);
}

TEST_CASE("the system is asked once, and its answer kept") {
    ptm_test::ending end = ptm_test::in_child([] {
        ptm::detail::memory_counted = once_asked::not_yet;
        const bool counted = ptm::memory_is_counted();
        CHILD_CHECK(ptm::memory_is_counted_here() == counted);
        CHILD_CHECK(ptm::detail::memory_counted == (counted ? once_asked::yes : once_asked::no));
        ptm::detail::memory_counted = once_asked::yes;
        CHILD_CHECK(ptm::memory_is_counted_here());
        ptm::detail::memory_counted = once_asked::no;
        CHILD_CHECK(!ptm::memory_is_counted_here());
    });
    CHECK(end.errors == "");
    CHECK(end.exited_with(0));
}
