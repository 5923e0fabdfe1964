#include "support/heaps.hpp"

#include <ptm/adapt/heap_allocator.hpp>
#include <ptm/observe/counters.hpp>

#include <list>
#include <thread>
#include <vector>

namespace {
template <int I>
struct watched : ptm::edit<ptm_test::numbered<I>, ptm::set_observer<ptm::counters>> {};

struct node {
    long words[3];
};
}

TEST_CASE("a node of a known size goes through the thread's cache, last in, first out") {
    ptm::heap_allocator<node> a;
    node *p = a.allocate(1), *q = a.allocate(1);
    a.deallocate(p, 1);
    a.deallocate(q, 1);
    CHECK(a.allocate(1) == q);
    CHECK(ptm::heap<ptm::container_heap>::malloc(ptm_test::hidden(24)) == p);
    a.deallocate(p, 1);
    a.deallocate(q, 1);
}

TEST_CASE("an observer sees every block, also those of known size and of runs") {
    using config = watched<100>;
    auto& seen = ptm::heap<config>::shared().observer;
    {
        std::list<long, ptm::heap_allocator<long, config>> list(100, 5);
        CHECK(seen.now().allocated == 100);
    }
    CHECK(seen.now().freed == 100);
    ptm::heap_allocator<node, config> a;
    node* nodes[50];
    a.allocate_nodes(50, nodes);
    CHECK(seen.now().allocated == 150);
    a.deallocate_nodes(50, nodes);
    CHECK(seen.now().freed == 150);
}

TEST_CASE("what one thread makes another may free") {
    using allocator = ptm::heap_allocator<long, ptm_test::numbered<101>>;
    using list = std::list<long, allocator>;
    std::vector<list, ptm::heap_allocator<list, ptm_test::numbered<101>>> made(4);
    std::vector<std::thread> makers;
    for (list& l : made) makers.emplace_back([&l] { l.assign(500, 3); });
    for (std::thread& t : makers) t.join();
    for (list& l : made) CHECK(l.size() == 500);
    made.clear();
    CHECK(ptm_test::verdict(ptm::heap<ptm_test::numbered<101>>{}) == "sound");
}

TEST_CASE("a block that is larger than its request, or mapped, comes back by its own size") {
    using heap = ptm_test::fresh_heap<102>;
    void* hole = heap::malloc(1200 + 16);
    heap::malloc(24);
    heap::free(hole);
    heap::malloc(5000);
    void* p = heap::malloc_of<1200>();
    CHECK(p == hole);
    heap::free_of<1200>(p);
    void* large = heap::malloc_of<300'000>();
    CHECK(heap::shared().mapped_count == 1);
    heap::free_of<300'000>(large);
    CHECK(heap::shared().mapped_count == 0);
    void* wrong = heap::malloc(ptm_test::hidden(500));
    heap::free_of<24>(wrong);
    CHECK(heap::malloc(500) == wrong);
    void* mapped = heap::malloc(300'000);
    heap::free_of<24>(mapped);
    CHECK(heap::shared().mapped_count == 0);
    CHECK(ptm_test::verdict(heap{}) == "sound");
}
