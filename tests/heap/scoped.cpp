// Scopes at work: which functions of a heap and an arena ask them, and what they answer then.
#include "support/heaps.hpp"

#include <ptm/heap/glibc_2_42.hpp>
#include <ptm/observe/scopes.hpp>

#include <cerrno>
#include <thread>
#include <tuple>
#include <vector>

namespace {
struct scoped_glass : ptm::edit<ptm_test::glass, ptm::set_observer<ptm::scoped<>>> {};
struct scoped_2_42 : ptm::edit<ptm_test::in_glass<ptm::glibc_2_42>, ptm::set_observer<ptm::scoped<>>> {};
using scoped_heaps = std::tuple<ptm_test::tested_heap<scoped_glass>, ptm_test::tested_heap<scoped_2_42>>;
using deaf_heap = ptm_test::fresh_heap<300>;

static_assert(sizeof(ptm::shared_state<scoped_glass>) == sizeof(ptm::shared_state<ptm_test::glass>));

// refused - nullptr with ENOMEM.
bool refused(auto act) {
    errno = 0;
    return act() == nullptr && errno == ENOMEM;
}
}

TEMPLATE_LIST_TEST_CASE("within a scope without allocations every function of a heap refuses", "", scoped_heaps) {
    using heap = TestType;
    void *small = heap::malloc(100), *mapped = heap::malloc(300'000), *cached = heap::malloc(500), *out[3] = {};
    heap::free(cached);
    {
        ptm::no_allocation_scope none(ptm::on_breach::refuse);
        CHECK(refused([] { return heap::malloc(24); }));
        CHECK(refused([] { return heap::malloc(500); }));
        CHECK(refused([] { return heap::malloc(0); }));
        CHECK(refused([] { return heap::template malloc_of<24>(); }));
        CHECK(refused([] { return heap::calloc(3, 8); }));
        CHECK(refused([] { return heap::aligned_alloc(64, 24); }));
        CHECK(refused([] { return heap::aligned_alloc(8, 24); }));
        CHECK(refused([] { return heap::realloc(nullptr, 24); }));
        CHECK(refused([&] { return heap::realloc(small, 1000); }));
        CHECK(refused([&] { return heap::realloc(mapped, 500'000); }));
        CHECK_FALSE(heap::expand(small, 105));
        CHECK(heap::malloc_run(24, 3, out) == 0);
        CHECK(none.refused() == 12);
        CHECK(heap::realloc(small, 50) == small);
        CHECK(heap::expand(small, 20));
        heap::free(small);
        heap::free(mapped);
        CHECK(deaf_heap::malloc(24) != nullptr);
    }
    CHECK(heap::malloc(500) == cached);
    CHECK(ptm_test::verdict(heap{}) == "sound");
}

TEMPLATE_LIST_TEST_CASE("a budget is what is asked for, one time each", "", scoped_heaps) {
    using heap = TestType;
    ptm::budget_scope budget(10'000);
    void* p = heap::malloc(1000);
    CHECK(budget.left() == 9000);
    void* q = heap::calloc(10, 100);
    CHECK(budget.left() == 8000);
    void* r = heap::aligned_alloc(4096, 1000);
    CHECK(budget.left() == 7000);
    std::size_t usable = heap::usable_size(p);
    p = heap::realloc(p, usable + 500);
    CHECK(budget.left() == 6500);
    void* out[5];
    CHECK(heap::malloc_run(100, 5, out) == 5);
    CHECK(budget.left() == 6000);
    heap::free_run(out, 5);
    for (void* all : {p, q, r}) heap::free(all);
    CHECK(budget.left() == 6000);
    CHECK(refused([] { return heap::malloc(6001); }));
    CHECK(heap::malloc_run(2000, 4, out) == 0);
    CHECK(budget.left() == 6000);
}

TEST_CASE("an arena asks, too") {
    ptm_test::fresh_arena<scoped_glass> a;
    void *p = a.allocate(100), *last = a.allocate(100), *out[3] = {};
    {
        ptm::no_allocation_scope none(ptm::on_breach::refuse);
        CHECK(refused([&] { return a.allocate(24); }));
        CHECK(refused([&] { return a.allocate_cleared(24); }));
        CHECK(refused([&] { return a.allocate(24, 64); }));
        CHECK(refused([&] { return a.reallocate(p, 1000); }));
        CHECK_FALSE(a.expand(p, 1000));
        CHECK(a.allocate_run(24, 3, out) == 0);
        CHECK(none.refused() == 6);
        CHECK(a.reallocate(p, 50) == p);
    }
    ptm::budget_scope budget(1000);
    CHECK(a.expand(last, a.usable_size(last) + 100));
    CHECK(budget.left() == 900);
    CHECK(a.allocate(900) != nullptr);
    CHECK(a.live() == 3);
    CHECK(refused([&] { return a.allocate(1); }));
}

TEST_CASE("threads with scopes and threads without share a heap") {
    using heap = ptm_test::tested_heap<scoped_glass>;
    std::vector<std::thread> threads;
    std::size_t served[4] = {};
    for (std::size_t i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            ptm::budget_scope budget(i % 2 == 0 ? 50 * 100 : SIZE_MAX);
            for (int n = 0; n < 200; ++n)
                if (void* p = heap::malloc(100)) ++served[i], heap::free(p);
        });
    for (std::thread& t : threads) t.join();
    CHECK(served[0] == 50);
    CHECK(served[1] == 200);
    CHECK(served[2] == 50);
    CHECK(served[3] == 200);
}
