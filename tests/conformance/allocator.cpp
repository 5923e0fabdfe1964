// The battery for allocators of containers: what the standard asks of one (Cpp17Allocator), containers that live on it,
// and what ours can do beyond.
#include "support/configs.hpp"
#include "support/heaps.hpp"
#include "support/live_blocks.hpp"
#include "support/seed.hpp"

#include <ptm/adapt/arena_allocator.hpp>
#include <ptm/adapt/heap_allocator.hpp>
#include <ptm/bin/tree_bins.hpp>
#include <ptm/chunk/compact_tag.hpp>
#include <ptm/chunk/sealed_tag.hpp>
#include <ptm/heap/glibc_2_42.hpp>
#include <ptm/os/buffer.hpp>
#include <ptm/thread/budget_cache.hpp>

#include <algorithm>
#include <deque>
#include <list>
#include <map>
#include <memory_resource>
#include <numeric>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace {
using namespace ptm;
using ptm_test::glass;

struct twenty_four {
    long words[3];
};
struct alignas(256) wide {
    char bytes[300];
};

// over_heap, over_arena - where the allocators of a test come from; at the end nothing of theirs is left.
template <class C>
struct over_heap {
    template <class T>
    using allocator = heap_allocator<T, C>;
    template <class T>
    static allocator<T> get() {
        return {};
    }
    static std::string verdict() { return ptm_test::verdict(heap<C>{}); }
    static std::size_t left() { return 0; } // what lies in caches counts as used
};

alignas(64) std::byte buffer[1 << 20];

template <class C>
arena<C>& the_arena() {
    if constexpr (std::is_constructible_v<typename C::main_backend, std::pmr::memory_resource*>) {
        static arena<C> a{typename C::main_backend(std::pmr::new_delete_resource())};
        return a;
    } else if constexpr (std::is_constructible_v<typename C::main_backend, pages>) {
        static arena<C> a{typename C::main_backend(pages{buffer, sizeof buffer})};
        return a;
    } else {
        static ptm_test::fresh_arena<C> a;
        return a;
    }
}

template <class C>
struct over_arena {
    template <class T>
    using allocator = arena_allocator<T, C>;
    template <class T>
    static allocator<T> get() {
        return the_arena<C>();
    }
    static std::string verdict() { return ptm_test::verdict(the_arena<C>()); }
    static std::size_t left() { return the_arena<C>().live(); }
};

struct plain_glass : glass {};
struct without_cache : edit<glass, set_cache<no_cache>> {};
struct budgeted : edit<glass, set_cache<budget_cache<>>> {};
struct as_2_42 : ptm_test::in_glass<glibc_2_42> {};
struct sealed : edit<glass, set_header<sealed_tag<safe_links>>> {};
struct with_environment : edit<glass, set_tuned<tuning{.environment = environment_source::glibc_variables}>> {};
struct never_cached : edit<glass, set_tuned<tuning{.cache_count = 0}>> {};
struct tiny_limit : edit<glass, set_tuned<tuning{.cache_request = 24}>> {};
struct mapping_all : edit<glass, set_tuned<tuning{.mmap_threshold = 0, .adaptive = false}>> {};
struct in_a_tree : edit<glass, set_large_bins<tree_bins>, set_lock<no_lock>> {};
struct compact : edit<glass, set_header<compact_tag>, set_main_backend<buffer_backend>, set_mapped_backend<no_backend>,
                      set_cache<no_cache>> {};

using subjects = std::tuple<over_heap<container_heap>, over_heap<plain_glass>, over_heap<without_cache>,
                            over_heap<budgeted>, over_heap<as_2_42>, over_heap<sealed>, over_heap<with_environment>,
                            over_heap<never_cached>, over_heap<tiny_limit>, over_heap<mapping_all>,
                            over_arena<unsynchronized_arena>, over_arena<synchronized_arena>, over_arena<plain_glass>,
                            over_arena<mapping_all>, over_arena<in_a_tree>, over_arena<compact>>;

template <class A>
using traits = std::allocator_traits<A>;

template <class A, class U>
using rebound = typename traits<A>::template rebind_alloc<U>;

// meets_the_requirements - Cpp17Allocator, as far as types can show it.
template <class S>
constexpr bool meets_the_requirements() {
    using a = typename S::template allocator<int>;
    using b = typename S::template allocator<twenty_four>;
    static_assert(std::is_same_v<typename a::value_type, int> && std::is_same_v<typename traits<a>::pointer, int*>);
    static_assert(std::is_same_v<typename traits<a>::size_type, std::size_t>);
    static_assert(std::is_same_v<rebound<a, twenty_four>, b> && std::is_same_v<rebound<b, int>, a>);
    static_assert(std::is_same_v<rebound<a, int>, a>);
    static_assert(std::is_nothrow_copy_constructible_v<a> && std::is_nothrow_move_constructible_v<a>);
    static_assert(std::is_nothrow_copy_assignable_v<a> && std::is_nothrow_swappable_v<a>);
    static_assert(std::is_nothrow_constructible_v<a, const b&> && std::is_nothrow_constructible_v<b, const a&>);
    static_assert(std::is_convertible_v<const b&, a>);
    static_assert(noexcept(std::declval<a&>() == std::declval<b&>()));
    static_assert(noexcept(std::declval<a&>() != std::declval<a&>()));
    static_assert(noexcept(std::declval<a&>().deallocate(nullptr, 1)));
    static_assert(!noexcept(std::declval<a&>().allocate(1)));
    static_assert(std::is_same_v<decltype(std::declval<a&>().allocate(1)), int*>);
    static_assert(std::is_same_v<decltype(std::declval<a&>().allocate_at_least(1)), allocation_result<int*>>);
    static_assert(std::is_same_v<decltype(traits<a>::select_on_container_copy_construction(std::declval<a&>())), a>);
    return true;
}

