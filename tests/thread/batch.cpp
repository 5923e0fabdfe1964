#include "support/batches.hpp"

#include "support/catch.hpp"

#include <ptm/thread/batch.hpp>

#include <cstdint>
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

TEST_CASE("two words of its first block are enough for a stack, where addresses leave room for the count") {
    if (sizeof(void*) != 8) return;
    using context = ptm_test::plain_context;
    using links = ptm::detail::cached_links<context>;
    alignas(16) std::uintptr_t blocks[3][4] = {};
    for (auto& b : blocks) b[2] = b[3] = 0x5555;
    ptm::detail::batch_stack<context> stack;
    for (unsigned count : {1u, 128u, 60'000u}) {
        void* first = blocks[count % 3];
        links::lead(first, nullptr);
        stack.push({first, count});
    }
    CHECK(stack.chunks() == 1 + 128 + 60'000);
    for (unsigned count : {60'000u, 128u, 1u}) {
        batch b = stack.pop();
        CHECK(b.first == blocks[count % 3]);
        CHECK(b.count == count);
    }
    for (auto& b : blocks) CHECK((b[2] == 0x5555 && b[3] == 0x5555));
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
