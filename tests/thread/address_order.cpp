#include "support/playground.hpp"
#include "support/seed.hpp"

#include "support/catch.hpp"

#include <ptm/thread/address_order.hpp>

#include <algorithm>
#include <memory>
#include <random>
#include <tuple>
#include <vector>

namespace {
using ptm::batch;

template <class C>
struct bench {
    using header = typename C::header;
    using chunk = ptm::chunk_in<C>;
    using links = ptm::detail::cached_links<C>;
    using order = ptm::address_order<C>;
    using chunks = std::vector<chunk*>;

    ptm_test::playground<C> ground{16u << 20};
    std::unique_ptr<order> ordered = std::make_unique<order>();
    chunks visited{};

    chunks make(std::size_t count, std::size_t n) {
        chunks made;
        for (std::size_t i = 0; i < count; ++i) made.push_back(ground.make(n));
        return made;
    }
    static batch chain(const chunks& all, std::size_t from, std::size_t to) {
        batch b;
        for (std::size_t i = to; i-- > from; ++b.count) {
            void* user = header::to_user(all[i]);
            links::lead(user, b.first);
            b.first = user;
        }
        return b;
    }
    static batch chain(const chunks& all) { return chain(all, 0, all.size()); }

    auto visit() {
        return [this](chunk* c) { visited.push_back(c); };
    }
    // add_in - all of them in chains of up to `most`.
    void add_in_chains(const chunks& all, std::size_t most, std::mt19937_64& random) {
        for (std::size_t from = 0; from < all.size();) {
            std::size_t to = std::min(all.size(), from + 1 + random() % most);
            ordered->add(chain(all, from, to), visit());
            from = to;
        }
    }
};

template <class Chunks>
Chunks sorted(Chunks all) {
    std::sort(all.begin(), all.end());
    return all;
}

using contexts = std::tuple<ptm_test::plain_context, ptm_test::safe_context, ptm_test::safest_context>;
using plain = bench<ptm_test::plain_context>;
}

TEST_CASE("an order that nothing was added to visits nothing") {
    plain t;
    t.ordered->finish(t.visit());
    CHECK(t.visited.empty());
}

TEMPLATE_LIST_TEST_CASE("every chunk that was added is visited once, however long the chains are", "", contexts) {
    PTM_TEST_SEED(random);
    bench<TestType> t;
    for (std::size_t most : {1u, 3u, 64u, 9'000u}) {
        CAPTURE(most);
        auto all = t.make(20'000 / (most == 9'000 ? 1 : 4), 48);
        std::shuffle(all.begin(), all.end(), random);
        t.visited.clear();
        t.add_in_chains(all, most, random);
        CHECK(t.visited.size() < all.size());
        t.ordered->finish(t.visit());
        CHECK(sorted(t.visited) == sorted(all));
    }
}

TEST_CASE("as many as are ordered together come in the order of their addresses, but for close neighbours") {
    PTM_TEST_SEED(random);
    plain t;
    for (std::size_t n : {32u, 240u, 2'000u}) {
        CAPTURE(n);
        auto all = t.make(plain::order::most, n);
        std::shuffle(all.begin(), all.end(), random);
        t.visited.clear();
        t.add_in_chains(all, 64, random);
        t.ordered->finish(t.visit());
        REQUIRE(t.visited.size() == all.size());
        std::size_t close = plain::order::most * n / 32'768; // 16 bits tell addresses apart
        for (std::size_t i = 1; i < all.size(); ++i)
            REQUIRE(ptm::address_of(t.visited[i]) + close >= ptm::address_of(t.visited[i - 1]));
    }
}

TEST_CASE("a visitor may use a chunk's memory at once") {
    PTM_TEST_SEED(random);
    plain t;
    auto all = t.make(10'000, 64);
    std::shuffle(all.begin(), all.end(), random);
    std::size_t visited = 0;
    auto spoil = [&](plain::chunk* c) {
        std::fill_n(static_cast<unsigned char*>(plain::header::to_user(c)), 48, static_cast<unsigned char>(0xa5));
        ++visited;
    };
    for (std::size_t from = 0; from < all.size(); from += 100)
        t.ordered->add(plain::chain(all, from, from + 100), spoil);
    t.ordered->finish(spoil);
    CHECK(visited == all.size());
}

TEST_CASE("what is forgotten is not visited, and the next ones are") {
    plain t;
    auto lost = t.make(100, 32), found = t.make(100, 32);
    for (std::size_t i = 0; i < 100; i += 10) t.ordered->add(plain::chain(lost, i, i + 10), t.visit());
    t.ordered->forget();
    t.ordered->add(plain::chain(found), t.visit());
    t.ordered->finish(t.visit());
    CHECK(t.visited == found);
}

TEST_CASE("a batch is scattered when most of its first chunks lie far apart, or are too few") {
    plain t;
    auto close = t.make(64, 64), far = t.make(8, 8'000);
    CHECK_FALSE(plain::order::is_scattered(plain::chain(close)));
    std::reverse(close.begin(), close.end());
    CHECK_FALSE(plain::order::is_scattered(plain::chain(close)));
    CHECK(plain::order::is_scattered(plain::chain(far)));
    CHECK(plain::order::is_scattered(plain::chain(close, 0, 3)));
    CHECK(plain::order::is_scattered(plain::chain(close, 0, 1)));
    CHECK_FALSE(plain::order::is_scattered(plain::chain({close[0], close[1], close[2], far[1]})));
    CHECK(plain::order::is_scattered(plain::chain({close[0], close[1], far[1], far[4]})));
}
