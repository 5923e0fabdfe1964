#include <ptm/report/reporter.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"

#include <csetjmp>
#include <cstring>
#include <string>

using ptm::fault;
using ptm_test::ending;
using ptm_test::in_child;

namespace {

constexpr unsigned faults = static_cast<unsigned>(fault::count);
const int damaged = 0;

void say(const char* words) { [[maybe_unused]] auto written = write(STDERR_FILENO, words, std::strlen(words)); }

struct first_tag {};
struct second_tag {};
using asks_first = ptm::handler_reporter<first_tag>;
using asks_second = ptm::handler_reporter<second_tag, ptm::trap_reporter>;

std::jmp_buf way_out;
fault seen_fault;
const void* seen_where;

void leave_by_longjmp(fault f, const void* where) {
    seen_fault = f;
    seen_where = where;
    std::longjmp(way_out, 1);
}

} // namespace

TEST_CASE("abort_reporter writes the sentence and a newline, and aborts") {
    for (unsigned i = 0; i < faults; ++i) {
        const fault f = static_cast<fault>(i);
        ending end = in_child([f] { ptm::abort_reporter::fatal(f, &damaged); });
        CHECK(end.killed_by(SIGABRT));
        CHECK(end.errors == std::string(ptm::sentence(f)) + "\n");
    }
}

TEST_CASE("abort_reporter aborts also when nobody can read it") {
    ending end = in_child([] {
        close(STDERR_FILENO);
        ptm::abort_reporter::fatal(fault::double_free_top, &damaged);
    });
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.errors == "");
}

TEST_CASE("trap_reporter stops without a word") {
    ending end = in_child([] { ptm::trap_reporter::fatal(fault::double_free_top, &damaged); });
    CHECK(end.killed_by_trap());
    CHECK(end.errors == "");
}

TEST_CASE("handler_reporter without a handler does what it does otherwise") {
    ending aborts = in_child([] { asks_first::fatal(fault::links_disagree, &damaged); });
    CHECK(aborts.killed_by(SIGABRT));
    CHECK(aborts.errors == "corrupted double-linked list\n");
    ending traps = in_child([] { asks_second::fatal(fault::links_disagree, &damaged); });
    CHECK(traps.killed_by_trap());
    CHECK(traps.errors == "");
}

TEST_CASE("handler_reporter calls the handler first") {
    ending end = in_child([] {
        asks_first::set([](fault, const void*) { say("handler\n"); });
        asks_first::fatal(fault::links_disagree, &damaged);
    });
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.errors == "handler\ncorrupted double-linked list\n");
}

TEST_CASE("a handler may end the process") {
    ending end = in_child([] {
        asks_first::set(
            [](fault f, const void* where) { _exit(f == fault::corrupted_top_size && where == &damaged ? 42 : 1); });
        asks_first::fatal(fault::corrupted_top_size, &damaged);
    });
    CHECK(end.exited_with(42));
    CHECK(end.errors == "");
}

TEST_CASE("a handler may leave by longjmp, and hears what and where") {
    asks_first::set(leave_by_longjmp);
    if (setjmp(way_out) == 0) {
        asks_first::fatal(fault::resize_invalid_pointer, &damaged);
        FAIL("fatal() came back");
    }
    asks_first::set(nullptr);
    CHECK(seen_fault == fault::resize_invalid_pointer);
    CHECK(seen_where == &damaged);
}

TEST_CASE("handler_reporters with different tags have different handlers") {
    ending end = in_child([] {
        asks_first::set([](fault, const void*) { _exit(1); });
        asks_second::fatal(fault::links_disagree, &damaged);
    });
    CHECK(end.killed_by_trap());
}

TEST_CASE("a handler can be taken away again") {
    ending end = in_child([] {
        asks_first::set([](fault, const void*) { _exit(1); });
        asks_first::set(nullptr);
        asks_first::fatal(fault::links_disagree, &damaged);
    });
    CHECK(end.killed_by(SIGABRT));
}
