#include "support/playground.hpp"
#include "support/seed.hpp"

#include "support/catch.hpp"

#include <ptm/chunk/listed_tag.hpp>
#include <ptm/chunk/natural_tag.hpp>
#include <ptm/observe/asan_poisoning.hpp>
#include <ptm/thread/front_cache.hpp>

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

namespace {
using context = ptm_test::safe_context;
using header = context::header;
using cache = ptm::front_cache<>::in<context>;
using chunk = ptm::chunk_in<context>;
using chunks = std::vector<chunk*>;
using ptm::batch;

constexpr ptm::chunk_size of(std::size_t n) { return ptm::chunk_size{n}; }
constexpr bool wide = sizeof(void*) == 8;

struct bench {
    ptm_test::playground<context> ground{16u << 20};
    cache c{};
    cache::limits bounds{};

    explicit bench(std::size_t budget = 256 * 1024) {
        bounds.set({.cache_budget = budget});
        c.begin(bounds);
    }

    chunk* make(unsigned list) { return ground.make(ptm::bytes(cache::size_in(list))); }

    // free - as a heap does it where no other thread wants any.
    void free(unsigned list, chunk* made) {
        if (!c.make_room(list)) idle(c.leaving(list, bounds, 0));
        c.push(list, made);
    }
    chunk* add(unsigned list) {
        chunk* made = make(list);
        free(list, made);
        return made;
    }
    static chunks in(batch b) {
        chunks seen;
        cache::for_each_in(b, [&](chunk* each) { seen.push_back(each); });
        return seen;
    }
    // batch_of - chunks one behind the other, as a transfer cache would give them.
    batch batch_of(unsigned list, unsigned count) {
        cache other;
        other.begin(bounds);
        cache::refill r(other, list);
        for (unsigned i = 0; i < count; ++i) r(make(list));
        return other.all_of(list);
    }

    // accounted - is what is granted what all lists together give up?
    bool accounted() const {
        cache copy = c;
        for (unsigned i = 1; i < cache::lists; ++i) {
            std::size_t before = copy.granted(), held = 0;
            while (batch b = copy.all_of(i)) held += b.count;
            std::size_t gone = before - copy.granted(), each = ptm::bytes(cache::size_in(i));
            if (gone % each != 0 || gone < held * each) return false;
        }
        return copy.granted() == 0;
    }

    static void idle(const batch&) {}
};

unsigned list_of(std::size_t n) { return cache::list_of(of(n)); }

// floors - bytes that all lists may be granted whatever the budget is.
std::size_t floors() {
    std::size_t sum = 0;
    for (unsigned i = 1; i < cache::lists; ++i) sum += 3 * cache::batch_of(i) * ptm::bytes(cache::size_in(i));
    return sum;
}
}

TEST_CASE("every request is served by every chunk of its list, and every chunk belongs to one") {
    for (std::size_t request = 0; request <= cache::most_request; ++request) {
        unsigned i = cache::list_for(request);
        REQUIRE(i >= 1);
        REQUIRE(i < cache::lists);
        REQUIRE(cache::size_in(i) >= header::size_for(request));
        if (i > 1) REQUIRE(cache::size_in(i - 1) < header::size_for(request));
    }
    for (std::size_t n = 32; cache::cacheable(of(n)); n += 16) {
        REQUIRE(ptm::bytes(cache::size_in(list_of(n))) <= n);
        REQUIRE(list_of(n) < cache::lists);
    }
    CHECK(list_of(ptm::bytes(cache::size_in(cache::lists - 1))) == cache::lists - 1);
}

TEST_CASE("a list that has room takes a chunk at once, one that has none or had nothing yet does not") {
    bench t;
    unsigned i = list_of(208);
    chunk *first = t.make(i), *second = t.make(i);
    CHECK_FALSE(t.c.accept_in(i, first));
    CHECK_FALSE(t.c.holds_any(i));
    t.free(i, first);
    REQUIRE(t.c.accept_in(i, second));
    CHECK(t.c.get_from(i) == header::to_user(second));
    CHECK(t.c.get_from(i) == header::to_user(first));
    unsigned taken = 0;
    while (t.c.accept_in(i, t.make(i))) ++taken;
    CHECK(taken == cache::batch_of(i));
    CHECK(t.c.cached(of(208)) == taken);
    CHECK(cache{}.accept_in(i, first) == false);
    CHECK(t.accounted());
}

