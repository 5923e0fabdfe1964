// The battery for unsorted_bin_policy: first in, first out, and any member may leave from the middle.
#include "support/playground.hpp"
#include "support/seed.hpp"

#include <ptm/bin/queue_bin.hpp>

#include <algorithm>
#include <deque>
#include <tuple>
#include <vector>

namespace {
template <class P, class C>
struct subject {
    using policy = P;
    using context = C;
    using bin = typename P::template in<C>;
    using chunk = ptm::chunk_in<C>;
};

using subjects =
    std::tuple<subject<ptm::no_unsorted_bin, ptm_test::plain_context>, subject<ptm::queue_bin, ptm_test::plain_context>,
               subject<ptm::queue_bin, ptm_test::safe_context>>;

struct does_not_queue {
    template <ptm::bin_context C>
    struct in : ptm::no_unsorted_bin::in<C> {
        void oldest() noexcept {}
    };
};
static_assert(!ptm::unsorted_bin_policy<does_not_queue, ptm_test::plain_context>);

template <class S>
std::vector<typename S::chunk*> visited(const typename S::bin& b) {
    std::vector<typename S::chunk*> seen;
    b.for_each([&](typename S::chunk* c) { seen.push_back(c); });
    return seen;
}

// Newest first, as for_each goes.
template <class S>
void compare(typename S::bin& b, const std::deque<typename S::chunk*>& held) {
    REQUIRE(visited<S>(b) == std::vector(held.begin(), held.end()));
    REQUIRE(b.oldest() == (held.empty() ? nullptr : held.back()));
    if (!held.empty()) REQUIRE(b.links_agree(held.back()));
    if (!held.empty()) REQUIRE(b.is_only(held.back()) == (held.size() == 1));
}
}

TEMPLATE_LIST_TEST_CASE("the unsorted bin is a queue, or takes nothing", "", subjects) {
    using chunk = typename TestType::chunk;
    STATIC_REQUIRE(ptm::unsorted_bin_policy<typename TestType::policy, typename TestType::context>);
    PTM_TEST_SEED(random);
    ptm_test::playground<typename TestType::context> ground;
    typename TestType::bin b{};
    b.clear();
    std::vector<chunk*> idle;
    for (int i = 0; i < 30; ++i) idle.push_back(ground.make(32 + random() % 200 * 16));
    std::deque<chunk*> held;
    for (std::size_t i = 0; i < ptm_test::steps(1000); ++i) {
        if (!idle.empty() && random() % 2 == 0) {
            b.template push<ptm::fault::free_corrupted_unsorted>(idle.back());
            if (TestType::bin::queues) held.push_front(idle.back());
            idle.pop_back();
        } else if (!held.empty()) {
            std::size_t at = random() % 2 == 0 ? held.size() - 1 : random() % held.size();
            b.remove(held[at]);
            idle.push_back(held[at]);
            held.erase(held.begin() + static_cast<std::ptrdiff_t>(at));
        }
        compare<TestType>(b, held);
    }
}
