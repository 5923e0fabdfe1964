#include <ptm/inspect/damage.hpp>

#include "support/child.hpp"
#include "support/configs.hpp"
#include "support/heaps.hpp"

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace {
using ptm::fault;

const int damaged = 0;

template <int>
struct thrown : ptm::edit<ptm_test::glass, ptm::set_reporter<ptm::throwing_reporter>> {};
template <int I>
using heap_of = ptm_test::tested_heap<thrown<I>>;

void raise(fault f) { ptm::throwing_reporter::fatal(f, &damaged); }

// free_twice - with a noexcept function between here and the heap.
template <class Heap>
void free_twice() noexcept {
    void* p = Heap::malloc(24);
    Heap::free(p);
    Heap::free(p);
}
}

static_assert(std::is_base_of_v<std::exception, ptm::damage>);

TEST_CASE("damage comes out as an exception with its sentence and address") {
    try {
        ptm::damage_thrown([] { raise(fault::corrupted_top_size); });
        FAIL("nothing was thrown");
    } catch (const std::exception& e) {
        CHECK(std::string(e.what()) == "malloc(): corrupted top size");
        auto& d = dynamic_cast<const ptm::damage&>(e);
        CHECK(d.kind() == fault::corrupted_top_size);
        CHECK(d.where() == &damaged);
    }
}

TEST_CASE("every sentence is one that what() can give") {
    for (unsigned i = 0; i < static_cast<unsigned>(fault::count); ++i) {
        auto f = static_cast<fault>(i);
        CHECK(ptm::damage(f, nullptr).what() == std::string(ptm::sentence(f)));
    }
}

TEST_CASE("a double free in a heap is an exception, through functions that are noexcept") {
    CHECK_THROWS_AS(ptm::damage_thrown(free_twice<heap_of<0>>), ptm::damage);
}

TEST_CASE("what act returns and throws itself passes through") {
    int n = 7;
    static_assert(std::is_same_v<decltype(ptm::damage_thrown([&]() -> int& { return n; })), int&>);
    CHECK(&ptm::damage_thrown([&]() -> int& { return n; }) == &n);
    CHECK_THROWS_AS(ptm::damage_thrown([] { throw std::runtime_error("its own"); }), std::runtime_error);
    CHECK(ptm::landing::innermost() == nullptr);
}

TEST_CASE("of nested scopes the innermost throws, and the outer ones are there afterwards") {
    std::vector<int> order;
    auto inner = [&] {
        try {
            ptm::damage_thrown([] { raise(fault::links_disagree); });
        } catch (const ptm::damage& d) {
            order.push_back(d.kind() == fault::links_disagree ? 1 : -1);
        }
        raise(fault::double_free_out);
    };
    try {
        ptm::damage_thrown(inner);
    } catch (const ptm::damage& d) {
        order.push_back(d.kind() == fault::double_free_out ? 2 : -2);
    }
    CHECK(order == std::vector<int>{1, 2});
    CHECK(ptm::landing::innermost() == nullptr);
}

TEST_CASE("an exception of damage that nobody inside catches goes through the outer scope") {
    auto twice = [] { ptm::damage_thrown([] { raise(fault::links_disagree); }); };
    CHECK_THROWS_AS(ptm::damage_thrown(twice), ptm::damage);
    CHECK(ptm::landing::innermost() == nullptr);
}

TEST_CASE("damage found again and again is thrown again and again") {
    int caught = 0;
    for (int i = 0; i < 1000; ++i) {
        try {
            ptm::damage_thrown([] { raise(fault::links_disagree); });
        } catch (const ptm::damage&) {
            ++caught;
        }
    }
    CHECK(caught == 1000);
}

TEST_CASE("each thread has scopes of its own") {
    std::atomic<int> right = 0;
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t)
        threads.emplace_back([&right, t] {
            for (int i = 0; i < 500; ++i) {
                try {
                    ptm::damage_thrown([t] { raise(static_cast<fault>(t)); });
                } catch (const ptm::damage& d) {
                    right += d.kind() == static_cast<fault>(t);
                }
            }
        });
    for (std::thread& t : threads) t.join();
    CHECK(right == 2000);
}

TEST_CASE("a thread without a scope aborts, whatever scopes others have") {
    auto end = ptm_test::in_child(
        [] { ptm::damage_thrown([] { std::thread([] { raise(fault::links_disagree); }).join(); }); });
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.errors == "corrupted double-linked list\n");
}
