// The battery of reporter_policy, and what is no reporter.
#include "support/catch.hpp"
#include "support/child.hpp"

#include <ptm/report/reporter.hpp>
#include <ptm/report/throwing_reporter.hpp>

#include <string>
#include <tuple>

using ptm::fault;

namespace {

struct some_tag {};

using reporters = std::tuple<ptm::trap_reporter, ptm::abort_reporter, ptm::handler_reporter<>,
                             ptm::handler_reporter<some_tag, ptm::trap_reporter>,
                             ptm::handler_reporter<some_tag, ptm::handler_reporter<>>, ptm::throwing_reporter,
                             ptm::throwing_reporter_or<ptm::trap_reporter>>;

const int damaged = 0;
constexpr fault some_faults[] = {fault::free_invalid_pointer, fault::corrupted_top_size,
                                 fault::leaving_unaligned_cached_chunk};

} // namespace

TEMPLATE_LIST_TEST_CASE("reporter: a model of reporter_policy", "", reporters) {
    STATIC_REQUIRE(ptm::reporter_policy<TestType>);
}

TEMPLATE_LIST_TEST_CASE("reporter: the process ends by a signal", "", reporters) {
    for (fault f : some_faults) {
        ptm_test::ending end = ptm_test::in_child([f] { TestType::fatal(f, &damaged); });
        CHECK((end.killed_by(SIGABRT) || end.killed_by_trap()));
    }
}

TEMPLATE_LIST_TEST_CASE("reporter: it says glibc's sentence, or nothing", "", reporters) {
    for (fault f : some_faults) {
        ptm_test::ending end = ptm_test::in_child([f] { TestType::fatal(f, &damaged); });
        const std::string expected = end.killed_by(SIGABRT) ? std::string(ptm::sentence(f)) + "\n" : "";
        CHECK(end.errors == expected);
    }
}

TEMPLATE_LIST_TEST_CASE("reporter: an address is never followed", "", reporters) {
    ptm_test::ending end = ptm_test::in_child([] { TestType::fatal(fault::links_disagree, nullptr); });
    CHECK((end.killed_by(SIGABRT) || end.killed_by_trap()));
}

// ---- what is no reporter -------------------------------------------------------------------------------------------

namespace {

struct silent {};
struct may_throw {
    static void fatal(fault, const void*);
};
struct wants_words {
    static void fatal(const char*) noexcept;
};
struct needs_an_object {
    void fatal(fault, const void*) noexcept;
};
struct writes_there {
    static void fatal(fault, void*) noexcept;
};
struct says_something {
    static bool fatal(fault, const void*) noexcept;
};

} // namespace

static_assert(!ptm::reporter_policy<int> && !ptm::reporter_policy<silent>);
static_assert(!ptm::reporter_policy<may_throw>);
static_assert(!ptm::reporter_policy<wants_words> && !ptm::reporter_policy<writes_there>);
static_assert(!ptm::reporter_policy<needs_an_object>, "there is no reporter object");
static_assert(!ptm::reporter_policy<says_something>);
