#include "support/arena_sets.hpp"

#include <ptm/thread/arenas.hpp>
#include <ptm/thread/attached_arenas.hpp>
#include <ptm/thread/unshared_arenas.hpp>

namespace {
struct without_members {
    [[maybe_unused]] static constexpr bool several = false;
    template <class C>
    struct in {};
};
struct no_template {
    [[maybe_unused]] static constexpr bool several = false;
};
using set = ptm_test::arena_set<ptm::one_arena, 1>;
}

TEST_CASE("what is a policy of arenas, and what is not") {
    using C = ptm_test::glass;
    STATIC_REQUIRE(ptm::arenas_policy<ptm::one_arena, C>);
    STATIC_REQUIRE(ptm::arenas_policy<ptm::attached_arenas<8>, C>);
    STATIC_REQUIRE(ptm::arenas_policy<ptm::arenas_by_quota<2>, C>);
    STATIC_REQUIRE(ptm::arenas_policy<ptm::arenas_per_cpu<1>, C>);
    STATIC_REQUIRE(ptm::arenas_policy<ptm::unshared_arenas<1>, C>);
    STATIC_REQUIRE_FALSE(ptm::arenas_policy<without_members, C>);
    STATIC_REQUIRE_FALSE(ptm::arenas_policy<no_template, C>);
    STATIC_REQUIRE_FALSE(ptm::arenas_policy<ptm::one_arena, int>);
}

TEST_CASE("one arena serves all threads") {
    set s;
    CHECK(s.use() == &s.main());
    CHECK(s.used_by_thread() == &s.main());
    CHECK(s.count() == 1);
}

TEST_CASE("beside one arena there is no other one to try") {
    set s;
    set::arena* a = s->lock_one(1);
    CHECK(s->lock_other(*a, 1) == nullptr);
    CHECK(s.main().lock.try_lock()); // it was unlocked
}
