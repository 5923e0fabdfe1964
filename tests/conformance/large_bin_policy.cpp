// The battery for large_bin_policy: the best fit of the own bin, the smallest of the bins above, removal of any chunk;
// and what those promise that give a good fit instead.
#include "support/playground.hpp"
#include "support/seed.hpp"

#include <ptm/bin/index.hpp>
#include <ptm/bin/segregated_bins.hpp>
#include <ptm/bin/sorted_bins.hpp>
#include <ptm/bin/tree_bins.hpp>

#include <algorithm>
#include <bit>
#include <tuple>
#include <vector>

namespace {
template <class P, class C>
struct subject {
    using policy = P;
    using context = C;
    using bins = typename P::template in<C>;
    using chunk = ptm::chunk_in<C>;
    using chunks = std::vector<chunk*>;

    static std::size_t size(const chunk* c) { return ptm::bytes(C::header::size_of(c)); }
    static unsigned bin(std::size_t n) { return ptm::bin_table<typename C::header>::index(ptm::chunk_size{n}); }
};

using subjects =
    std::tuple<subject<ptm::sorted_bins, ptm_test::plain_context>, subject<ptm::sorted_bins, ptm_test::safe_context>,
               subject<ptm::tree_bins, ptm_test::plain_context>, subject<ptm::tree_bins, ptm_test::safe_context>,
               subject<ptm::tree_bins, ptm_test::safest_context>,
               subject<ptm::segregated_bins, ptm_test::plain_context>,
               subject<ptm::segregated_bins, ptm_test::safest_context>>;

// list_begin - the smallest size that shares a list with n, where every doubling is parted in 32: of those that promise
// a good fit only. A part of the own list is looked through, and any chunk of another may stand for it.
std::size_t list_begin(std::size_t n) {
    std::size_t step = std::bit_floor(n) / 32;
    return n / step * step;
}

struct cannot_fit {
    [[maybe_unused]] static constexpr bool fits_best = true;
    template <ptm::bin_context C>
    struct in : ptm::sorted_bins::in<C> {
        void best_fit(ptm::chunk_size) noexcept {}
    };
};
struct does_not_say_how {
    template <ptm::bin_context C>
    using in = ptm::sorted_bins::in<C>;
};
static_assert(!ptm::large_bin_policy<cannot_fit, ptm_test::plain_context>);
static_assert(!ptm::large_bin_policy<does_not_say_how, ptm_test::plain_context>);

// The smallest size of those that `fits`, 0 if there is none.
template <class S>
std::size_t smallest(const typename S::chunks& held, auto fits) {
    std::size_t found = 0;
    for (auto* c : held)
        if (std::size_t n = S::size(c); fits(n) && (found == 0 || n < found)) found = n;
    return found;
}

template <class S>
std::size_t size_or_0(const typename S::chunk* c) {
    return c ? S::size(c) : 0;
}

template <class S>
bool is_held(const typename S::chunks& held, typename S::chunk* c) {
    return std::find(held.begin(), held.end(), c) != held.end();
}

template <class S>
void ask_for_best(typename S::bins& b, const typename S::chunks& held, std::size_t n) {
    unsigned own = S::bin(n);
    auto* fit = b.best_fit(ptm::chunk_size{n});
    REQUIRE(size_or_0<S>(fit) == smallest<S>(held, [&](std::size_t m) { return m >= n && S::bin(m) == own; }));
    if (fit) REQUIRE(is_held<S>(held, fit));
    auto* above = b.first_above(ptm::chunk_size{n});
    REQUIRE(size_or_0<S>(above) == smallest<S>(held, [&](std::size_t m) { return S::bin(m) > own; }));
    if (above) REQUIRE(is_held<S>(held, above));
}

// ask_for_good - of the own list something that fits, and of the lists above one of the first that has any.
template <class S>
void ask_for_good(typename S::bins& b, const typename S::chunks& held, std::size_t n) {
    std::size_t own = list_begin(n);
    auto in_own = std::count_if(held.begin(), held.end(), [&](auto* c) { return list_begin(S::size(c)) == own; });
    std::size_t best = smallest<S>(held, [&](std::size_t m) { return m >= n && list_begin(m) == own; });
    std::size_t fit = size_or_0<S>(b.best_fit(ptm::chunk_size{n}));
    if (fit != 0) REQUIRE((fit >= n && list_begin(fit) == own));
    if (fit != 0) REQUIRE(is_held<S>(held, b.best_fit(ptm::chunk_size{n})));
    if (in_own <= 8) REQUIRE(fit == best); // so few are all looked at
    std::size_t above = smallest<S>(held, [&](std::size_t m) { return list_begin(m) > own; });
    auto* found = b.first_above(ptm::chunk_size{n});
    REQUIRE((found != nullptr) == (above != 0));
    if (found) REQUIRE(list_begin(S::size(found)) == list_begin(above));
    if (found) REQUIRE(is_held<S>(held, found));
}

template <class S>
void ask(typename S::bins& b, const typename S::chunks& held, std::size_t n) {
    if constexpr (S::policy::fits_best)
        ask_for_best<S>(b, held, n);
    else
        ask_for_good<S>(b, held, n);
}

template <class S>
void look_through(const typename S::bins& b, typename S::chunks held) {
    typename S::chunks seen;
    unsigned last = 0;
    b.for_each([&](typename S::chunk* c, unsigned bin) {
        REQUIRE(bin == S::bin(S::size(c)));
        REQUIRE(bin >= last);
        if (bin == last && S::policy::fits_best) REQUIRE(S::size(c) <= S::size(seen.back()));
        REQUIRE(b.links_agree(c));
        last = bin;
        seen.push_back(c);
    });
    std::sort(seen.begin(), seen.end());
    std::sort(held.begin(), held.end());
    REQUIRE(seen == held);
}

// Few sizes in few bins, so that sizes meet.
std::size_t any_large(std::mt19937_64& random) {
    const std::size_t starts[] = {1024, 1984, 3136, 4096, 12288, 40960};
    return starts[random() % 6] + random() % 12 * 16;
}
}

