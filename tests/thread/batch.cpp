#include "support/batches.hpp"

#include "support/catch.hpp"

#include <ptm/thread/batch.hpp>

#include <tuple>
#include <vector>

namespace {
using ptm::batch;

template <class C>
struct bench : ptm_test::batch_maker<C> {
    ptm::detail::batch_stack<C> stack{};
};

using contexts = std::tuple<ptm_test::plain_context, ptm_test::safe_context, ptm_test::safest_context>;
}

TEST_CASE("a batch of none is false") {
    CHECK_FALSE(batch{});
    int any = 0;
    CHECK(batch{&any, 1});
}

TEMPLATE_LIST_TEST_CASE("batches come off a stack whole, the newest first", "", contexts) {
    bench<TestType> t;
    std::vector<batch> put;
    std::vector<std::vector<void*>> chunks;
    unsigned sum = 0;
    for (unsigned count : {1u, 64u, 2u, 700u}) {
        put.push_back(t.make(32, count)); // the smallest has room for what a stack notes
        chunks.push_back(t.in(put.back()));
        t.stack.push(put.back());
        CHECK(t.stack.chunks() == (sum += count));
    }
    for (; !put.empty(); put.pop_back(), chunks.pop_back()) {
        REQUIRE_FALSE(t.stack.empty());
        batch b = t.stack.pop();
        CHECK(b.first == put.back().first);
        CHECK(b.count == put.back().count);
        CHECK(t.in(b) == chunks.back());
        CHECK(t.stack.chunks() == (sum -= b.count));
    }
    CHECK(t.stack.empty());
    CHECK_FALSE(t.stack.pop());
}

TEMPLATE_LIST_TEST_CASE("a batch that was taken may be put on a stack again, also after others", "", contexts) {
    bench<TestType> t;
    t.stack.push(t.make(48, 3));
    batch second = t.make(48, 5);
    t.stack.push(second);
    REQUIRE(t.stack.pop().first == second.first);
    t.stack.push(t.make(48, 7));
    t.stack.push(second);
    std::vector<unsigned> counts;
    while (batch b = t.stack.pop()) counts.push_back(b.count);
    CHECK(counts == std::vector<unsigned>{5, 7, 3});
}
