#include "support/configs.hpp"

#include <ptm/adapt/arena_allocator.hpp>

#include <list>
#include <memory_resource>
#include <string>
#include <vector>

namespace {
using config = ptm_test::glass;
using arena = ptm_test::fresh_arena<config>;
template <class T>
using vector_in = std::vector<T, ptm::arena_allocator<T, config>>;
}

TEST_CASE("allocators are equal if their arenas are one") {
    arena a, b;
    ptm::arena_allocator<int, config> in_a(a), in_b(b);
    ptm::arena_allocator<long, config> of_a(in_a);
    CHECK(in_a == of_a);
    CHECK(in_a != in_b);
    CHECK(&of_a.source() == &a);
}

TEST_CASE("a move and a swap take the arena along, and nothing moves") {
    arena a, b;
    vector_in<int> v({1, 2, 3}, a), w(b);
    const int* place = v.data();
    w = std::move(v);
    CHECK(w.data() == place);
    CHECK(&w.get_allocator().source() == &a);
    vector_in<int> other(5, 7, b);
    const int* of_other = other.data();
    swap(w, other);
    CHECK(w.data() == of_other);
    CHECK(&w.get_allocator().source() == &b);
    CHECK(other.data() == place);
}

TEST_CASE("a copy lies where it is assigned to, or where the original is, or where one says") {
    arena a, b;
    vector_in<int> v({1, 2, 3}, a), w(b);
    w = v;
    CHECK(&w.get_allocator().source() == &b);
    CHECK(b.live() == 1);
    vector_in<int> copy = v;
    CHECK(&copy.get_allocator().source() == &a);
    CHECK(a.live() == 2);
    vector_in<int> there(v, b);
    CHECK(b.live() == 2);
    CHECK(there == v);
}

TEST_CASE("what a container lets go is the arena's again") {
    ptm::arena<ptm::unsynchronized_arena> a{ptm::unsynchronized_arena::main_backend(std::pmr::new_delete_resource())};
    {
        std::list<std::string, ptm::arena_allocator<std::string>> list(a);
        for (int i = 0; i < 1000; ++i) list.push_back("text");
        CHECK(a.live() == 1000);
    }
    CHECK(a.live() == 0);
    CHECK(a.held() == 0);
}

TEST_CASE("a limit of the arena is a bad_alloc") {
    ptm::arena<ptm::unsynchronized_arena> a{ptm::unsynchronized_arena::main_backend(std::pmr::new_delete_resource())};
    a.limit(100'000);
    std::vector<char, ptm::arena_allocator<char>> v(a);
    CHECK_THROWS_AS(v.resize(200'000), std::bad_alloc);
    ptm::arena_allocator<long> longs(a);
    std::vector<long*> nodes(20'000, nullptr);
    CHECK_THROWS_AS(longs.allocate_nodes(nodes.size(), nodes.data()), std::bad_alloc);
    CHECK(a.live() == 0);
    CHECK(a.held() == 0);
}