TEST_CASE("sizes that no chunk has, and such above the largest, are not cached") {
    bench t;
    for (std::size_t n : {std::size_t{0}, std::size_t{16}, std::size_t{80'000}, std::size_t{1} << 40}) {
        CHECK_FALSE(cache::cacheable(of(n)));
        CHECK_FALSE(t.c.has_room(of(n), t.bounds));
    }
    CHECK(t.c.get(cache::most_request + 1, t.bounds) == nullptr);
    CHECK(t.c.get(SIZE_MAX, t.bounds) == nullptr);
    CHECK(t.c.get_aligned(SIZE_MAX, 64, t.bounds) == nullptr);
    CHECK(t.c.get_at_once(SIZE_MAX) == nullptr);
}

TEST_CASE("a batch is 4 KiB, or 12 where that makes up to eight chunks, two at least, but of those above 32 KiB one") {
    for (unsigned i = 1; i < cache::lists; ++i) {
        std::size_t n = ptm::bytes(cache::size_in(i)), count = cache::batch_of(i);
        REQUIRE(count <= 64);
        if (i > 1 && cache::size_in(i) > cache::size_in(i - 1)) REQUIRE(count <= cache::batch_of(i - 1));
        if (count > 8) REQUIRE(count * n <= 4096);
        if (count > 2) REQUIRE(count * n <= 12 * 1024);
        if (count > 2 && count != 64 && count != 8) REQUIRE((count + 1) * n > (count > 8 ? 4096 : 12 * 1024));
        if (count <= 2) REQUIRE((n > 32 * 1024) == (count == 1));
    }
    CHECK(cache::batch_of(1) == 64);
    CHECK(cache::batch_of(cache::lists - 1) == 1);
}

TEST_CASE("the usual path takes from the front of the request's list, whatever the size") {
    bench t;
    chunks of_list(cache::lists);
    for (std::size_t request = 0; request <= cache::most_request; ++request) {
        unsigned i = cache::list_for(request);
        REQUIRE(t.c.get_at_once(request) == nullptr);
        if (!of_list[i]) of_list[i] = t.make(i);
        t.free(i, of_list[i]);
        REQUIRE(t.c.get_at_once(request) == header::to_user(of_list[i]));
    }
    CHECK(t.c.get_at_once(cache::most_request + 1) == nullptr);
}

TEST_CASE("what the usual path takes back, it takes by the word, up to the room there is") {
    bench t;
    chunk *a = t.ground.make(64), *b = t.ground.make(64);
    CHECK_FALSE(t.c.accept_at_once(a, header::peek(a))); // no room was granted yet
    REQUIRE(t.c.make_room(list_of(64)));
    CHECK(t.c.accept_at_once(a, header::peek(a)));
    header::set_used(b, of(64), true); // of a side arena
    CHECK(t.c.accept_at_once(b, header::peek(b)));
    CHECK(t.c.cached(of(64)) == 2);
    for (std::size_t n : {std::size_t{1056}, std::size_t{4096}, std::size_t{1} << 20}) {
        t.c.make_room(list_of(1056));
        chunk* large = t.ground.make(1056);
        header::set_size(large, of(n));
        CHECK_FALSE(t.c.accept_at_once(large, header::peek(large)));
    }
    unsigned more = 0;
    for (chunk* c = t.ground.make(64); t.c.accept_at_once(c, header::peek(c)); c = t.ground.make(64)) ++more;
    CHECK(more + 2 == cache::batch_of(list_of(64)));
    chunk* c = t.ground.make(64);
    CHECK_FALSE(t.c.accept_at_once(c, header::peek(c))); // a refusal costs no room
    CHECK(t.c.get_at_once(56) != nullptr);
    CHECK(t.c.accept_at_once(c, header::peek(c)));
    CHECK(t.accounted());
}

TEST_CASE("a size that is known while compiling has the list of its chunks") {
    bench t;
    constexpr ptm::chunk_size n{64};
    STATIC_REQUIRE((!wide || (cache::knows(of(1040)) && !cache::knows(of(1056)))));
    chunk *a = t.ground.make(64), *b = t.ground.make(64);
    CHECK_FALSE(t.c.accept_known<n, ptm::tuning{}>(a, t.bounds));
    CHECK(t.c.get_known<n>() == nullptr);
    REQUIRE(t.c.make_room(list_of(64)));
    CHECK(t.c.accept_known<n, ptm::tuning{}>(a, t.bounds));
    CHECK(t.c.accept_at_once(b, header::peek(b)));
    CHECK(t.c.get_known<n>() == header::to_user(b));
    CHECK(t.c.get(56, t.bounds) == header::to_user(a));
}

TEST_CASE("before it begins a front cache takes nothing, and nobody's never does") {
    ptm_test::playground<context> ground;
    cache c;
    cache::limits bounds;
    bounds.set({});
    chunk* made = ground.make(64);
    CHECK_FALSE(c.accept_at_once(made, header::peek(made)));
    CHECK_FALSE(c.accept(made, of(64), bounds));
    CHECK(c.get(56, bounds) == nullptr);
    CHECK(c.granted() == 0);
    CHECK_FALSE(cache::nobody()->accept_at_once(made, header::peek(made)));
    CHECK(cache::nobody()->get_at_once(56) == nullptr);
}

TEST_CASE("after its end a front cache takes nothing, by whichever way") {
    bench t;
    for (unsigned i = 1; i < cache::lists; ++i) t.add(i);
    for (unsigned i = 1; i < cache::lists; ++i) CHECK(t.c.all_of(i).count == 1);
    CHECK(t.c.granted() == 0);
    t.c.end();
    for (unsigned i = 1; i < cache::lists; ++i) {
        chunk* made = t.make(i);
        REQUIRE_FALSE(t.c.accept_at_once(made, header::peek(made)));
        REQUIRE_FALSE(t.c.has_room(header::size_of(made), t.bounds));
        REQUIRE_FALSE(t.c.accept(made, header::size_of(made), t.bounds));
    }
}

TEST_CASE("a list has two batches in any case, one of large chunks, and no more without a budget") {
    for (std::size_t n : {32u, 64u, 1040u, 2048u, 4096u, 8192u, 32'768u}) {
        CAPTURE(n);
        bench t(0);
        unsigned i = list_of(n), most = cache::batch_of(i), batches = n <= 8192 ? 2 : 1;
        for (unsigned k = 0; k < batches * most; ++k) {
            REQUIRE(t.c.make_room(i));
            t.c.push(i, t.make(i));
        }
        CHECK(t.c.cached(of(n)) == batches * most);
        CHECK_FALSE(t.c.make_room(i));
        batch b = t.c.leaving(i, t.bounds, 0);
        CHECK(b.count == most);
        CHECK(t.c.cached(of(n)) == (batches - 1) * most);
        CHECK(t.c.make_room(i));
        CHECK(t.accounted());
    }
}

TEST_CASE("what leaves are the newest, as a chain that ends, and the others stay in order") {
    bench t(0);
    unsigned i = list_of(512), most = cache::batch_of(i);
    chunks added;
    for (unsigned k = 0; k < 2 * most; ++k) added.push_back(t.add(i));
    batch b = t.c.leaving(i, t.bounds, 0);
    chunks newest(added.rbegin(), added.rbegin() + most);
    CHECK(bench::in(b) == newest);
    CHECK(b.count == most);
    for (unsigned k = most; k-- > 0;) CHECK(t.c.get_from(i) == header::to_user(added[k]));
    CHECK_FALSE(t.c.holds_any(i));
}

TEST_CASE("the front of larger chunks gets longer, to two batches in any case, and to four out of the budget") {
    for (std::size_t n : {1056u, 2112u, 8256u}) {
        CAPTURE(n);
        unsigned i = list_of(n), most = cache::batch_of(i), always = n <= 8192 ? 2 : 1;
        unsigned longest = n <= 8192 ? 4 : 3; // 64 KiB are granted at first
        for (auto [budget, batches] : {std::pair<std::size_t, unsigned>{0, always}, {64 * 1024, longest}}) {
            bench t(budget);
            while (t.c.cached(of(n)) < batches * most) {
                REQUIRE(t.c.make_room(i));
                t.c.push(i, t.make(i));
            }
            CHECK(t.c.granted() == batches * most * ptm::bytes(cache::size_in(i)));
            CHECK(t.accounted());
            while (t.c.get_in(i)) {}
            CHECK_FALSE(t.c.holds_any(i)); // all of it was in the front
        }
    }
}

TEST_CASE("of a long front the older half leaves, as a chain that ends, and the younger one stays") {
    bench t(0);
    unsigned i = list_of(2112), most = cache::batch_of(i);
    chunks added;
    for (unsigned k = 0; k < 2 * most; ++k) added.push_back(t.add(i));
    REQUIRE_FALSE(t.c.make_room(i));
    batch b = t.c.leaving(i, t.bounds, 0);
    CHECK(b.count == most);
    CHECK(bench::in(b) == chunks(added.rend() - most, added.rend()));
    CHECK(t.accounted());
    for (unsigned k = 2 * most; k-- > most;) CHECK(t.c.get_in(i) == header::to_user(added[k]));
    CHECK_FALSE(t.c.holds_any(i));
}

TEST_CASE("the older half of a long front goes behind, and comes forward when the younger is gone") {
    bench t;
    unsigned i = list_of(2112), most = cache::batch_of(i);
    chunks added;
    for (unsigned k = 0; k < 4 * most + 1; ++k) added.push_back(t.add(i));
    REQUIRE(t.accounted());
    unsigned in_front = 0;
    for (; void* p = t.c.get_in(i); ++in_front) {
        CHECK(p == header::to_user(added.back()));
        added.pop_back();
    }
    CHECK(in_front == 2 * most + 1);
    while (!added.empty()) {
        REQUIRE(t.c.get_from(i) == header::to_user(added.back()));
        added.pop_back();
    }
    CHECK_FALSE(t.c.holds_any(i));
    CHECK(t.accounted());
}

TEST_CASE("where a list has nothing, the next two may serve, the nearer one first, but for smaller chunks none") {
    bench t;
    for (std::size_t n : {1600u, 4096u, 20'000u}) {
        CAPTURE(n);
        unsigned i = list_of(n);
        t.add(i - 1);
        t.add(i + 3);
        CHECK(t.c.get_larger(i, 16) == nullptr);
        chunk *second = t.add(i + 2), *older = t.add(i + 1), *newer = t.add(i + 1);
        CHECK(t.c.get_larger(i, 16) == header::to_user(newer));
        CHECK(t.c.get_larger(i, 16) == header::to_user(older));
        CHECK(t.c.get_larger(i, 16) == header::to_user(second));
        CHECK(t.c.get_larger(i, 16) == nullptr);
        CHECK(t.accounted());
        CHECK(t.c.get_in(i - 1));
        CHECK(t.c.get_in(i + 3));
    }
}

TEST_CASE("no larger chunk serves for one that has a size of its own, and nothing for the largest") {
    bench t;
    unsigned last_stack = list_of(1040), last = cache::lists - 1;
    REQUIRE(list_of(1088) == last_stack + 1);
    t.add(last_stack + 1);
    CHECK(t.c.get_larger(last_stack, 16) == nullptr);
    CHECK(t.c.get_larger(last_stack - 1, 16) == nullptr);
    CHECK(t.c.get_larger(last, 16) == nullptr);
    CHECK(t.c.get_larger(last - 1, 16) == nullptr);
    chunk* largest = t.add(last);
    CHECK(t.c.get_larger(last - 1, 16) == header::to_user(largest));
}

TEST_CASE("fewer than a batch leave where there are no more, and a list that left has its room") {
    bench t;
    unsigned i = list_of(64);
    for (int k = 0; k < 5; ++k) t.add(i);
    std::size_t granted = t.c.granted();
    CHECK(t.c.leaving(i, t.bounds, 0).count == 5);
    CHECK_FALSE(t.c.holds_any(i));
    CHECK(t.c.granted() == granted);
    CHECK(t.accounted());
}

TEST_CASE("a full front goes behind, and what is behind comes forward again, the newest first") {
    bench t;
    unsigned i = list_of(256), most = cache::batch_of(i);
    chunks added;
    for (unsigned k = 0; k < 3 * most + 1; ++k) {
        added.push_back(t.add(i));
        REQUIRE(t.c.cached(of(256)) == added.size());
        REQUIRE(t.accounted());
    }
    REQUIRE(t.c.get_at_once(240) == header::to_user(added.back()));
    added.pop_back();
    CHECK(t.c.get_at_once(240) == nullptr); // the usual path looks at the front only
    CHECK(t.c.holds_any(i));
    while (!added.empty()) {
        REQUIRE(t.c.get_from(i) == header::to_user(added.back()));
        added.pop_back();
        REQUIRE(t.c.cached(of(256)) == added.size());
        REQUIRE(t.accounted());
    }
    CHECK_FALSE(t.c.holds_any(i));
    CHECK(t.c.get_from(i) == nullptr);
    CHECK(t.c.granted() == most * 256); // what was behind is granted to nobody
}

TEST_CASE("a front that changed its place again and again has the room of a batch") {
    bench t(0);
    unsigned i = list_of(1024), most = cache::batch_of(i);
    for (int turn = 0; turn < 5; ++turn) {
        for (unsigned k = 0; k < 2 * most; ++k) t.add(i);
        CHECK_FALSE(t.c.make_room(i));
        CHECK(t.c.granted() == 2 * most * 1024);
        while (t.c.get_from(i)) {}
        CHECK(t.c.granted() == most * 1024);
    }
}

TEST_CASE("what a list has leaves batch by batch") {
    bench t;
    unsigned i = list_of(256), most = cache::batch_of(i);
    chunks added, seen;
    for (unsigned k = 0; k < 2 * most + 3; ++k) added.push_back(t.add(i));
    std::vector<unsigned> counts;
    while (batch b = t.c.all_of(i)) {
        counts.push_back(b.count);
        for (chunk* c : bench::in(b)) seen.push_back(c);
    }
    CHECK(counts == std::vector<unsigned>{3, most, most});
    CHECK(seen == chunks(added.rbegin(), added.rend()));
    CHECK(t.c.granted() == 0);
    CHECK(t.c.is_new(i));
}

TEST_CASE("lists grow out of the budget, and out of what other lists do not have any more") {
    bench t(64 * 1024);
    unsigned first = list_of(1040), second = list_of(1024);
    chunks one;
    while (t.c.make_room(first)) {
        one.push_back(t.make(first));
        t.c.push(first, one.back());
    }
    CHECK(t.c.granted() <= 64 * 1024);
    CHECK(t.c.granted() > 64 * 1024 - cache::batch_of(first) * 1040);
    CHECK(one.size() == t.c.cached(of(1040)));
    std::size_t floor = 2 * cache::batch_of(second), had = 0;
    for (; t.c.make_room(second); ++had) t.c.push(second, t.make(second));
    CHECK(had == floor); // the other list has all of the budget
    while (t.c.get_from(first)) {}
    for (; t.c.make_room(second); ++had) t.c.push(second, t.make(second));
    CHECK(had * 1024 > 40 * 1024);
    CHECK(t.c.granted() <= 64 * 1024);
    CHECK(t.accounted());
}

TEST_CASE("no list is granted what another one has, nor the room in its front") {
    bench t(64 * 1024);
    unsigned full = list_of(512), empty = list_of(256), other = list_of(768);
    while (t.c.make_room(full)) t.c.push(full, t.make(full));
    unsigned many = t.c.cached(of(512));
    REQUIRE(t.c.make_room(empty)); // one batch of room, which stays unused
    while (t.c.make_room(other)) t.c.push(other, t.make(other));
    CHECK(t.c.cached(of(512)) == many);
    for (unsigned k = 0; k < cache::batch_of(empty); ++k) {
        chunk* c = t.make(empty);
        REQUIRE(t.c.accept_at_once(c, header::peek(c)));
    }
    CHECK(t.c.cached(of(768)) == 2 * cache::batch_of(other));
    CHECK(t.accounted());
}

TEST_CASE("a busy list's budget grows with what leaves, up to the most") {
    bench t(128 * 1024);
    unsigned i = list_of(1040), left = 0;
    for (int k = 0; k < 1000; ++k) {
        if (!t.c.make_room(i)) {
            t.c.leaving(i, t.bounds, 0);
            ++left;
        }
        t.c.push(i, t.make(i));
    }
    CHECK(left > 10);
    CHECK(t.c.granted() > cache::first_budget); // where it began
    CHECK(t.c.granted() <= 128 * 1024);
    CHECK(t.c.cached(of(1040)) * 1040 <= 128 * 1024);
}

TEST_CASE("misses are met by one chunk, then by twice as many each time, up to a batch") {
    bench t;
    unsigned i = list_of(64);
    std::vector<unsigned> wanted;
    for (int k = 0; k < 9; ++k) {
        wanted.push_back(t.c.wanted(i));
        cache::refill r(t.c, i);
        for (unsigned n = 1; n < wanted.back(); ++n) r(t.make(i));
        t.c.grow_after_miss(i);
        while (t.c.get_from(i)) {}
    }
    CHECK(wanted == std::vector<unsigned>{1, 1, 2, 4, 8, 16, 32, 64, 64});
    CHECK(t.accounted());
    CHECK(t.c.granted() == 64 * 64);
}

TEST_CASE("a refill is handed out in the order that it came in") {
    bench t;
    unsigned i = list_of(2048);
    chunks made;
    cache::refill r(t.c, i);
    for (int k = 0; k < 20; ++k) r(made.emplace_back(t.make(i)));
    CHECK(t.c.cached(of(2048)) == 20);
    CHECK(t.accounted());
    for (chunk* c : made) CHECK(t.c.get(1950, t.bounds) == header::to_user(c));
    CHECK_FALSE(t.c.holds_any(i));
}

TEST_CASE("a list is new until it has room for anything, and again when all of it is gone") {
    bench t;
    unsigned i = list_of(64);
    CHECK(t.c.is_new(i));
    CHECK(t.c.get_from(i) == nullptr);
    CHECK(t.c.is_new(i));
    t.add(i);
    CHECK_FALSE(t.c.is_new(i));
    CHECK(t.c.is_new(i + 1));
    CHECK(t.c.is_new(i - 1));
    REQUIRE(t.c.get_from(i) != nullptr);
    CHECK_FALSE(t.c.is_new(i)); // it had something
    t.c.all_of(i);
    CHECK(t.c.is_new(i));
    t.c.grow_after_miss(i);
    CHECK_FALSE(t.c.is_new(i));
    t.c.drain([](chunk*) {});
    CHECK(t.c.is_new(i));
}

TEST_CASE("chunks of at most a cache line may share one") {
    for (std::size_t n = ptm::bytes(header::smallest); cache::cacheable(of(n)); n += header::alignment)
        REQUIRE(cache::is_shared(list_of(n)) == (n <= 64));
}

TEST_CASE("what is pushed last is handed out last, and counted like any other") {
    for (unsigned others : {0u, 1u, 2u, 5u, 40u}) {
        CAPTURE(others);
        bench t;
        unsigned i = list_of(48);
        chunks made;
        cache::refill r(t.c, i);
        for (unsigned k = 0; k < others; ++k) r(made.emplace_back(t.make(i)));
        made.push_back(t.make(i));
        t.c.push_last(i, made.back());
        CHECK(t.c.cached(of(48)) == others + 1);
        CHECK(t.c.granted() == (others + 1) * 48);
        CHECK(t.accounted());
        for (chunk* c : made) REQUIRE(t.c.get_at_once(40) == header::to_user(c));
        CHECK(t.c.get_at_once(40) == nullptr);
        CHECK(t.c.cached(of(48)) == 0);
        CHECK(t.accounted());
    }
}

TEST_CASE("what is pushed last takes the room there is, and lies below what comes later") {
    bench t(0);
    unsigned i = list_of(48);
    REQUIRE(t.c.make_room(i));
    std::size_t granted = t.c.granted();
    chunk *first = t.make(i), *second = t.make(i), *later = t.make(i);
    t.c.push_last(i, first);
    t.c.push_last(i, second);
    CHECK(t.c.granted() == granted);
    REQUIRE(t.c.accept_at_once(later, header::peek(later)));
    CHECK(t.c.cached(of(48)) == 3);
    unsigned more = 3;
    for (chunk* c = t.make(i); t.c.accept_at_once(c, header::peek(c)); c = t.make(i)) ++more;
    CHECK(more == cache::batch_of(i));
    batch b = t.c.all_of(i);
    CHECK(b.count == more);
    chunks all = bench::in(b);
    REQUIRE(all.size() == more);
    CHECK(chunks(all.end() - 3, all.end()) == chunks{later, first, second});
    CHECK(t.accounted());
}

TEST_CASE("an added batch is granted room if it has none, and serves a request at once") {
    for (unsigned count : {1u, 5u, 500u}) {
        CAPTURE(count);
        bench t(0);
        unsigned i = list_of(96);
        chunks expected = bench::in(t.batch_of(i, 0));
        batch b = t.batch_of(i, count);
        REQUIRE(b.count == count);
        chunks made = bench::in(b);
        CHECK(t.c.add(i, b) == header::to_user(made[0]));
        CHECK(t.c.cached(of(96)) == count - 1);
        CHECK(t.accounted());
        CHECK(t.c.granted() == count * 96);
        for (unsigned k = 1; k < count; ++k) REQUIRE(t.c.get_from(i) == header::to_user(made[k]));
        CHECK(t.c.get_from(i) == nullptr);
    }
}

TEST_CASE("a batch that fits into the room that is there is granted nothing") {
    bench t;
    unsigned i = list_of(96);
    REQUIRE(t.c.make_room(i));
    std::size_t granted = t.c.granted();
    t.c.add(i, t.batch_of(i, cache::batch_of(i)));
    CHECK(t.c.granted() == granted);
    CHECK(t.accounted());
}

TEST_CASE("an aligned request is met from anywhere among the newest 16") {
    bench t;
    unsigned i = list_of(48); // whose addresses go through all offsets within 256 bytes
    chunks made;
    for (int k = 0; k < 40; ++k) made.push_back(t.add(i));
    std::vector<void*> aligned;
    while (void* p = t.c.get_aligned(40, 64, t.bounds)) {
        CHECK(ptm::is_aligned(p, 64));
        aligned.push_back(p);
    }
    CHECK(aligned.size() >= 4);
    CHECK(std::is_sorted(aligned.rbegin(), aligned.rend())); // the newest first
    CHECK(t.c.cached(of(48)) == 40 - aligned.size());
    std::size_t others = 0;
    for (void* p; (p = t.c.get_from(i)) != nullptr; ++others) {
        CHECK(std::find(aligned.begin(), aligned.end(), p) == aligned.end());
        if (others < 16) CHECK_FALSE(ptm::is_aligned(p, 64));
    }
    CHECK(others + aligned.size() == 40);
    CHECK(t.accounted());
}

TEST_CASE("every size has a first list that serves it and one that its chunks belong to") {
    constexpr std::size_t stacked = cache::most_stacked_request + header::overhead;
    for (std::size_t n = ptm::bytes(header::smallest); n <= 64 * 1024; n += header::alignment) {
        CAPTURE(n);
        unsigned first = cache::list_for(n - header::overhead), own = cache::list_of(of(n));
        REQUIRE(ptm::bytes(cache::size_in(first)) >= n);
        REQUIRE(ptm::bytes(cache::size_in(own)) <= n);
        if (n <= stacked) REQUIRE(first == own);
        if (n > stacked) REQUIRE(first == (ptm::bytes(cache::size_in(own)) == n ? own : own + 1));
    }
}

namespace {
struct natural_context : context {
    using header = ptm::natural_tag<ptm::safe_links>;
};
using natural_cache = ptm::front_cache<>::in<natural_context>;
using chunk_in_natural = ptm::chunk_in<natural_context>;
}

TEST_CASE("naturally aligned chunks have lists of their own, one for each size") {
    STATIC_REQUIRE(natural_cache::lists == 2 * cache::lists - 1);
    for (std::size_t n = ptm::bytes(header::smallest); n <= ptm::bytes(natural_cache::largest_natural);
         n += header::alignment) {
        unsigned natural = natural_cache::natural_list(of(n));
        std::size_t each = ptm::bytes(natural_cache::size_in(natural));
        bool alone = n <= cache::most_stacked_request + header::overhead;
        REQUIRE(natural >= cache::lists);
        REQUIRE((alone ? each == n : each >= n && each < n + n / 8));
        REQUIRE((alone || each / (each & -each) < 16)); // a power of two or a part of it
        if (alone) REQUIRE(natural_cache::batch_of(natural) == natural_cache::batch_of(natural_cache::list_of(of(n))));
        REQUIRE(natural_cache::batch_of(natural) >= (each > 32 * 1024 ? 1 : 2));
        REQUIRE_FALSE(natural_cache::is_shared(natural));
    }
}

TEST_CASE("a chunk goes to the list that its mark says, and a marked one to none of the stacks") {
    using tag = natural_context::header;
    alignas(64) std::byte memory[512] = {};
    tag::chunk* c = tag::at(memory, 48);
    natural_cache lists;
    natural_cache::limits bounds;
    bounds.set({.cache_budget = 64 * 1024});
    lists.begin(bounds);
    tag::set_used(c, of(128), false);
    unsigned plain = natural_cache::list_by(tag::peek(c));
    CHECK(plain == natural_cache::list_of(of(128)));
    tag::set_natural(c);
    unsigned natural = natural_cache::list_by(tag::peek(c));
    CHECK(natural == natural_cache::natural_list(of(128)));
    REQUIRE(lists.make_room(plain));
    CHECK_FALSE(lists.accept_at_once(c, tag::peek(c)));
    REQUIRE(lists.make_room(natural));
    CHECK(lists.accept_in(natural, c));
    CHECK(lists.get_at_once(120) == nullptr);
    CHECK(lists.get_in(natural) == tag::to_user(c));
}

TEST_CASE("a larger chunk serves for an aligned one if it is aligned so by its size, and larger by a quarter at most") {
    ptm_test::playground<natural_context> ground{1u << 20};
    natural_cache lists;
    natural_cache::limits bounds;
    lists.begin(bounds);
    auto add = [&](unsigned list) {
        chunk_in_natural* c = ground.make(ptm::bytes(natural_cache::size_in(list)));
        REQUIRE(lists.make_room(list));
        lists.push(list, c);
        return natural_context::header::to_user(c);
    };
    unsigned i = natural_cache::natural_list(of(2048)), small = natural_cache::natural_list(of(64));
    REQUIRE(natural_cache::size_in(i + 1) == of(2304));
    REQUIRE(natural_cache::size_in(i + 2) == of(2560));
    void *first = add(i + 1), *second = add(i + 2);
    CHECK(lists.get_larger(i, 1024) == nullptr);
    CHECK(lists.get_larger(i, 512) == second);
    CHECK(lists.get_larger(i, 512) == nullptr);
    CHECK(lists.get_larger(i, 256) == first);
    REQUIRE(natural_cache::size_in(small + 2) == of(96));
    add(small + 2);
    CHECK(lists.get_larger(small, 32) == nullptr);
    add(natural_cache::lists - 1);
    CHECK(lists.get_larger(natural_cache::lists - 1, 32) == nullptr);
    unsigned largest = natural_cache::natural_list(of(32)) - 1;
    add(largest + 1);
    CHECK(lists.get_larger(largest, 16) == nullptr);
}

#if __SIZEOF_SIZE_T__ == 8
namespace {
struct listed_context : context {
    using header = ptm::listed_tag<ptm::list_numbers<ptm::boundary_tag<ptm::safe_links>, 64 * 1024>, ptm::safe_links>;
};
using listed_cache = ptm::front_cache<>::in<listed_context>;

// listed - lists with room for one chunk each, and a chunk that may be of any size.
struct listed {
    using tag = listed_context::header;
    alignas(64) std::byte memory[64 * 1024] = {};
    tag::chunk* c = tag::at(memory, 48);
    listed_cache lists;

    listed() {
        listed_cache::limits bounds;
        bounds.set({.cache_budget = 64 * 1024});
        lists.begin(bounds);
        for (unsigned i = 1; i < listed_cache::lists; ++i) lists.make_room(i);
    }
    void make(std::size_t n) { tag::set_used(c, of(n), false); }
    bool accept() { return lists.accept_at_once(c, tag::peek(c)); }
};
}

TEST_CASE("where the header marks lists, a free finds any list at once, and that of aligned chunks") {
    using tag = listed::tag;
    listed t;
    for (std::size_t n = 32; n <= 64 * 1024; n += 16) {
        t.make(n);
        unsigned plain = listed_cache::list_of(of(n));
        REQUIRE(listed_cache::list_by(tag::peek(t.c)) == plain);
        REQUIRE(t.accept());
        REQUIRE(t.lists.get_in(plain) == tag::to_user(t.c));
        unsigned natural = listed_cache::natural_list(of(n));
        if (n != ptm::bytes(listed_cache::size_in(natural))) continue;
        tag::set_natural(t.c);
        REQUIRE(listed_cache::list_by(tag::peek(t.c)) == natural);
        REQUIRE(t.accept());
        REQUIRE(t.lists.get_in(natural) == tag::to_user(t.c));
    }
}

TEST_CASE("a word that says a list that there is not is refused, and so is a chunk that no list has") {
    listed t;
    t.make(80'000);
    CHECK_FALSE(t.accept());
    for (std::size_t list : {0u, listed_cache::lists + 0u, listed_cache::lists + 1u, 0xfffu})
        CHECK_FALSE(t.lists.accept_at_once(t.c, list << 52 | 64 | 1));
}
#endif

TEST_CASE("what slabs do not have may come to a share of the heap, what they have may not") {
    using slab_cache = ptm::front_cache<32 * 1024, 32 * 1024>::in<context>;
    for (std::size_t n : {1024u, 2048u}) {
        ptm_test::playground<context> ground{16u << 20};
        slab_cache c;
        slab_cache::limits bounds;
        bounds.set({.cache_budget = 128 * 1024});
        c.begin(bounds);
        unsigned i = slab_cache::list_of(of(n));
        for (std::size_t made = 0; made < (4u << 20); made += n) {
            if (!c.make_room(i)) c.leaving(i, bounds, 512 * 1024);
            c.push(i, ground.make(ptm::bytes(slab_cache::size_in(i))));
        }
        std::size_t most = slab_cache::has_slabs(i) ? 128 * 1024 : 512 * 1024;
        CHECK(c.granted() <= most);
        CHECK(c.granted() + 16 * 1024 > most);
    }
}

namespace {
using headerless_cache = ptm::front_cache<32 * 1024, 32 * 1024, ptm::headerless_slabs<>>::in<context>;

// begun - a cache that has begun.
struct begun : headerless_cache {
    begun() {
        limits bounds;
        bounds.set({});
        begin(bounds);
    }
};
}

TEST_CASE("a request has the list of the headerless block that it needs, and a chunk may stand in for one") {
    using slab_cache = headerless_cache;
    if (!wide) return;
    STATIC_REQUIRE((!wide || slab_cache::headerless));
    constexpr std::size_t step = header::alignment, most_small = slab_cache::most_stacked_request;
    CHECK(most_small == 64 * step);
    for (std::size_t request = 0; request <= slab_cache::most_request; ++request) {
        unsigned i = slab_cache::list_for(request);
        REQUIRE(i >= 1);
        REQUIRE(i < slab_cache::lists);
        REQUIRE(slab_cache::has_slabs(i) == (request <= most_small));
        std::size_t usable = ptm::bytes(slab_cache::size_in(i)) - header::overhead;
        REQUIRE(usable >= request);
        if (request > most_small) continue;
        REQUIRE(usable >= i * step); // what a block of that list has
        REQUIRE(i * step >= request);
        REQUIRE((i == 1 || (i - 1) * step < request));
        REQUIRE(slab_cache::size_for(request) == slab_cache::size_in(i));
    }
    for (std::size_t n = 32; slab_cache::cacheable(of(n)); n += step) { // a chunk serves what its list is for
        unsigned i = slab_cache::list_of(of(n));
        if (slab_cache::has_slabs(i)) REQUIRE(n - header::overhead >= i * step);
    }
}

TEST_CASE("headerless blocks come and go by the number of their list") {
    using slab_cache = headerless_cache;
    if (!wide) return;
    begun c;
    alignas(16) std::byte blocks[2][1024];
    for (std::size_t request = 0; request <= slab_cache::most_stacked_request; ++request) {
        unsigned i = slab_cache::list_for(request);
        REQUIRE(c.get_at_once(request) == nullptr);
        if (request % header::alignment == 1) REQUIRE_FALSE(c.accept_block(blocks[0], 16 * i)); // it had nothing yet
        if (request == 0) continue;
        REQUIRE(c.make_room(i));
        REQUIRE(c.accept_block(blocks[0], 16 * i));
        REQUIRE(c.accept_block(blocks[1], 16 * i));
        REQUIRE(c.get_at_once(request) == blocks[1]);
        REQUIRE(c.get_at_once(request) == blocks[0]);
        if (request % header::alignment == 0) c.all_of(i);
    }
    CHECK_FALSE(c.accept_block(blocks[0], 0)); // where nobody has a block
}

TEST_CASE("where memory is poisoned, slabs are made of chunks") {
    using kind = ptm::headerless_slabs<>;
    STATIC_REQUIRE(std::is_same_v<ptm::detail::kind_of_slabs<context, 0, kind>::type, ptm::detail::no_slabs>);
    STATIC_REQUIRE(std::is_same_v<ptm::detail::kind_of_slabs<context, 4096, ptm::chunk_slabs>::type, ptm::chunk_slabs>);
    struct poisoned : context {
        using poisoning = ptm::asan_poisoning;
    };
    STATIC_REQUIRE(std::is_same_v<ptm::detail::kind_of_slabs<poisoned, 4096, kind>::type, ptm::chunk_slabs>);
    STATIC_REQUIRE((!wide || std::is_same_v<ptm::detail::kind_of_slabs<context, 4096, kind>::type, kind>));
}

TEST_CASE("headerless blocks that share cache lines are wanted in whole pairs of those") {
    using slab_cache = headerless_cache;
    if (!wide) return;
    begun c;
    for (unsigned i = 1; i <= 64; ++i) {
        std::size_t each = slab_cache::block_bytes(i);
        CHECK(each == i * header::alignment);
        CHECK(slab_cache::is_shared(i) == (each < 64));
        for (int k = 0; k < 9; ++k) {
            unsigned some = c.wanted_apart(i);
            CHECK(some >= c.wanted(i));
            CHECK(some <= std::max(slab_cache::batch_of(i), 8u));
            if (each < 64) CHECK(some * each % 128 == 0);
            c.grow_after_miss(i);
        }
    }
}

TEST_CASE("an aligned request is met from behind, where the front is empty") {
    bench t;
    unsigned i = list_of(256), most = cache::batch_of(i);
    for (unsigned k = 0; k <= most; ++k) t.add(i);
    REQUIRE(t.c.get_at_once(240) != nullptr); // the only one in front
    REQUIRE(t.c.get_aligned(240, 16, t.bounds) != nullptr);
    CHECK(t.c.cached(of(256)) == most - 1);
    CHECK(t.accounted());
}

TEST_CASE("a drained cache gave everything once, newest first, and is granted nothing") {
    bench t;
    unsigned small = list_of(64), large = list_of(8192);
    chunk *a = t.add(small), *b = t.add(small), *c = t.add(large);
    chunks seen;
    t.c.drain([&](chunk* each) { seen.push_back(each); });
    CHECK(seen == chunks{b, a, c});
    CHECK_FALSE(t.c.holds_any(small));
    CHECK(t.c.granted() == 0);
    CHECK(t.accounted());
    CHECK(t.c.wanted(small) == 1);
    CHECK_FALSE(t.c.accept_at_once(a, header::peek(a)));
    t.free(small, a); // it goes on
    CHECK(t.c.get_at_once(56) == header::to_user(a));
}

TEST_CASE("in a random run every chunk is in one place, books agree, and grants stay within the budget") {
    PTM_TEST_SEED(random);
    const std::size_t sizes[] = {32, 48, 64, 512, 1040, 1056, 1216, 2112, 8256, 32'832};
    bench t(100'000);
    std::vector<chunks> user(std::size(sizes)), cached(std::size(sizes));
    std::vector<batch> away;
    for (std::size_t step = 0; step < ptm_test::steps(20'000); ++step) {
        std::size_t k = random() % std::size(sizes);
        unsigned i = list_of(sizes[k]);
        if (random() % 2 == 0 && !user[k].empty()) {
            chunk* freed = user[k].back();
            user[k].pop_back();
            if (!t.c.make_room(i)) {
                REQUIRE(t.c.holds_any(i));
                chunks left = bench::in(t.c.leaving(i, t.bounds, 0));
                auto end = std::find(cached[k].begin(), cached[k].end(), left.front()) + 1;
                auto begin = end - static_cast<std::ptrdiff_t>(left.size());
                REQUIRE(chunks(left.rbegin(), left.rend()) == chunks(begin, end));
                REQUIRE((sizes[k] > 1024 || end == cached[k].end())); // some younger ones may stay of larger chunks
                cached[k].erase(begin, end);
                for (chunk* c : left)
                    if (user[k].size() < 300) user[k].insert(user[k].begin(), c);
            }
            t.c.push(i, freed);
            cached[k].push_back(freed);
        } else if (void* p = t.c.get_from(i)) {
            REQUIRE(cached[k].back() == header::from_user(p));
            cached[k].pop_back();
            user[k].push_back(header::from_user(p));
        } else if (user[k].size() < 20) {
            REQUIRE(cached[k].empty());
            user[k].push_back(t.make(i));
            t.c.grow_after_miss(i);
        }
        REQUIRE(t.c.cached(of(sizes[k])) == cached[k].size());
        REQUIRE(t.c.granted() <= 100'000 + floors());
        if (step % 16 == 0) REQUIRE(t.accounted());
    }
}
