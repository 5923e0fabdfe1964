// libc's own malloc lives at the break too: all of this happens in children, where nothing else allocates.
#include <ptm/os/brk.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"

#include <cerrno>
#include <cstddef>

#include <sys/resource.h>

namespace {

constexpr std::size_t unit = 64 * 1024;

void grows_at_the_break() {
    ptm::brk_backend backend;
    auto* before = static_cast<std::byte*>(sbrk(0));
    CHILD_CHECK(backend.frontier() == before);
    ptm::pages run = backend.obtain(unit + 24); // any byte count
    CHILD_CHECK(run == ptm::pages{before, unit + 24});
    CHILD_CHECK(sbrk(0) == before + unit + 24);
    CHILD_CHECK(backend.give_back(run));
    CHILD_CHECK(sbrk(0) == before);
}

void sees_a_foreign_move() {
    ptm::brk_backend backend;
    ptm::pages first = backend.obtain(unit);
    CHILD_CHECK(sbrk(48) == first.end());
    CHILD_CHECK(backend.frontier() == first.end() + 48);
    CHILD_CHECK(!backend.give_back(first)); // no longer at the break
    CHILD_CHECK(backend.obtain(unit).data == first.end() + 48);
}

void refused_by_the_system() {
    const rlimit small{unit, unit};
    CHILD_CHECK(setrlimit(RLIMIT_DATA, &small) == 0);
    ptm::brk_backend backend;
    std::byte* before = backend.frontier();
    errno = 0;
    CHILD_CHECK(!backend.obtain(std::size_t{1} << 30));
    CHILD_CHECK(errno == ENOMEM);
    CHILD_CHECK(backend.frontier() == before);
}

// A part of a page stays mapped when the break moves down; it must read as zero when it is obtained again.
void part_of_a_page_is_zero_again() {
    ptm::brk_backend backend;
    ptm::pages run = backend.obtain(unit);
    for (std::size_t i = 0; i < unit; ++i) run.data[i] = std::byte{0xa5};
    CHILD_CHECK(backend.retreat(100) == 100);
    ptm::pages again = backend.obtain(100);
    CHILD_CHECK(again.data == run.end() - 100);
    for (std::size_t i = 0; i < 100; ++i) CHILD_CHECK(again.data[i] == std::byte{0});
    CHILD_CHECK(run.data[unit - 101] == std::byte{0xa5});
}

// As a signed number this is a small step down; it must not become one.
void more_than_half_of_the_address_space() {
    ptm::brk_backend backend;
    ptm::pages run = backend.obtain(unit);
    errno = 0;
    CHILD_CHECK(!backend.obtain(std::size_t{0} - unit));
    CHILD_CHECK(errno == ENOMEM);
    CHILD_CHECK(backend.frontier() == run.end());
}

std::string wrong_in(void (*run)()) {
    ptm_test::ending end = ptm_test::in_child(run);
    return end.nothing_wrong() ? "" : "failed: " + end.errors;
}

} // namespace

TEST_CASE("brk_backend moves the break up and down") { CHECK(wrong_in(grows_at_the_break) == ""); }

TEST_CASE("brk_backend notices that somebody else moved the break") { CHECK(wrong_in(sees_a_foreign_move) == ""); }

TEST_CASE("brk_backend has nothing when the system refuses") { CHECK(wrong_in(refused_by_the_system) == ""); }

TEST_CASE("brk_backend gives zeroes where the break went through a page") {
    CHECK(wrong_in(part_of_a_page_is_zero_again) == "");
}

TEST_CASE("brk_backend does not take a huge request for a step down") {
    CHECK(wrong_in(more_than_half_of_the_address_space) == "");
}
