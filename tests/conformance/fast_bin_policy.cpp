// The battery for fast_bin_policy: whatever a model takes comes out once, newest first, and from the bin of its size.
#include "support/playground.hpp"
#include "support/seed.hpp"

#include <ptm/bin/stack_bins.hpp>

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
    std::tuple<subject<ptm::no_fast_bins, ptm_test::plain_context>, subject<ptm::stack_bins, ptm_test::plain_context>,
               subject<ptm::stack_bins, ptm_test::safe_context>>;

struct cannot_pop_further : ptm::no_fast_bins {
    template <ptm::bin_context C>
    struct in {
        static constexpr ptm::chunk_size most{0};
        static constexpr unsigned bins = 0;
        void push(ptm::chunk_in<C>*, ptm::chunk_size, ptm::origin) noexcept {}
        ptm::chunk_in<C>* pop(ptm::chunk_size) noexcept { return nullptr; }
        ptm::chunk_in<C>* try_pop(ptm::chunk_size) noexcept { return nullptr; }
        bool try_push(ptm::chunk_in<C>*, ptm::chunk_size) noexcept { return false; }
        void take_bin(unsigned, auto&&) noexcept {}
        void for_each(auto&&) const noexcept {}
    };
};
static_assert(!ptm::fast_bin_policy<cannot_pop_further, ptm_test::plain_context>);

// What fast bins ought to hold: for each size the chunks, oldest first.
template <class S>
struct model {
    typename S::bins bins{};
    std::map<std::size_t, std::vector<typename S::chunk*>> held{};

    std::size_t count() const {
        std::size_t n = 0;
        for (const auto& [size, chunks] : held) n += chunks.size();
        return n;
    }
    void push(typename S::chunk* c, bool trying) {
        if (trying)
            REQUIRE(bins.try_push(c, S::context::header::size_of(c)));
        else
            bins.push(c, S::context::header::size_of(c), ptm::origin::user);
        held[ptm::bytes(S::context::header::size_of(c))].push_back(c);
    }
    void pop(std::size_t n, std::uint64_t way) {
        typename S::chunk* expected = held[n].empty() ? nullptr : held[n].back();
        ptm::chunk_size size{n};
        REQUIRE((way == 0 ? bins.pop(size) : way == 1 ? bins.pop_further(size) : bins.try_pop(size)) == expected);
        if (expected) held[n].pop_back();
    }
    std::size_t visited() const {
        std::size_t n = 0;
        bins.for_each([&](typename S::chunk*, unsigned i) {
            REQUIRE(i < S::bins::bins);
            ++n;
        });
        return n;
    }
    void empty_all() {
        for (unsigned i = 0; i < S::bins::bins; ++i)
            bins.take_bin(i, [&](typename S::chunk* c) {
                auto& mine = held[ptm::bytes(S::context::header::size_of(c))];
                REQUIRE(mine.back() == c);
                mine.pop_back();
            });
    }
};

// A size that the model takes, as random as `n`.
template <class S>
std::size_t size_from(std::uint64_t n) {
    constexpr std::size_t least = ptm::bytes(S::context::header::smallest), most = ptm::bytes(S::bins::most);
    return most < least ? least : least + n % ((most - least) / 16 + 1) * 16;
}
}

TEMPLATE_LIST_TEST_CASE("fast bins give back what they took", "", subjects) {
    using chunk = typename TestType::chunk;
    PTM_TEST_SEED(random);
    ptm_test::playground<typename TestType::context> ground;
    model<TestType> m;
    std::vector<chunk*> idle;
    if constexpr (TestType::bins::bins != 0)
        for (int i = 0; i < 200; ++i) idle.push_back(ground.make(size_from<TestType>(random())));
    for (std::size_t i = 0; i < ptm_test::steps(2000); ++i) {
        std::size_t n = size_from<TestType>(random());
        if (!idle.empty() && random() % 2 == 0) {
            m.push(idle.back(), random() % 2 == 0);
            idle.pop_back();
        } else {
            if (auto& mine = m.held[n]; !mine.empty()) idle.push_back(mine.back());
            m.pop(n, random() % 3);
        }
        REQUIRE(m.visited() == m.count());
    }
    m.empty_all();
    CHECK(m.count() == 0);
    CHECK(m.visited() == 0);
}

TEMPLATE_LIST_TEST_CASE("fast bins that take nothing say so", "", subjects) {
    using bins = typename TestType::bins;
    STATIC_REQUIRE(ptm::fast_bin_policy<typename TestType::policy, typename TestType::context>);
    CHECK((bins::bins == 0) == (ptm::bytes(bins::most) == 0));
    bins b{};
    CHECK(b.pop(TestType::context::header::smallest) == nullptr);
    CHECK(b.try_pop(TestType::context::header::smallest) == nullptr);
    if constexpr (bins::bins == 0) CHECK_FALSE(b.try_push(nullptr, TestType::context::header::smallest));
}
