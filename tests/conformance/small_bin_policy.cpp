// The battery for small_bin_policy: exact sizes first in, first out; the next larger size; removal from the middle.
#include "support/playground.hpp"
#include "support/seed.hpp"

#include <ptm/bin/exact_bins.hpp>

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

namespace {
template <class P, class C>
struct subject {
    using policy = P;
    using context = C;
    using bins = typename P::template in<C>;
    using chunk = ptm::chunk_in<C>;
};

using subjects =
    std::tuple<subject<ptm::exact_bins, ptm_test::plain_context>, subject<ptm::exact_bins, ptm_test::safe_context>>;

struct cannot_take {
    template <ptm::bin_context C>
    struct in : ptm::exact_bins::in<C> {
        void take_exact() noexcept {}
    };
};
static_assert(!ptm::small_bin_policy<cannot_take, ptm_test::plain_context>);

template <class S>
using contents = std::map<std::size_t, std::vector<typename S::chunk*>>; // by size, oldest first

template <class S>
void compare(typename S::bins& b, const contents<S>& held) {
    std::vector<typename S::chunk*> expected, seen;
    for (const auto& [size, chunks] : held) expected.insert(expected.end(), chunks.rbegin(), chunks.rend());
    b.for_each([&](typename S::chunk* c, unsigned bin) {
        REQUIRE(bin == ptm::bytes(S::context::header::size_of(c)) / 16);
        seen.push_back(c);
    });
    REQUIRE(seen == expected);
}

template <class S>
typename S::chunk* oldest_above(const contents<S>& held, std::size_t n) {
    for (auto at = held.upper_bound(n); at != held.end(); ++at)
        if (!at->second.empty()) return at->second.front();
    return nullptr;
}

std::size_t any_small(std::mt19937_64& random) { return 32 + random() % 62 * 16; }
}

TEMPLATE_LIST_TEST_CASE("small bins find exact sizes and the next larger one", "", subjects) {
    using chunk = typename TestType::chunk;
    using header = typename TestType::context::header;
    STATIC_REQUIRE(ptm::small_bin_policy<typename TestType::policy, typename TestType::context>);
    PTM_TEST_SEED(random);
    ptm_test::playground<typename TestType::context> ground;
    typename TestType::bins b{};
    b.clear();
    std::vector<chunk*> idle;
    for (int i = 0; i < 60; ++i) idle.push_back(ground.make(any_small(random)));
    contents<TestType> held;
    for (std::size_t i = 0; i < ptm_test::steps(1000); ++i) {
        std::size_t n = any_small(random);
        REQUIRE(b.first_above(ptm::chunk_size{n}) == oldest_above<TestType>(held, n));
        auto& same = held[n];
        std::shuffle(idle.begin(), idle.end(), random);
        if (!idle.empty() && random() % 2 == 0) {
            b.insert(idle.back());
            held[ptm::bytes(header::size_of(idle.back()))].push_back(idle.back());
            idle.pop_back();
        } else if (!same.empty() && random() % 2 == 0) {
            std::size_t at = random() % same.size();
            b.remove(same[at]);
            idle.push_back(same[at]);
            same.erase(same.begin() + static_cast<std::ptrdiff_t>(at));
        } else {
            REQUIRE(b.take_exact(ptm::chunk_size{n}) == (same.empty() ? nullptr : same.front()));
            if (!same.empty()) idle.push_back(same.front()), same.erase(same.begin());
        }
        compare<TestType>(b, held);
    }
}
