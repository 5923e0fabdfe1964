#include "support/configs.hpp"
#include "support/seed.hpp"

#include <ptm/arena/allocate_window.hpp>
#include <ptm/bin/segregated_bins.hpp>

#include <cerrno>
#include <random>
#include <tuple>
#include <vector>

namespace {
using ptm_test::glass;

struct quick : ptm::edit<glass, ptm::set_fast_bins<ptm::no_fast_bins>, ptm::set_unsorted_bin<ptm::no_unsorted_bin>,
                         ptm::set_large_bins<ptm::segregated_bins>> {};
using configs = std::tuple<quick, glass>;

constexpr std::size_t window = 32 * 1024;

struct stays_small : ptm::no_stash {
    bool may_grow() noexcept { return false; }
};

template <class C>
struct bench {
    using header = typename C::header;
    using chunk = typename header::chunk;
    ptm_test::fresh_arena<C> a{};

    bench() { a.state().prepare(); }

    template <class Stash = ptm::no_stash>
    chunk* make(Stash stash = {}) {
        errno = 0;
        chunk* c = ptm::allocate_window(a.state(), window, stash);
        CHECK(errno == 0);
        REQUIRE(ptm_test::verdict(a) == "sound");
        if (!c) return c;
        CHECK(ptm::is_aligned(header::to_user(c), window));
        CHECK(ptm::bytes(header::size_of(c)) >= window);
        CHECK(ptm::bytes(header::size_of(c)) < window + 2 * ptm::bytes(header::smallest));
        CHECK_FALSE(header::is_mapped(c));
        return c;
    }
    void free(chunk* c) {
        ptm::release_to_arena(a.state(), c, ptm::origin::user);
        REQUIRE(ptm_test::verdict(a) == "sound");
    }
};
}

TEMPLATE_LIST_TEST_CASE("windows are aligned, and lie one right behind the other", "", configs) {
    bench<TestType> t;
    std::vector<std::byte*> at;
    for (int i = 0; i < 20; ++i) at.push_back(static_cast<std::byte*>(bench<TestType>::header::to_user(t.make())));
    for (std::size_t i = 1; i < at.size(); ++i) CHECK(at[i] - at[i - 1] == window);
}

// Where free chunks wait to be sorted, they are no holes yet.
TEST_CASE("the place of a window that went back is taken by the next") {
    bench<quick> t;
    auto *first = t.make(), *second = t.make(), *third = t.make();
    REQUIRE(third != nullptr);
    t.free(second);
    CHECK(t.make(stays_small{}) == second);
    t.free(first);
    t.free(second);
    CHECK(t.make(stays_small{}) == first);
    CHECK(t.make(stays_small{}) == second);
}

TEST_CASE("a hole that has a window is found behind smaller ones that have none") {
    bench<quick> t;
    using header = bench<quick>::header;
    auto plain = [&](std::size_t n) { return ptm::allocate(t.a.state(), ptm::no_stash{}, ptm::want<quick>(n)); };
    auto fence_behind = [&](auto* c) { // and in all holes that come first
        for (auto* fence = plain(1000);; fence = plain(1000))
            if (fence == header::next(c)) return fence;
    };
    std::vector<bench<quick>::chunk*> without;
    for (std::size_t n = window; n < window + 6 * 1024; n += 1024) {
        fence_behind(t.make());
        without.push_back(plain(n)); // begins soon behind a multiple of `window`, and ends before the next but one
        fence_behind(without.back());
    }
    auto* with = t.make();
    auto* behind = fence_behind(with);
    fence_behind(behind);
    for (auto* c : without) t.free(c);
    t.free(with);
    t.free(behind); // with the window before it
    std::size_t top = ptm::bytes(header::size_of(t.a.state().top));
    CHECK(t.make(stays_small{}) == with);
    CHECK(ptm::bytes(header::size_of(t.a.state().top)) == top);
}

TEMPLATE_LIST_TEST_CASE("an arena that must not grow has none, and is as it was", "", configs) {
    bench<TestType> t;
    CHECK(t.make(stays_small{}) == nullptr);
    REQUIRE(t.make() != nullptr);
    std::size_t before = t.a.state().system_bytes;
    while (t.make(stays_small{})) {}
    CHECK(t.a.state().system_bytes == before);
}
