// The battery for cache_policy: a cache gives back what it took, newest first, keeps to its limits, and can be emptied.
#include "support/playground.hpp"
#include "support/seed.hpp"

#include <ptm/thread/array_cache.hpp>
#include <ptm/thread/budget_cache.hpp>
#include <ptm/thread/front_cache.hpp>
#include <ptm/thread/tiered_cache.hpp>

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

namespace {
template <class P, class C>
struct subject {
    using policy = P;
    using context = C;
    using cache = typename P::template in<C>;
    using limits = typename cache::limits;
    using chunk = ptm::chunk_in<C>;
};

using subjects = std::tuple<
    subject<ptm::no_cache, ptm_test::plain_context>, subject<ptm::array_cache, ptm_test::plain_context>,
    subject<ptm::array_cache, ptm_test::safe_context>,
    subject<ptm::tiered_cache<ptm::largest_size::cached>, ptm_test::plain_context>,
    subject<ptm::tiered_cache<ptm::largest_size::left_out>, ptm_test::safe_context>,
    subject<ptm::array_cache_marked<ptm::mark_of_block>, ptm_test::safe_context>,
    subject<ptm::budget_cache<>, ptm_test::plain_context>, subject<ptm::budget_cache<2000>, ptm_test::safe_context>,
    subject<ptm::front_cache<>, ptm_test::plain_context>, subject<ptm::front_cache<2000>, ptm_test::safe_context>>;

struct cannot_drain : ptm::no_cache {
    template <ptm::bin_context C>
    struct in : ptm::no_cache::in<C> {
        int drain = 0;
    };
};
struct cannot_align : ptm::no_cache {
    [[maybe_unused]] static constexpr bool serves_all = true;
};
struct cannot_be_awaited : ptm::no_cache {
    [[maybe_unused]] static constexpr bool made_early = false;
};
struct cannot_flush : ptm::no_cache {
    [[maybe_unused]] static constexpr bool flushes = true;
};
struct cannot_refill : ptm::no_cache {
    [[maybe_unused]] static constexpr bool refills = true;
};
struct knows_nothing : ptm::no_cache {
    [[maybe_unused]] static constexpr bool knows_sizes = true;
};
struct exchanges_nothing : ptm::no_cache {
    [[maybe_unused]] static constexpr bool exchanges = true;
};
struct says_nothing_of_refills {
    [[maybe_unused]] static constexpr bool caches = false, made_early = true, serves_all = false, takes_pieces = false,
                                           flushes = false, knows_sizes = false, exchanges = false;
    template <ptm::bin_context C>
    using in = ptm::no_cache::in<C>;
};
struct says_nothing_of_exchanges {
    [[maybe_unused]] static constexpr bool caches = false, made_early = true, serves_all = false, takes_pieces = false,
                                           flushes = false, refills = false, knows_sizes = false;
    template <ptm::bin_context C>
    using in = ptm::no_cache::in<C>;
};
static_assert(!ptm::cache_policy<cannot_flush, ptm_test::plain_context>);
static_assert(!ptm::cache_policy<knows_nothing, ptm_test::plain_context>);
static_assert(!ptm::cache_policy<cannot_refill, ptm_test::plain_context>);
static_assert(!ptm::cache_policy<exchanges_nothing, ptm_test::plain_context>);
static_assert(!ptm::cache_policy<says_nothing_of_refills, ptm_test::plain_context>);
static_assert(!ptm::cache_policy<says_nothing_of_exchanges, ptm_test::plain_context>);
static_assert(!ptm::cache_policy<cannot_drain, ptm_test::plain_context>);
static_assert(!ptm::cache_policy<cannot_align, ptm_test::plain_context>);
static_assert(!ptm::cache_policy<cannot_be_awaited, ptm_test::plain_context>);
static_assert(!ptm::cache_policy<int, ptm_test::plain_context>);

template <class S>
struct model {
    typename S::cache cache{};
    typename S::limits bounds{};
    std::map<std::size_t, std::vector<typename S::chunk*>> held{};

    // Up to here every size has a list of its own.
    static constexpr std::size_t single_sizes = 1040;

    void begin(const ptm::tuning& t) {
        bounds.set(t);
        if constexpr (S::policy::exchanges) cache.begin(bounds);
    }

    static std::size_t size(const typename S::chunk* c) { return ptm::bytes(S::context::header::size_of(c)); }

