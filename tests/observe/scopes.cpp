// Scopes alone, without a heap; tests/heap/scoped.cpp has them at work.
#include "support/catch.hpp"
#include "support/child.hpp"

#include <ptm/observe/counters.hpp>
#include <ptm/observe/scopes.hpp>

#include <csignal>
#include <thread>

namespace {
using ptm::budget_scope;
using ptm::no_allocation_scope;
using ptm::on_breach;

struct never : ptm::no_observer {
    [[maybe_unused]] static constexpr bool decides = true;
    bool permits(std::size_t) noexcept { return false; }
};

bool permits(std::size_t n) { return ptm::allocation_scope::permits(n); }
}

TEST_CASE("scopes: without one everything is allowed") {
    CHECK(permits(0));
    CHECK(permits(SIZE_MAX));
}

TEST_CASE("scopes: no allocation is none of any size, until the scope ends") {
    {
        no_allocation_scope none(on_breach::refuse);
        CHECK_FALSE(permits(0));
        CHECK_FALSE(permits(24));
        CHECK(none.refused() == 2);
    }
    CHECK(permits(24));
}

TEST_CASE("scopes: a budget is spent to the last byte, and what does not fit costs nothing") {
    budget_scope budget(100);
    CHECK(permits(60));
    CHECK_FALSE(permits(41));
    CHECK(budget.left() == 40);
    CHECK(permits(40));
    CHECK(budget.left() == 0);
    CHECK_FALSE(permits(1));
    CHECK(permits(0));
    CHECK(budget.refused() == 2);
}

TEST_CASE("scopes: one within another must both allow, and both pay") {
    budget_scope outer(100);
    {
        budget_scope inner(1000);
        CHECK(permits(70));
        CHECK(inner.left() == 930);
        CHECK(outer.left() == 30);
        CHECK_FALSE(permits(50));
        CHECK(inner.left() == 930);
        CHECK(outer.refused() == 1);
        CHECK(inner.refused() == 0);
        {
            no_allocation_scope none(on_breach::refuse);
            CHECK_FALSE(permits(1));
        }
        CHECK(permits(1));
    }
    CHECK(outer.left() == 29);
    CHECK_FALSE(permits(30));
}

TEST_CASE("scopes: each thread has its own") {
    no_allocation_scope none(on_breach::refuse);
    bool there = false, within = true;
    std::thread([&] {
        there = permits(1);
        budget_scope budget(5);
        within = permits(6);
    }).join();
    CHECK(there);
    CHECK_FALSE(within);
    CHECK_FALSE(permits(1));
    CHECK(none.refused() == 1);
}

TEST_CASE("scopes: a breach may end the process with a sentence") {
    auto none = ptm_test::in_child([] {
        no_allocation_scope scope;
        permits(24);
    });
    CHECK(none.killed_by(SIGABRT));
    CHECK(none.errors == "ptm: 24 bytes were asked for in a scope that allows no allocation\n");
    auto beyond = ptm_test::in_child([] {
        budget_scope scope(100, on_breach::abort);
        permits(30);
        permits(71);
    });
    CHECK(beyond.killed_by(SIGABRT));
    CHECK(beyond.errors == "ptm: 71 bytes were asked for in a scope that allows 70 more\n");
}

TEST_CASE("scoped: is what it stands before, and asks both") {
    STATIC_REQUIRE(ptm::decides<ptm::scoped<>> && !ptm::decides<ptm::counters>);
    STATIC_REQUIRE(sizeof(ptm::scoped<ptm::counters>) == sizeof(ptm::counters));
    ptm::scoped<ptm::counters> counted;
    counted(ptm::events::allocated{&counted, 24});
    CHECK(counted.now().allocated == 1);
    CHECK(counted.permits(5));
    ptm::scoped<never> both;
    CHECK_FALSE(both.permits(0));
}