static_assert(traits<heap_allocator<int>>::is_always_equal::value && std::is_empty_v<heap_allocator<int>>);
static_assert(std::is_default_constructible_v<heap_allocator<int>>);
static_assert(std::is_nothrow_move_assignable_v<std::vector<int, heap_allocator<int>>>);
static_assert(sizeof(std::vector<int, heap_allocator<int>>) == sizeof(std::vector<int>));
static_assert(!traits<arena_allocator<int>>::is_always_equal::value);
static_assert(!std::is_default_constructible_v<arena_allocator<int>>);
static_assert(std::is_nothrow_move_assignable_v<std::vector<int, arena_allocator<int>>>);
static_assert(sizeof(arena_allocator<int>) == sizeof(void*));

template <class S>
struct containers {
    template <class T>
    using allocator = typename S::template allocator<T>;
    using string = std::basic_string<char, std::char_traits<char>, allocator<char>>;

    std::vector<int, allocator<int>> vector{S::template get<int>()};
    std::deque<int, allocator<int>> deque{S::template get<int>()};
    std::list<int, allocator<int>> list{S::template get<int>()};
    std::map<int, int, std::less<int>, allocator<std::pair<const int, int>>> map{
        S::template get<std::pair<const int, int>>()};
    std::unordered_map<int, int, std::hash<int>, std::equal_to<int>, allocator<std::pair<const int, int>>> hashed{
        S::template get<std::pair<const int, int>>()};
    string text{S::template get<char>()};

    void put(int n) {
        vector.push_back(n);
        deque.push_front(n);
        list.push_back(n);
        map[n] = 2 * n;
        hashed[n] = 3 * n;
        text += static_cast<char>('a' + n % 26);
    }
    bool hold(int n) const {
        auto size = static_cast<std::size_t>(n);
        long sum = n * (n - 1L) / 2;
        bool all = std::accumulate(vector.begin(), vector.end(), 0L) == sum
            && std::accumulate(deque.begin(), deque.end(), 0L) == sum
            && std::accumulate(list.begin(), list.end(), 0L) == sum && map.size() == size && hashed.size() == size
            && text.size() == size;
        for (int i = 0; i < n; ++i) all = all && map.at(i) == 2 * i && hashed.at(i) == 3 * i;
        return all;
    }
};

} // namespace

TEMPLATE_LIST_TEST_CASE("an allocator is what the standard calls one", "", subjects) {
    STATIC_REQUIRE(meets_the_requirements<TestType>());
    auto ints = TestType::template get<int>();
    auto others = TestType::template get<twenty_four>();
    decltype(ints) back(others), copy = ints;
    CHECK(ints == others);
    CHECK(back == ints);
    CHECK(copy == ints);
    CHECK_FALSE(ints != copy);
    copy.deallocate(ints.allocate(3), 3);
    CHECK(TestType::verdict() == "sound");
}

TEMPLATE_LIST_TEST_CASE("containers live on it", "", subjects) {
    {
        containers<TestType> c;
        for (int i = 0; i < 700; ++i) c.put(i);
        CHECK(c.hold(700));
        containers<TestType> copy = c;
        CHECK(copy.hold(700));
        c.list.clear();
        c.map.erase(c.map.begin(), c.map.find(600));
        c.hashed.clear();
        containers<TestType> moved = std::move(copy);
        CHECK(moved.hold(700));
        std::swap(moved.vector, c.vector);
        std::swap(moved.text, c.text);
        CHECK(moved.hold(700));
        CHECK(TestType::verdict() == "sound");
    }
    CHECK(TestType::verdict() == "sound");
    CHECK(TestType::left() == 0);
}

