#include <ptm/check/check_set.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"

#include <csetjmp>
#include <cstring>
#include <type_traits>

#include <unistd.h>

using ptm::check_set;
using ptm::fault;
namespace checks = ptm::checks;

namespace {

constexpr unsigned faults = static_cast<unsigned>(fault::count);
const int damaged = 0;

unsigned count(check_set set) {
    unsigned n = 0;
    for (unsigned i = 0; i < faults; ++i) n += set(static_cast<fault>(i));
    return n;
}

std::jmp_buf way_out;
fault seen_fault;
const void* seen_where;

struct leaving_reporter {
    static void fatal(fault f, const void* where) noexcept {
        seen_fault = f;
        seen_where = where;
        std::longjmp(way_out, 1);
    }
};

struct returning_reporter {
    static void fatal(fault, const void*) noexcept {
        [[maybe_unused]] auto written = write(STDERR_FILENO, "reported", std::strlen("reported"));
    }
};

// All that expect<> asks of a configuration.
struct one_check {
    using reporter = leaving_reporter;
    static constexpr check_set checked = checks::of(fault::sizes_disagree);
};
struct no_check {
    using reporter = leaving_reporter;
    static constexpr check_set checked = checks::none;
};
struct reporter_returns {
    using reporter = returning_reporter;
    static constexpr check_set checked = checks::all;
};

// Whether expecting F of something that does not hold is reported.
template <class C, fault F>
bool fires(bool holds) {
    if (setjmp(way_out) != 0) return true;
    ptm::expect<C, F>(holds, &damaged);
    return false;
}

} // namespace

static_assert(std::is_trivially_copyable_v<check_set> && sizeof(check_set) == 8);

TEST_CASE("a set has what was put into it") {
    constexpr check_set set = checks::of(fault::sizes_disagree, fault::corrupted_top_size);
    CHECK(set(fault::sizes_disagree));
    CHECK(set(fault::corrupted_top_size));
    CHECK_FALSE(set(fault::links_disagree));
    CHECK(count(set) == 2);
}

TEST_CASE("the empty set has nothing and the full one everything") {
    CHECK(count(checks::none) == 0);
    CHECK(count(checks::all) == faults);
    CHECK(checks::of() == checks::none);
    CHECK(checks::glibc_2_42 == checks::all);
    CHECK(count(checks::glibc_2_42 - checks::glibc_2_36) == 3);
    CHECK((checks::all.members >> (faults - 1)) == 1); // nothing beyond the last fault
}

TEST_CASE("the first and the last fault have a place like all others") {
    constexpr auto last = static_cast<fault>(faults - 1);
    CHECK(checks::of(static_cast<fault>(0)).members == 1);
    CHECK(count(checks::of(last)) == 1);
    CHECK(checks::of(last)(last));
}

TEST_CASE("sets add and subtract") {
    constexpr check_set a = checks::of(fault::sizes_disagree, fault::links_disagree);
    constexpr check_set b = checks::of(fault::links_disagree, fault::corrupted_top_size);
    CHECK(count(a + b) == 3);
    CHECK(a - b == checks::of(fault::sizes_disagree));
    CHECK(a - a == checks::none);
    CHECK(a + a == a);
    CHECK(checks::none - a == checks::none);
    CHECK((checks::all - a) + a == checks::all);
}

TEST_CASE("subtracting one check leaves all others") {
    for (unsigned i = 0; i < faults; ++i) {
        const auto one = static_cast<fault>(i);
        const check_set rest = checks::all - checks::of(one);
        CHECK_FALSE(rest(one));
        CHECK(count(rest) == faults - 1);
    }
}

TEST_CASE("a check in the set fires when it does not hold") {
    CHECK(fires<one_check, fault::sizes_disagree>(false));
    CHECK(seen_fault == fault::sizes_disagree);
    CHECK(seen_where == &damaged);
}

TEST_CASE("a check that holds does not fire") { CHECK_FALSE(fires<one_check, fault::sizes_disagree>(true)); }

TEST_CASE("a check that is not in the set never fires") {
    CHECK_FALSE(fires<one_check, fault::links_disagree>(false));
    CHECK_FALSE(fires<no_check, fault::sizes_disagree>(false));
}

TEST_CASE("a process whose reporter comes back is stopped") {
    ptm_test::ending end =
        ptm_test::in_child([] { ptm::expect<reporter_returns, fault::links_disagree>(false, &damaged); });
    CHECK(end.killed_by_trap());
    CHECK(end.errors == "reported");
}