    // Whether the cache took it, by whichever of the two ways.
    bool accept(typename S::chunk* c, bool plain) {
        ptm::chunk_size n{size(c)};
        bool room = cache.has_room(n, bounds);
        bool took = plain ? cache.accept_plain(c, n, bounds) : cache.accept(c, n, bounds);
        REQUIRE(took <= room); // a cache may take what was found where it takes nothing that is freed
        if (took) held[size(c)].push_back(c);
        return took;
    }

    typename S::chunk* get(std::size_t request) {
        std::size_t n = ptm::bytes(S::context::header::size_for(request));
        void* user = cache.get(request, bounds);
        if (!user) {
            REQUIRE((n > single_sizes || held[n].empty()));
            return nullptr;
        }
        auto* c = S::context::header::from_user(user);
        REQUIRE((size(c) == n || (size(c) > n && n > single_sizes)));
        auto& mine = held[size(c)];
        REQUIRE(mine.back() == c);
        mine.pop_back();
        return c;
    }

    void drain() {
        cache.drain([&](typename S::chunk* c) {
            REQUIRE(held[size(c)].back() == c);
            held[size(c)].pop_back();
        });
        for (const auto& [n, chunks] : held) REQUIRE(chunks.empty());
    }
};
}

TEMPLATE_LIST_TEST_CASE("a cache gives back what it took", "", subjects) {
    STATIC_REQUIRE(ptm::cache_policy<typename TestType::policy, typename TestType::context>);
    PTM_TEST_SEED(random);
    ptm_test::playground<typename TestType::context> ground;
    model<TestType> m;
    m.begin({.cache_count = 5, .cache_request = 600, .cache_budget = 30'000});
    std::vector<typename TestType::chunk*> idle;
    for (int i = 0; i < 300; ++i) idle.push_back(ground.make(32 + random() % 80 * 16));
    std::size_t taken = 0;
    for (std::size_t i = 0; i < ptm_test::steps(3000); ++i) {
        std::swap(idle[random() % idle.size()], idle.back());
        if (random() % 2 == 0 && m.accept(idle.back(), random() % 2 == 0)) {
            idle.pop_back();
            ++taken;
        } else if (auto* c = m.get(random() % 1300)) {
            idle.push_back(c);
        }
    }
    CHECK((taken > 0) == TestType::policy::caches);
    m.drain();
    CHECK(m.cache.get(24, m.bounds) == nullptr);
}

TEMPLATE_LIST_TEST_CASE("what the arena puts into a cache it can take out again", "", subjects) {
    ptm_test::playground<typename TestType::context> ground;
    model<TestType> m;
    m.begin({});
    auto *a = ground.make(64), *b = ground.make(64);
    ptm::chunk_size n{64};
    if (!m.cache.has_room(n, m.bounds)) {
        CHECK_FALSE(TestType::policy::caches);
        return;
    }
    m.cache.put(a, n, m.bounds);
    m.cache.put(b, n, m.bounds);
    CHECK(m.cache.take(n) == b);
    CHECK(m.cache.take(n) == a);
}

TEMPLATE_LIST_TEST_CASE("nobody has nothing and takes nothing", "", subjects) {
    ptm_test::playground<typename TestType::context> ground;
    typename TestType::limits bounds{};
    bounds.set({});
    auto* nobody = TestType::cache::nobody();
    auto* c = ground.make(64);
    CHECK(nobody->get(0, bounds) == nullptr);
    CHECK(nobody->get(1032, bounds) == nullptr);
    CHECK_FALSE(nobody->has_room(ptm::chunk_size{64}, bounds));
    CHECK_FALSE(nobody->accept(c, ptm::chunk_size{64}, bounds));
    CHECK_FALSE(nobody->accept_plain(c, ptm::chunk_size{64}, bounds));
}

// One whose limits are constants, and one whose limits are looked up. A cache that exchanges has a list's room as its
// only limit there, and no mark: tests/thread/front_cache.cpp.
TEMPLATE_LIST_TEST_CASE("a size that is known while compiling has the same list and the same limits", "", subjects) {
    if constexpr (TestType::policy::knows_sizes && !TestType::policy::exchanges) {
        constexpr ptm::chunk_size n{64};
        constexpr ptm::tuning fixed{.cache_count = 5, .cache_budget = 5 * 64};
        constexpr ptm::tuning other{.environment = ptm::environment_source::glibc_variables};
        using cache = typename TestType::cache;
        CHECK(cache::knows(ptm::chunk_size{1040}));
        CHECK_FALSE(cache::knows(ptm::chunk_size{1056}));
        ptm_test::playground<typename TestType::context> ground;
        model<TestType> m;
        m.begin(fixed);
        CHECK(m.cache.template get_known<n>() == nullptr);
        auto *a = ground.make(64), *b = ground.make(64);
        CHECK(m.cache.template accept_known<n, fixed>(a, m.bounds));
        CHECK_FALSE(m.cache.template accept_known<n, fixed>(a, m.bounds)); // it bears the mark
        CHECK(m.cache.accept_plain(b, n, m.bounds));
        CHECK(m.cache.template get_known<n>() == TestType::context::header::to_user(b));
        CHECK(m.cache.get(56, m.bounds) == TestType::context::header::to_user(a));
        for (int i = 0; i < 4; ++i) CHECK(m.cache.template accept_known<n, fixed>(ground.make(64), m.bounds));
        CHECK(m.cache.template accept_known<n, other>(ground.make(64), m.bounds));
        CHECK_FALSE(m.cache.template accept_known<n, fixed>(ground.make(64), m.bounds));
        CHECK_FALSE(m.cache.template accept_known<n, other>(ground.make(64), m.bounds));
        auto* nobody = cache::nobody();
        CHECK(nobody->template get_known<n>() == nullptr);
        CHECK_FALSE(nobody->template accept_known<n, fixed>(ground.make(64), m.bounds));
        CHECK_FALSE(nobody->template accept_known<n, other>(ground.make(64), m.bounds));
    }
}

TEMPLATE_LIST_TEST_CASE("what a flush gives up are chunks of the cache, and there is room again", "", subjects) {
    if constexpr (TestType::policy::flushes) {
        ptm_test::playground<typename TestType::context> ground;
        model<TestType> m;
        m.begin({.cache_budget = 4000});
        std::size_t n = 0;
        while (m.accept(ground.make(64 + n % 3 * 32), true)) ++n;
        REQUIRE(n > 30);
        REQUIRE(m.cache.worth_a_flush(ptm::chunk_size{64}, m.bounds));
        std::size_t left = n;
        m.cache.flush(m.bounds, [&](typename TestType::chunk* c) {
            REQUIRE(std::erase(m.held[m.size(c)], c) == 1);
            --left;
        });
        CHECK(left > 0);
        CHECK(left < n);
        CHECK(m.accept(ground.make(64), true));
        m.drain();
    }
}

TEMPLATE_LIST_TEST_CASE("a refill wants more with every miss, and an end", "", subjects) {
    if constexpr (TestType::policy::refills) {
        ptm_test::playground<typename TestType::context> ground;
        model<TestType> m;
        m.begin({});
        ptm::chunk_size n{64};
        CHECK_FALSE(m.cache.wants_more(n, m.bounds));
        std::vector<std::size_t> put;
        for (int i = 0; i < 12; ++i) {
            put.push_back(0);
            for (m.cache.begin_refill(n); m.cache.wants_more(n, m.bounds); ++put.back())
                m.cache.put(ground.make(64), n, m.bounds);
            m.cache.end_refill();
            m.cache.drain([](auto*) {});
        }
        CHECK(std::is_sorted(put.begin(), put.end()));
        CHECK(put.front() < put.back());
        CHECK(put.back() <= 64);
    }
}

TEMPLATE_LIST_TEST_CASE("every list of a cache that exchanges serves what it says, and says what serves it", "",
                        subjects) {
    if constexpr (TestType::policy::exchanges) {
        using header = typename TestType::context::header;
        using cache = typename TestType::cache;
        ptm_test::playground<typename TestType::context> ground(8u << 20);
        model<TestType> m;
        m.begin({});
        for (std::size_t request = 0; request <= cache::most_request; request += 1 + request / 50) {
            unsigned i = cache::list_for(request);
            REQUIRE(i >= 1);
            REQUIRE(i < cache::lists);
            REQUIRE(cache::size_in(i) >= header::size_for(request));
            if (i > 1) REQUIRE(cache::size_in(i - 1) < header::size_for(request));
            REQUIRE(m.cache.get_from(i) == nullptr);
            REQUIRE(m.cache.wanted(i) >= 1);
            auto* c = ground.make(ptm::bytes(cache::size_in(i)));
            REQUIRE(m.cache.make_room(i));
            m.cache.push(i, c);
            REQUIRE(m.cache.get(request, m.bounds) == header::to_user(c));
        }
    }
}
