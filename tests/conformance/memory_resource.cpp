// The battery for memory resources: what the standard says of every one of them, and of pool resources where ours are
// to be such. It runs over the standard library's own, too: a control of the battery.
#include "support/heaps.hpp"
#include "support/live_blocks.hpp"
#include "support/regions.hpp"
#include "support/resources.hpp"
#include "support/seed.hpp"

#include <ptm/adapt/arena_resource.hpp>
#include <ptm/adapt/heap_resource.hpp>
#include <ptm/adapt/resource_adaptor.hpp>
#include <ptm/adapt/test_resource.hpp>
#include <ptm/bin/tree_bins.hpp>
#include <ptm/chunk/sealed_tag.hpp>
#include <ptm/os/listed.hpp>
#include <ptm/sync/mutex_lock.hpp>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <vector>

namespace {

using std::pmr::memory_resource;
using namespace ptm_test;

// What a subject of the battery promises beyond memory_resource.
enum class does : unsigned {
    nothing = 0,
    ask_upstream = 1,    // its memory is from `upstream`
    empty_itself = 2,    // everything freed: it holds nothing of that
    release = 4,         // has release(), and its end ends all blocks
    share = 8,           // may be used by several threads
    equal_its_like = 16, // has no state
    start_empty = 32     // asks for nothing when it is made
};
constexpr does operator|(does a, does b) { return does(unsigned(a) | unsigned(b)); }
constexpr bool has(does set, does one) { return (unsigned(set) & unsigned(one)) != 0; }

constexpr does as_an_arena = does::ask_upstream | does::empty_itself | does::release | does::start_empty;
constexpr does as_a_pool = does::ask_upstream | does::release;

template <class R>
struct over_upstream {
    bookkeeper upstream;
    R resource{&upstream};
};

// ---- ours ----------------------------------------------------------------------------------------------------------

template <class C>
struct arena_over : over_upstream<ptm::arena_resource<C>> {
    static constexpr does promise =
        as_an_arena | (std::is_same_v<typename C::lock, ptm::no_lock> ? does::nothing : does::share);
};
template <class... Edits>
using unsynchronized = ptm::edit<ptm::unsynchronized_arena, Edits...>;
struct in_a_tree : unsynchronized<ptm::set_large_bins<ptm::tree_bins>> {};
struct without_bins
    : unsynchronized<ptm::set_fast_bins<ptm::no_fast_bins>, ptm::set_unsorted_bin<ptm::no_unsorted_bin>> {};
struct sealed : unsynchronized<ptm::set_header<ptm::sealed_tag<ptm::safe_links>>> {};
struct unchecked : unsynchronized<ptm::set_checked<ptm::checks::none>> {};
struct listed : unsynchronized<ptm::set_main_backend<ptm::listed<ptm::upstream_backend<>>>> {};
struct plainly_upstream : unsynchronized<ptm::set_main_backend<ptm::upstream_backend<4096>>> {};
struct perturbed : unsynchronized<ptm::set_tuned<ptm::tuning{.mmap_max = 0, .fast_request = 1032, .perturb = 0x5a}>> {};
struct with_mutex : ptm::edit<ptm::synchronized_arena, ptm::set_lock<ptm::mutex_lock>> {};

template <std::size_t Bytes>
struct beginning_in_a_buffer {
    static constexpr does promise = as_an_arena;
    bookkeeper upstream;
    std::byte buffer[Bytes];
    ptm::arena_resource<> resource{buffer + 3, Bytes - 3, &upstream};
};

struct with_options {
    static constexpr does promise = as_an_arena;
    bookkeeper upstream;
    ptm::arena_resource<> resource{ptm::arena_options{.largest_quick = 64, .own_region = 5000}, &upstream};
};

struct in_mappings {
    static constexpr does promise = does::release;
    ptm::arena_resource<in_regions> resource;
};
struct in_a_reserve {
    struct config : ptm::edit<in_buffer, ptm::set_main_backend<ptm::reserve_backend<64_MiB>>> {};
    static constexpr does promise = does::release;
    ptm::arena_resource<config> resource;
};

struct on_a_heap {
    struct config : glass {};
    static constexpr does promise = does::share | does::equal_its_like;
    ptm::heap_resource<config> resource;
};
struct under_test : over_upstream<ptm::test_resource> {
    static constexpr does promise = does::ask_upstream | does::empty_itself | does::share | does::start_empty;
};
template <std::size_t MaxAlignment>
struct adapted {
    using allocator = std::pmr::polymorphic_allocator<int>;
    static constexpr does promise = does::ask_upstream | does::empty_itself | does::share | does::start_empty;
    bookkeeper upstream;
    ptm::resource_adaptor<allocator, MaxAlignment> resource{allocator(&upstream)};
};
struct adapted_new {
    static constexpr does promise = does::share | does::equal_its_like;
    ptm::resource_adaptor<std::allocator<long>> resource;
};

// ---- the standard library's ----------------------------------------------------------------------------------------

struct unsynchronized_pools : over_upstream<std::pmr::unsynchronized_pool_resource> {
    static constexpr does promise = as_a_pool;
};
struct synchronized_pools : over_upstream<std::pmr::synchronized_pool_resource> {
    static constexpr does promise = as_a_pool | does::share;
};
struct operator_new {
    static constexpr does promise = does::share;
    memory_resource& resource = *std::pmr::new_delete_resource();
};

using subjects =
    std::tuple<arena_over<ptm::unsynchronized_arena>, arena_over<ptm::synchronized_arena>, arena_over<with_mutex>,
               arena_over<in_a_tree>, arena_over<without_bins>, arena_over<sealed>, arena_over<unchecked>,
               arena_over<listed>, arena_over<plainly_upstream>, arena_over<perturbed>, beginning_in_a_buffer<1000>,
               beginning_in_a_buffer<100'000>, with_options, in_mappings, in_a_reserve, on_a_heap, under_test,
               adapted<alignof(std::max_align_t)>, adapted<1>, adapted<4096>, adapted_new, unsynchronized_pools,
               synchronized_pools, operator_new>;

template <class T>
constexpr bool is_a_control = std::is_same_v<T, unsynchronized_pools> || std::is_same_v<T, synchronized_pools>;

template <class T>
bool upstream_agrees(T& t) {
    if constexpr (has(T::promise, does::ask_upstream)) return t.upstream.wrong() == 0;
    return true;
}

template <class T>
std::size_t held(T& t) {
    if constexpr (has(T::promise, does::ask_upstream)) return t.upstream.held();
    return 0;
}

struct block {
    void* at;
    std::size_t bytes, alignment;
};

void free_all(memory_resource& r, std::vector<block>& all) {
    for (block b : all) r.deallocate(b.at, b.bytes, b.alignment);
    all.clear();
}

} // namespace