TEMPLATE_LIST_TEST_CASE("large bins find the best fit and the next larger bin", "", subjects) {
    using chunk = typename TestType::chunk;
    STATIC_REQUIRE(ptm::large_bin_policy<typename TestType::policy, typename TestType::context>);
    PTM_TEST_SEED(random);
    ptm_test::playground<typename TestType::context> ground(2u << 20);
    typename TestType::bins b{};
    b.clear();
    std::vector<chunk*> idle, held;
    for (int i = 0; i < 80; ++i) idle.push_back(ground.make(any_large(random)));
    for (std::size_t i = 0; i < ptm_test::steps(1000); ++i) {
        auto& from = idle.empty() || (!held.empty() && random() % 2 == 0) ? held : idle;
        auto& to = &from == &held ? idle : held;
        std::size_t at = random() % from.size();
        if (&from == &held)
            b.remove(from[at]);
        else
            b.insert(from[at]);
        to.push_back(from[at]);
        from.erase(from.begin() + static_cast<std::ptrdiff_t>(at));
        ask<TestType>(b, held, any_large(random));
        look_through<TestType>(b, held);
    }
}

TEMPLATE_LIST_TEST_CASE("what the best fit gives can be taken until nothing fits", "", subjects) {
    ptm_test::playground<typename TestType::context> ground;
    typename TestType::bins b{};
    b.clear();
    for (std::size_t n : {2080u, 2048u, 2096u, 2080u, 2064u, 2080u}) b.insert(ground.make(n));
    std::vector<std::size_t> taken;
    while (auto* c = b.best_fit(ptm::chunk_size{2064})) {
        taken.push_back(TestType::size(c));
        b.remove(c);
    }
    CHECK(taken == std::vector<std::size_t>{2064, 2080, 2080, 2080, 2096});
}

TEMPLATE_LIST_TEST_CASE("a chunk marked absent leaves the unsorted queue by the same way", "", subjects) {
    using header = typename TestType::context::header;
    using rings = ptm::detail::rings<typename TestType::context>;
    ptm_test::playground<typename TestType::context> ground;
    typename TestType::bins b{};
    b.clear();
    auto* binned = ground.make(2016);
    b.insert(binned);
    ptm::ring_node queue{};
    rings::algorithms::init_header(&queue);
    auto* queued = ground.make(2016);
    rings::link_front(queue, queued);
    b.mark_absent(queued);
    b.remove(queued);
    CHECK(rings::empty(queue));
    CHECK(b.best_fit(header::size_of(queued)) == binned);
}
