#include <ptm/os/kept_runs.hpp>

#include "support/catch.hpp"

#include <cstddef>

using ptm::pages;
using ptm::detail::kept_runs;

namespace {
constinit kept_runs<4> before_constructors;

std::byte memory[64];

pages run(std::size_t at, std::size_t bytes) { return {memory + at, bytes}; }

kept_runs<4> some() {
    kept_runs<4> r;
    r.add({run(0, 10), 1});
    r.add({run(10, 5), 2});
    r.add({run(20, 10), 3});
    return r;
}
}

TEST_CASE("kept_runs begins empty, also before constructors") {
    CHECK(before_constructors.count() == 0);
    CHECK(before_constructors.bytes() == 0);
    CHECK_FALSE(before_constructors.full());
    CHECK(before_constructors.smallest_of(0) == kept_runs<4>::none);
    CHECK(before_constructors.largest_below(100) == kept_runs<4>::none);
}

TEST_CASE("kept_runs are in the order of their age, also when one in the middle is taken") {
    kept_runs<4> r = some();
    CHECK(r.take(1) == run(10, 5));
    REQUIRE(r.count() == 2);
    CHECK((r[0].run == run(0, 10) && r[0].since == 1));
    CHECK((r[1].run == run(20, 10) && r[1].since == 3));
    r.add({run(40, 7), 4});
    CHECK(r[2].run == run(40, 7));
    CHECK(r.take(0) == run(0, 10));
    CHECK(r[0].since == 3);
}

TEST_CASE("what comes late is put where its age belongs, behind what is as old") {
    kept_runs<4> r;
    r.add({run(0, 1), 5});
    r.add({run(10, 2), 3});
    r.add({run(20, 3), 4});
    r.add({run(30, 4), 3});
    CHECK((r[0].run == run(10, 2) && r[1].run == run(30, 4) && r[2].run == run(20, 3) && r[3].run == run(0, 1)));
    CHECK((r[0].since == 3 && r[1].since == 3 && r[2].since == 4 && r[3].since == 5));
    CHECK(r.bytes() == 10);
}

TEST_CASE("what is cut off the front of a kept run is gone, the rest is as old as it was") {
    kept_runs<4> r = some();
    CHECK(r.cut(2, 4) == run(20, 4));
    CHECK((r.count() == 3 && r.bytes() == 21));
    CHECK((r[2].run == run(24, 6) && r[2].since == 3));
}

TEST_CASE("a neighbour of a run is found, on either side") {
    kept_runs<4> r;
    r.add({run(10, 10), 1});
    r.add({run(40, 10), 2});
    CHECK(r.beside(run(30, 10)) == 1);
    CHECK(r.beside(run(20, 5)) == 0);
    CHECK(r.beside(run(5, 5)) == 0);
    CHECK(r.beside(run(50, 1)) == 1);
    CHECK(r.beside(run(25, 10)) == r.none);
    CHECK(r.beside(run(21, 18)) == r.none);
}

TEST_CASE("kept_runs know how many are at least so large") {
    kept_runs<4> r = some();
    CHECK(r.count_of(5) == 3);
    CHECK(r.count_of(6) == 2);
    CHECK(r.count_of(10) == 2);
    CHECK(r.count_of(11) == 0);
}

TEST_CASE("kept_runs know their bytes, and when there is no room") {
    kept_runs<4> r = some();
    CHECK(r.bytes() == 25);
    CHECK_FALSE(r.full());
    r.add({run(30, 1), 4});
    CHECK(r.full());
    r.take(0);
    CHECK(r.bytes() == 16);
    CHECK_FALSE(r.full());
}

TEST_CASE("the closest run from above and from below is found, the youngest of equal ones") {
    kept_runs<4> r = some();
    CHECK(r.smallest_of(1) == 1);
    CHECK(r.smallest_of(5) == 1);
    CHECK(r.smallest_of(6) == 2); // 0 has the same size and is older
    CHECK(r.smallest_of(11) == r.none);
    CHECK(r.largest_below(11) == 2);
    CHECK(r.largest_below(10) == 1);
    CHECK(r.largest_below(5) == r.none);
}