TEMPLATE_LIST_TEST_CASE("memory resource: every size and alignment", "", subjects) {
    auto t = std::make_unique<TestType>();
    memory_resource& r = t->resource;
    std::vector<block> all;
    int wrong = 0;
    for (std::size_t alignment = 1; alignment <= 4096; alignment *= 2)
        for (std::size_t bytes :
             {0u, 1u, 2u, 7u, 8u, 15u, 16u, 17u, 24u, 25u, 63u, 64u, 100u, 1032u, 1033u, 4096u, 5000u, 40'000u}) {
            // The library's pools ignore an alignment that a size between two of theirs is no multiple of.
            if (is_a_control<TestType> && bytes % alignment != 0) continue;
            void* p = r.allocate(bytes, alignment);
            wrong += p == nullptr || reinterpret_cast<std::uintptr_t>(p) % alignment != 0;
            std::memset(p, 0x5a, bytes);
            all.push_back({p, bytes, alignment});
        }
    CHECK(wrong == 0);
    free_all(r, all);
    CHECK(upstream_agrees(*t));
    if (has(TestType::promise, does::empty_itself)) CHECK(held(*t) == 0);
}

TEMPLATE_LIST_TEST_CASE("memory resource: blocks of no bytes differ", "", subjects) {
    auto t = std::make_unique<TestType>();
    memory_resource& r = t->resource;
    std::set<void*> places;
    for (int i = 0; i < 100; ++i) places.insert(r.allocate(0));
    CHECK(places.size() == 100);
    CHECK(places.count(nullptr) == 0);
    for (void* p : places) r.deallocate(p, 0);
    if (has(TestType::promise, does::empty_itself)) CHECK(held(*t) == 0);
}

TEMPLATE_LIST_TEST_CASE("memory resource: a random run, in which no block touches another", "", subjects) {
    PTM_TEST_SEED(random);
    auto t = std::make_unique<TestType>();
    memory_resource& r = t->resource;
    live_blocks live;
    std::vector<std::size_t> alignments;
    int wrong = 0;
    for (std::size_t i = 0; i < steps(1500); ++i) {
        if (live.empty() || random() % 100 < (live.size() < 150 ? 60u : 30u)) {
            std::size_t alignment = random() % 4 != 0 ? 8 : std::size_t{1} << random() % 13;
            std::size_t bytes = random() % (random() % 8 != 0 ? 300 : 50'000);
            wrong += !live.add(r.allocate(bytes, alignment), bytes);
            alignments.push_back(alignment);
        } else {
            std::size_t at = random() % live.size();
            auto b = live.take(at);
            wrong += !b.intact();
            r.deallocate(b.at, b.bytes, alignments[at]);
            alignments[at] = alignments.back();
            alignments.pop_back();
        }
    }
    wrong += !live.intact();
    while (!live.empty()) {
        auto b = live.take(live.size() - 1);
        r.deallocate(b.at, b.bytes, alignments.back());
        alignments.pop_back();
    }
    CHECK(wrong == 0);
    CHECK(upstream_agrees(*t));
    if (has(TestType::promise, does::empty_itself)) CHECK(held(*t) == 0);
}

TEMPLATE_LIST_TEST_CASE("memory resource: equality", "", subjects) {
    auto a = std::make_unique<TestType>(), b = std::make_unique<TestType>();
    memory_resource &one = a->resource, &other = b->resource;
    bookkeeper stranger;
    CHECK(one == one);
    CHECK(one.is_equal(one));
    CHECK(one != stranger);
    CHECK_FALSE(one.is_equal(stranger));
    CHECK((one == other) == (other == one));
    CHECK((one == other) == (&one == &other || has(TestType::promise, does::equal_its_like)));
    if (one == other) {
        void* p = one.allocate(100);
        other.deallocate(p, 100); // that is what equality means
    }
}

TEMPLATE_LIST_TEST_CASE("memory resource: what cannot be had is std::bad_alloc", "", subjects) {
    auto t = std::make_unique<TestType>();
    memory_resource& r = t->resource;
    void* p = r.allocate(100);
    std::memset(p, 1, 100);
    // The standard library's have no answer of their own to such sizes, and a sanitizer's operator new has another one.
    if constexpr (!std::is_same_v<TestType, operator_new> && !std::is_same_v<TestType, adapted_new>
                  && !is_a_control<TestType>)
        for (std::size_t alignment : {1u, 16u, 64u, 4096u})
            for (std::size_t bytes : {SIZE_MAX, SIZE_MAX - 8, SIZE_MAX - 64, SIZE_MAX / 2, SIZE_MAX / 2 + 1})
                CHECK_THROWS_AS(r.allocate(bytes, alignment), std::bad_alloc);
    void* q = r.allocate(100);
    CHECK(p != q);
    r.deallocate(q, 100);
    r.deallocate(p, 100);
    if (has(TestType::promise, does::empty_itself)) CHECK(held(*t) == 0);
}

// Fails upstream at one call after the other; what was had before stays usable, and the exception is upstream's.
// Not over the standard library's pools: GCC 12's crash when they are used again after their upstream threw.
TEMPLATE_LIST_TEST_CASE("memory resource: an exception of upstream comes out unchanged", "", subjects) {
    if constexpr (has(TestType::promise, does::ask_upstream) && !is_a_control<TestType>)
        for (std::size_t n = 0; n < 12; ++n) {
            auto t = std::make_unique<TestType>();
            memory_resource& r = t->resource;
            t->upstream.fails_from = n;
            live_blocks live;
            std::vector<std::size_t> sizes;
            bool thrown = false;
            while (!thrown) {
                std::size_t bytes = 1 + live.size() * 97 % 9000;
                try {
                    void* p = r.allocate(bytes);
                    REQUIRE(live.add(p, bytes));
                } catch (const out_of_cards& e) {
                    thrown = true;
                    CHECK(e.call + 1 == t->upstream.calls()); // the last one
                    CHECK(e.call >= n);
                }
            }
            CHECK(live.intact());
            t->upstream.fails_from = static_cast<std::size_t>(-1);
            void* p = r.allocate(10'000);
            CHECK(live.add(p, 10'000));
            CHECK(live.intact());
            while (!live.empty()) {
                auto b = live.take(0);
                r.deallocate(b.at, b.bytes);
            }
            CHECK(upstream_agrees(*t));
            if (has(TestType::promise, does::empty_itself)) CHECK(held(*t) == 0);
        }
}

TEMPLATE_LIST_TEST_CASE("memory resource: release() and the end give back what nobody freed", "", subjects) {
    if constexpr (has(TestType::promise, does::release)) {
        auto t = std::make_unique<TestType>();
        memory_resource& r = t->resource;
        for (int round = 0; round < 3; ++round) {
            for (unsigned i = 0; i < 300; ++i) std::memset(r.allocate(1 + i * 31 % 3000), 1, 1 + i * 31 % 3000);
            std::memset(r.allocate(100'000, 64), 1, 100'000);
            t->resource.release();
            CHECK(held(*t) == 0);
            CHECK(upstream_agrees(*t));
        }
    }
    if constexpr (has(TestType::promise, does::release) && has(TestType::promise, does::ask_upstream)) {
        bookkeeper upstream;
        {
            std::decay_t<decltype(TestType::resource)> r(&upstream);
            for (unsigned i = 0; i < 300; ++i) std::memset(r.allocate(1 + i * 31 % 3000), 1, 1 + i * 31 % 3000);
            CHECK(upstream.held() > 0);
        }
        CHECK(upstream.held() == 0);
        CHECK(upstream.wrong() == 0);
    }
}

TEMPLATE_LIST_TEST_CASE("memory resource: nothing is asked for when it is made", "", subjects) {
    if constexpr (has(TestType::promise, does::start_empty)) {
        auto t = std::make_unique<TestType>();
        CHECK(t->upstream.calls() == 0);
    }
}

namespace {

// Fills containers of all kinds, and reads them again.
int wrong_in_containers(memory_resource& r) {
    std::pmr::vector<int> numbers(&r);
    std::pmr::list<long> list(&r);
    std::pmr::map<int, std::pmr::string> map(&r);
    std::pmr::unordered_map<int, std::pmr::string> table(&r);
    std::pmr::deque<char> deque(&r);
    std::pmr::vector<std::pmr::string> strings(&r);
    for (int i = 0; i < 700; ++i) {
        numbers.push_back(i);
        list.push_front(i);
        map[i].assign(static_cast<std::size_t>(i % 90), 'm');
        table[i].assign(static_cast<std::size_t>(i % 50), 't');
        deque.push_back(static_cast<char>(i));
        if (i % 3 == 0) map.erase(i / 2);
        strings.emplace_back(static_cast<std::size_t>(i), 's');
    }
    int wrong = strings.front().get_allocator().resource() != &r;
    for (int i = 0; i < 700; ++i) {
        auto n = static_cast<std::size_t>(i);
        wrong += numbers[n] != i || deque[n] != static_cast<char>(i) || strings[n] != std::pmr::string(n, 's', &r);
        wrong += table.at(i) != std::pmr::string(n % 50, 't', &r);
    }
    for (auto& [i, s] : map) wrong += s != std::pmr::string(static_cast<std::size_t>(i % 90), 'm', &r);
    std::pmr::vector<std::pmr::string> copied(strings, &r), moved(std::move(strings), &r);
    return wrong + (copied != moved) + (list.back() != 0);
}

} // namespace

TEMPLATE_LIST_TEST_CASE("memory resource: containers", "", subjects) {
    auto t = std::make_unique<TestType>();
    CHECK(wrong_in_containers(t->resource) == 0);
    CHECK(upstream_agrees(*t));
    if (has(TestType::promise, does::empty_itself)) CHECK(held(*t) == 0);
}

TEMPLATE_LIST_TEST_CASE("memory resource: two threads, each with containers, and blocks that the other frees", "",
                        subjects) {
    if constexpr (has(TestType::promise, does::share)) {
        auto t = std::make_unique<TestType>();
        memory_resource& r = t->resource;
        std::atomic<void*> mailbox = nullptr;
        std::atomic<int> wrong = 0;
        auto work = [&] {
            for (int round = 0; round < 3; ++round) {
                wrong += wrong_in_containers(r);
                for (int i = 0; i < 500; ++i)
                    if (void* p = mailbox.exchange(r.allocate(200, 32))) r.deallocate(p, 200, 32);
            }
        };
        std::thread a(work), b(work);
        a.join();
        b.join();
        r.deallocate(mailbox, 200, 32);
        CHECK(wrong == 0);
        CHECK(upstream_agrees(*t));
        if (has(TestType::promise, does::empty_itself)) CHECK(held(*t) == 0);
    }
}

// Each thread fails on its own call of upstream, and gets the exception of that call: no two the same.
TEMPLATE_LIST_TEST_CASE("memory resource: threads that fail at once each have their own exception", "", subjects) {
    if constexpr (has(TestType::promise, does::share) && has(TestType::promise, does::ask_upstream)) {
        auto t = std::make_unique<TestType>();
        t->upstream.fails_from = 0;
        std::atomic<int> other = 0;
        std::vector<std::size_t> calls[2];
        auto fail = [&](std::vector<std::size_t>& seen) {
            for (int i = 0; i < 500; ++i) try {
                    static_cast<void>(t->resource.allocate(40'000)); // more than a buffer has
                    ++other;
                } catch (const out_of_cards& e) {
                    seen.push_back(e.call);
                } catch (...) {
                    ++other;
                }
        };
        std::thread a([&] { fail(calls[0]); }), b([&] { fail(calls[1]); });
        a.join();
        b.join();
        std::set<std::size_t> distinct(calls[0].begin(), calls[0].end());
        distinct.insert(calls[1].begin(), calls[1].end());
        CHECK(other == 0);
        CHECK(distinct.size() == 1000);
    }
}