TEMPLATE_LIST_TEST_CASE("what cannot be is refused in the way that the standard says", "", subjects) {
    auto a = TestType::template get<twenty_four>();
    std::size_t most = a.max_size();
    CHECK(most == largest_request / sizeof(twenty_four));
    CHECK_THROWS_AS(a.allocate(ptm_test::hidden(SIZE_MAX / 3)), std::bad_array_new_length);
    CHECK_THROWS_AS(a.allocate_at_least(ptm_test::hidden(SIZE_MAX / 3)), std::bad_array_new_length);
    CHECK_THROWS_AS(a.allocate(ptm_test::hidden(most + 1)), std::bad_alloc);
    CHECK_THROWS_AS(a.allocate(ptm_test::hidden(most)), std::bad_alloc);
    twenty_four* none[1] = {};
    CHECK_THROWS_AS(a.allocate_nodes(ptm_test::hidden(SIZE_MAX), none), std::bad_array_new_length);
    CHECK_THROWS_AS(a.allocate_nodes(ptm_test::hidden(most + 1), none), std::bad_alloc);
    CHECK(none[0] == nullptr);
    twenty_four* p = a.allocate(1);
    CHECK_FALSE(a.try_expand(p, 1, SIZE_MAX / 3));
    CHECK_FALSE(a.try_expand(p, 1, most + 1));
    a.deallocate(p, 1);
    CHECK(TestType::verdict() == "sound");
}

TEMPLATE_LIST_TEST_CASE("no objects are a block, too", "", subjects) {
    auto a = TestType::template get<twenty_four>();
    twenty_four *p = a.allocate(0), *q = a.allocate(0);
    CHECK(p != q);
    a.deallocate(p, 0);
    a.deallocate(q, 0);
    CHECK(TestType::verdict() == "sound");
}

TEMPLATE_LIST_TEST_CASE("what needs more alignment has it", "", subjects) {
    auto a = TestType::template get<wide>();
    std::vector<wide*> all;
    for (std::size_t n = 1; n < 20; ++n) {
        all.push_back(a.allocate(n));
        REQUIRE(is_aligned(all.back(), 256));
        std::memset(static_cast<void*>(all.back()), 7, n * sizeof(wide));
    }
    wide* nodes[8];
    a.allocate_nodes(8, nodes);
    for (wide* p : nodes) CHECK(is_aligned(p, 256));
    for (std::size_t i = 0; i < all.size(); ++i) a.deallocate(all[i], i + 1);
    a.deallocate_nodes(8, nodes);
    CHECK(TestType::verdict() == "sound");
}

TEMPLATE_LIST_TEST_CASE("there is room for as many as allocate_at_least says", "", subjects) {
    auto a = TestType::template get<char>();
    for (std::size_t n : {0u, 1u, 7u, 24u, 25u, 100u, 1000u, 5000u, 70'000u}) {
        auto [p, count] = a.allocate_at_least(ptm_test::hidden(n));
        CHECK(count >= n);
        CHECK(count >= 8);
        std::memset(p, 1, count);
        CHECK(TestType::verdict() == "sound");
        a.deallocate(p, count);
    }
}

TEMPLATE_LIST_TEST_CASE("nodes come together, and go together or alone", "", subjects) {
    PTM_TEST_SEED(random);
    auto a = TestType::template get<twenty_four>();
    for (std::size_t n : {0u, 1u, 2u, 5u, 64u, 1000u}) {
        std::vector<twenty_four*> nodes(n);
        ptm_test::live_blocks live;
        a.allocate_nodes(n, nodes.data());
        for (twenty_four* p : nodes) {
            REQUIRE(is_aligned(p, alignof(twenty_four)));
            REQUIRE(live.add(p, sizeof *p));
        }
        CHECK(TestType::verdict() == "sound");
        CHECK(live.intact());
        std::shuffle(nodes.begin(), nodes.end(), random);
        std::size_t alone = n / 2;
        for (std::size_t i = 0; i < alone; ++i) a.deallocate(nodes[i], 1);
        CHECK(TestType::verdict() == "sound");
        a.deallocate_nodes(n - alone, nodes.data() + alone);
        CHECK(TestType::verdict() == "sound");
    }
    CHECK(TestType::left() == 0);
}

TEMPLATE_LIST_TEST_CASE("a block that expands stays where it is, with what is in it", "", subjects) {
    PTM_TEST_SEED(random);
    auto a = TestType::template get<char>();
    std::size_t grown = 0;
    ptm_test::live_blocks live;
    for (std::size_t i = 0; i < ptm_test::steps(600); ++i) {
        std::size_t n = random() % 3000, more = random() % 6000;
        char* p = a.allocate(n);
        REQUIRE(live.add(p, n));
        auto b = live.take(live.size() - 1);
        bool did = a.try_expand(p, n, more);
        REQUIRE(ptm_test::painted(p, std::min(n, did ? more : n), b.tag));
        grown += did && more > n;
        REQUIRE(live.add(p, did ? more : n)); // overlaps with nothing
        if (live.size() > 30) {
            auto old = live.take(random() % live.size());
            REQUIRE(old.intact());
            a.deallocate(static_cast<char*>(old.at), old.bytes);
        }
        if (i % 32 == 0) REQUIRE(TestType::verdict() == "sound");
    }
    while (!live.empty()) {
        auto old = live.take(live.size() - 1);
        CHECK(old.intact());
        a.deallocate(static_cast<char*>(old.at), old.bytes);
    }
    CHECK(grown > 0);
    CHECK(TestType::verdict() == "sound");
    CHECK(TestType::left() == 0);
}
