#include "support/configs.hpp"
#include "support/live_blocks.hpp"
#include "support/seed.hpp"

#include <ptm/arena/allocate_batch.hpp>
#include <ptm/bin/segregated_bins.hpp>
#include <ptm/bin/tree_bins.hpp>
#include <ptm/chunk/natural_tag.hpp>

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <tuple>
#include <vector>

namespace {
using ptm_test::glass;

// quick - nothing is sorted later: every chunk that is free is in its bin.
struct quick : ptm::edit<glass, ptm::set_fast_bins<ptm::no_fast_bins>, ptm::set_unsorted_bin<ptm::no_unsorted_bin>,
                         ptm::set_large_bins<ptm::segregated_bins>> {};
struct with_trees : ptm::edit<quick, ptm::set_large_bins<ptm::tree_bins>> {};
struct quick_counted
    : ptm::edit<ptm_test::counted_glass, ptm::set_fast_bins<ptm::no_fast_bins>,
                ptm::set_unsorted_bin<ptm::no_unsorted_bin>, ptm::set_large_bins<ptm::segregated_bins>> {};

using configs = std::tuple<quick, with_trees, glass>;
using sorted_at_once = std::tuple<quick, with_trees>;
constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

struct stays_small : ptm::no_stash {
    bool may_grow() noexcept { return false; }
};

template <class C = quick>
struct bench {
    using header = typename C::header;
    using chunk = ptm::chunk_in<C>;
    using chunks = std::vector<chunk*>;

    ptm_test::fresh_arena<C> a{};

    template <class Stash = ptm::no_stash>
    chunks batch(std::size_t n, std::size_t count, Stash stash = {}) {
        chunks taken;
        a.state().prepare();
        std::size_t k =
            ptm::allocate_batch(a.state(), ptm::chunk_size{n}, count, stash, [&](chunk* c) { taken.push_back(c); });
        REQUIRE(k == taken.size());
        REQUIRE(k <= count);
        REQUIRE(ptm_test::verdict(a) == "sound");
        for (chunk* c : taken) REQUIRE(size(c) >= n);
        for (chunk* c : taken) REQUIRE(header::prev_in_use(header::next(c)));
        return taken;
    }
    // apart - chunks in two cache lines of their own.
    chunks apart(std::size_t n) {
        chunks taken;
        a.state().prepare();
        std::size_t k = ptm::allocate_apart(a.state(), ptm::chunk_size{n}, [&](chunk* c) { taken.push_back(c); });
        REQUIRE(k == taken.size());
        REQUIRE(ptm_test::verdict(a) == "sound");
        return taken;
    }
    void give_back(const chunks& all) {
        for (chunk* c : all) a.deallocate(header::to_user(c));
    }
    // holes - free chunks of these sizes with used ones between them, in the order of their addresses.
    chunks holes(std::initializer_list<std::size_t> sizes) {
        chunks all;
        for (std::size_t n : sizes) {
            all.push_back(a.chunk_of(a.allocate(n - header::overhead)));
            a.allocate(24);
        }
        give_back(all);
        return all;
    }
    static std::size_t size(chunk* c) { return ptm::bytes(header::size_of(c)); }
    std::size_t top() { return a.figures().top_bytes; }

    // leave_top - the top has `n` bytes, which is less than it had.
    void leave_top(std::size_t n) {
        warm();
        REQUIRE(a.allocate(top() - n - header::overhead) != nullptr);
        REQUIRE(top() == n);
    }
    // gap - bytes before the line that the next chunks apart would begin with: a chunk, or none.
    std::size_t gap() {
        std::size_t n = ptm::bytes_to_aligned(header::to_user(a.state().top), 64);
        return n == 16 ? 80 : n;
    }

    // warm - the arena has a top.
    void warm() { a.deallocate(a.allocate(100)); }
};

// in_line - do they lie one behind the other, in that order?
template <class Chunks>
bool in_line(const Chunks& all, std::size_t n) {
    for (std::size_t i = 1; i < all.size(); ++i)
        if (ptm::bytes_between(all[i - 1], all[i]) != n) return false;
    return true;
}
}

TEMPLATE_LIST_TEST_CASE("a batch from top lies in memory as it comes", "", configs) {
    bench<TestType> t;
    t.warm();
    std::size_t top = t.top();
    auto all = t.batch(112, 30);
    CHECK(all.size() == 30);
    CHECK(in_line(all, 112));
    for (auto* c : all) CHECK(t.size(c) == 112);
    CHECK(t.top() == top - 30 * 112);
    t.give_back(all);
    t.a.consolidate();
    CHECK(t.a.figures().used_bytes() == 0);
}

TEST_CASE("holes of the size are used before anything larger, and the batch ends with them") {
    bench<> t;
    auto holes = t.holes({112, 112, 112, 5008});
    holes.pop_back();
    std::size_t top = t.top();
    auto all = t.batch(112, 10);
    std::sort(all.begin(), all.end());
    CHECK(all == holes);
    CHECK(t.top() == top);
    CHECK(t.a.figures().binned_bytes == 5008);
}

TEST_CASE("a larger hole is cut up as far as it goes, and the last chunk takes a rest that can be none") {
    bench<> t;
    auto hole = t.holes({3 * 112 + 16});
    std::size_t top = t.top();
    auto all = t.batch(112, 10);
    REQUIRE(all.size() == 3);
    CHECK(all[0] == hole[0]);
    CHECK(in_line(all, 112));
    CHECK(t.size(all[1]) == 112);
    CHECK(t.size(all[2]) == 128);
    CHECK(t.top() == top);
    CHECK(t.a.figures().binned_chunks == 0);
}

TEST_CASE("what a hole has more than the batch needs stays one") {
    bench<> t;
    auto hole = t.holes({10 * 112});
    auto all = t.batch(112, 4);
    CHECK(all.size() == 4);
    CHECK(all[0] == hole[0]);
    CHECK(t.size(all[3]) == 112);
    CHECK(t.a.figures().binned_chunks == 1);
    CHECK(t.a.figures().binned_bytes == 6 * 112);
}

TEST_CASE("of several holes the smallest that is large enough is cut up") {
    bench<> t;
    auto hole = t.holes({6000, 896, 96, 96});
    CHECK(t.batch(112, 3)[0] == hole[1]);
    CHECK(t.batch(1200, 3)[0] == hole[0]);
    CHECK(t.a.figures().binned_bytes == 2 * 96 + (896 - 3 * 112) + (6000 - 3 * 1200));
}

TEMPLATE_LIST_TEST_CASE("a batch of large chunks comes from the best fit", "", sorted_at_once) {
    bench<TestType> t;
    auto hole = t.holes({8192, 2064});
    auto all = t.batch(2064, 5);
    REQUIRE(all.size() == 1);
    CHECK(all[0] == hole[1]);
    CHECK(t.batch(2064, 5).front() == hole[0]);
}

TEST_CASE("an arena grows for a batch only when neither a hole nor top has one chunk of it") {
    bench<quick_counted> t;
    t.warm();
    std::size_t calls = t.a.backend().calls;
    for (std::size_t whole = t.top(), had = 0; had + 2 * 4096 < whole;) had += t.batch(4096, 3).size() * 4096;
    CHECK(t.a.backend().calls == calls);
    while (t.top() >= 4096 + 32) t.batch(4096, 1);
    CHECK(t.a.backend().calls == calls);
    CHECK(t.batch(4096, 3).size() == 3);
    CHECK(t.a.backend().calls > calls);
}

TEST_CASE("the rest of top makes a shorter batch, and top never ends") {
    bench<> t;
    t.warm();
    std::size_t fit = (t.top() - 32) / 8192;
    auto all = t.batch(8192, 1000);
    CHECK(all.size() == fit);
    CHECK(t.top() >= 32);
    CHECK(t.top() < 8192 + 32);
}

TEST_CASE("where the arena must not grow, nothing is served, and nothing was asked") {
    bench<quick_counted> t;
    t.warm();
    std::size_t asked = t.a.backend().asked, mapped = t.a.shared().mapped_backend.asked;
    while (!t.batch(4096, 3, stays_small{}).empty()) {}
    CHECK(t.batch(32 * 1024, 1, stays_small{}).empty());
    CHECK(t.top() < 4096 + 32);
    CHECK(t.a.backend().asked == asked);
    CHECK(t.a.shared().mapped_backend.asked == mapped);
    errno = 1234;
    CHECK(t.batch(4096, 1, stays_small{}).empty());
    CHECK(errno == 1234);
    CHECK_FALSE(t.batch(4096, 1).empty());
}

TEST_CASE("a batch from an arena without memory is empty, and errno is as it was") {
    bench<quick_counted> t;
    t.a.backend().grant(0);
    t.a.shared().mapped_backend.grant(0);
    errno = 1234;
    CHECK(t.batch(64, 10).empty());
    CHECK(errno == 1234);
    t.a.backend().grant(unlimited);
    CHECK(t.batch(64, 10).size() == 10);
    t.a.backend().grant(0);
    while (!t.batch(4096, 10).empty()) {}
    CHECK(t.batch(64, 1).size() == 1); // of what is left of top
    CHECK(errno == 1234);
}

TEST_CASE("where the main backend has no more, one chunk in a mapping or region of its own will do") {
    bench<quick_counted> t;
    t.warm();
    while (t.top() >= 4096 + 32) t.batch(4096, 1);
    t.a.backend().grant(0);
    auto all = t.batch(4096, 3);
    CHECK(all.size() >= 1);
    t.give_back(all);
    CHECK(ptm_test::verdict(t.a) == "sound");
}

TEST_CASE("a request that deserves a mapping gets one chunk in a mapping and the others beside it") {
    bench<> t;
    t.warm();
    t.a.shared().mmap_threshold = 1024;
    auto all = t.batch(32 * 1024, 3);
    REQUIRE_FALSE(all.empty());
    t.give_back(all);
    CHECK(t.a.shared().mapped_count == 0);
    CHECK(ptm_test::verdict(t.a) == "sound");
}

TEST_CASE("fast and unsorted chunks are found, too") {
    bench<glass> t;
    auto hole = t.holes({512, 512});
    std::size_t top = t.top();
    std::vector<ptm::chunk_in<glass>*> all;
    for (int i = 0; i < 2; ++i)
        for (auto* c : t.batch(512, 1)) all.push_back(c);
    std::sort(all.begin(), all.end());
    CHECK(all == hole);
    CHECK(t.top() == top);
}

// ---- natural alignment ----------------------------------------------------------------------------------------------

namespace {
struct natural_quick : ptm::edit<quick, ptm::set_header<ptm::natural_tag<ptm::plain_links>>> {};
struct natural_glass : ptm::edit<glass, ptm::set_header<ptm::natural_tag<ptm::safe_links>>> {};
struct natural_counted : ptm::edit<quick_counted, ptm::set_header<ptm::natural_tag<ptm::plain_links>>> {};
using natural_configs = std::tuple<natural_quick, natural_glass>;

// natural - chunks that are aligned to what their size is a multiple of.
template <class C, class Stash = ptm::no_stash>
auto natural(bench<C>& t, std::size_t n, std::size_t count, Stash stash = {}) {
    using header = typename C::header;
    typename bench<C>::chunks taken;
    t.a.state().prepare();
    auto take = [&](auto* c) { taken.push_back(c); };
    std::size_t k = ptm::allocate_natural(t.a.state(), ptm::chunk_size{n}, count, stash, take);
    REQUIRE(k == taken.size());
    REQUIRE(k <= count);
    REQUIRE(ptm_test::verdict(t.a) == "sound");
    for (auto* c : taken) {
        REQUIRE(ptm::is_aligned(header::to_user(c), header::natural_alignment(ptm::chunk_size{n})));
        REQUIRE((t.size(c) >= n && t.size(c) <= n + 32));
        if (!header::is_mapped(c)) REQUIRE(header::natural_in(header::peek(c)) == (t.size(c) == n));
    }
    return taken;
}
}

TEMPLATE_LIST_TEST_CASE("naturally aligned chunks lie side by side and are marked", "", natural_configs) {
    for (std::size_t n : {64u, 96u, 192u, 1024u, 4096u, 8192u}) {
        CAPTURE(n);
        bench<TestType> t;
        t.a.allocate(40);
        auto all = natural(t, n, 5);
        REQUIRE(all.size() == 5);
        CHECK(in_line(all, n));
        t.give_back(all);
        t.a.consolidate();
        CHECK(t.a.figures().used_bytes() == 48);
    }
}

TEST_CASE("a hole that happens to suit is used again for the same, though another place in it would not do") {
    bench<natural_quick> t;
    for (std::size_t n : {128u, 8192u}) {
        CAPTURE(n);
        auto all = natural(t, n, 3);
        REQUIRE(all.size() == 3);
        std::size_t top = t.top();
        t.give_back({all[1]});
        CHECK(natural(t, n, 1) == decltype(all){all[1]});
        CHECK(t.top() == top);
    }
}

TEST_CASE("a hole that is large enough is used as far as it goes, before top") {
    bench<natural_quick> t;
    auto hole = t.holes({3 * 1024 + 1024 + 32});
    std::size_t top = t.top();
    auto all = natural(t, 1024, 8);
    CHECK(all.size() == 3);
    for (auto* c : all) CHECK((c >= hole[0] && ptm::bytes_between(hole[0], c) < 4 * 1024));
    CHECK(t.top() == top);
}

TEST_CASE("where the arena must not grow, no naturally aligned chunk makes it") {
    bench<natural_counted> t;
    t.warm();
    std::size_t asked = t.a.backend().asked, mapped = t.a.shared().mapped_backend.asked;
    while (!natural(t, 4096, 3, stays_small{}).empty()) {}
    CHECK(t.a.backend().asked == asked);
    CHECK(t.a.shared().mapped_backend.asked == mapped);
    errno = 1234;
    CHECK(natural(t, 8192, 2, stays_small{}).empty());
    CHECK(errno == 1234);
    CHECK_FALSE(natural(t, 8192, 2).empty());
}

TEST_CASE("without room for several there is one, and without memory none") {
    bench<natural_counted> t;
    t.warm();
    t.a.backend().grant(0);
    t.a.shared().mapped_backend.grant(0);
    t.leave_top(3 * 4096);
    CHECK(natural(t, 4096, 8).size() == 1);
    while (!natural(t, 4096, 8).empty()) {}
    errno = 1234;
    CHECK(natural(t, 4096, 8).empty());
    CHECK(natural(t, 4096, 1).empty());
    CHECK(errno == 1234);
}

TEMPLATE_LIST_TEST_CASE("batches of any size and number overlap nothing, and leave nothing behind", "", configs) {
    PTM_TEST_SEED(random);
    bench<TestType> t;
    ptm_test::live_blocks live;
    for (std::size_t step = 0; step < ptm_test::steps(1500); ++step) {
        if (live.size() > 150 || (random() % 3 == 0 && !live.empty())) {
            for (int i = 0; i < 12 && !live.empty(); ++i) {
                auto b = live.take(random() % live.size());
                REQUIRE(b.intact());
                t.a.deallocate(b.at);
            }
        } else {
            std::size_t n = 32 + random() % (random() % 4 == 0 ? 2000 : 60) * 16;
            for (auto* c : t.batch(n, 1 + random() % 20)) {
                void* p = bench<TestType>::header::to_user(c);
                REQUIRE(live.add(p, ptm_test::fresh_arena<TestType>::usable_size(p)));
            }
        }
        REQUIRE(ptm_test::verdict(t.a) == "sound");
    }
    while (!live.empty()) t.a.deallocate(live.take(0).at);
    t.a.consolidate();
    CHECK(t.a.figures().used_bytes() == 0);
    CHECK(ptm_test::verdict(t.a) == "sound");
}

TEMPLATE_LIST_TEST_CASE("chunks apart lie in two cache lines that nothing else lies in, wherever top begins", "",
                        configs) {
    using header = typename TestType::header;
    for (std::size_t n : {32u, 48u, 64u})
        for (std::size_t moved = 0; moved < 4; ++moved) {
            CAPTURE(n, moved);
            bench<TestType> t;
            std::vector<void*> others;
            for (std::size_t i = 0; i <= moved; ++i) others.push_back(t.a.allocate(40));
            std::size_t top = t.top(), gap = t.gap();
            auto all = t.apart(n);
            REQUIRE(all.size() == 128 / n);
            for (int i = 0; i < 20; ++i) others.push_back(t.a.allocate(24)); // before them, in the gap, and behind
            auto begin = ptm::address_of(header::to_user(all[0]));
            CHECK(begin % 64 == 0);
            CHECK(in_line(all, n));
            for (auto* c : all) CHECK(t.size(c) >= n);
            CHECK(header::at(all.back(), t.size(all.back())) == header::at(all[0], 128));
            for (void* p : others) {
                auto at = ptm::address_of(p);
                CHECK((at >= begin + 128 || at + ptm_test::fresh_arena<TestType>::usable_size(p) <= begin));
            }
            CHECK(top - t.top() >= gap + 128);
            t.give_back(all);
            for (void* p : others) t.a.deallocate(p);
            t.a.consolidate();
            CHECK(t.a.figures().used_bytes() == 0);
            CHECK(t.top() == t.a.figures().system_bytes);
            CHECK(ptm_test::verdict(t.a) == "sound");
        }
}

TEMPLATE_LIST_TEST_CASE("the gap before chunks apart serves the next request for so much", "", configs) {
    for (std::size_t moved = 0; moved < 4; ++moved) {
        CAPTURE(moved);
        bench<TestType> t;
        for (std::size_t i = 0; i <= moved; ++i) t.a.allocate(40);
        std::size_t top = t.top(), gap = t.gap();
        auto* before = t.a.state().top;
        t.apart(64);
        CHECK(t.a.figures().free_bytes() - t.top() == gap);
        CHECK(top - t.top() == gap + 128);
        top = t.top();
        if (gap != 0) CHECK(t.a.chunk_of(t.a.allocate(gap - TestType::header::overhead)) == before);
        CHECK(t.top() == top);
        CHECK(t.a.figures().free_bytes() == top);
    }
}

TEST_CASE("the gap before chunks apart merges with what comes free before and behind it") {
    bench<> t;
    void* last = t.a.allocate(200);
    while (t.gap() == 0) last = t.a.allocate(40);
    auto all = t.apart(48);
    REQUIRE(all.size() == 2);
    CHECK(t.a.figures().binned_chunks == 1);
    std::size_t binned = t.a.figures().binned_bytes, freed = t.size(t.a.chunk_of(last));
    t.a.deallocate(last);
    CHECK(t.a.figures().binned_chunks == 1);
    CHECK(t.a.figures().binned_bytes == binned + freed);
    t.give_back(all);
    CHECK(t.a.figures().binned_chunks == 0); // all of it is top
    CHECK(ptm_test::verdict(t.a) == "sound");
}

TEST_CASE("chunks apart leave top a smallest chunk, and where that is too little nothing happens") {
    for (std::size_t n = 32; n <= 512; n += 16) {
        CAPTURE(n);
        bench<quick_counted> t;
        t.leave_top(n);
        std::size_t calls = t.a.backend().calls, gap = t.gap();
        auto* top = t.a.state().top;
        auto all = t.apart(32);
        CHECK(t.a.backend().calls == calls);
        if (n >= gap + 128 + 32) {
            CHECK(all.size() == 4);
            CHECK(t.top() == n - gap - 128);
        } else {
            CHECK(all.empty());
            CHECK(t.a.state().top == top);
            CHECK(t.top() == n);
            CHECK(t.a.figures().binned_chunks == 0);
        }
    }
}

TEST_CASE("an arena that has no memory yet has no chunks apart") {
    bench<quick_counted> t;
    CHECK(t.apart(32).empty());
    CHECK(t.a.figures().system_bytes == 0);
    CHECK(t.a.backend().asked == 0);
    CHECK(t.batch(32, 1).size() == 1);
    CHECK(t.apart(32).size() == 4);
}

TEMPLATE_LIST_TEST_CASE("chunks apart and others overlap nothing, and leave nothing behind", "", configs) {
    PTM_TEST_SEED(random);
    bench<TestType> t;
    ptm_test::live_blocks live;
    auto hold = [&](void* p) { REQUIRE(live.add(p, ptm_test::fresh_arena<TestType>::usable_size(p))); };
    for (std::size_t step = 0; step < ptm_test::steps(1000); ++step) {
        if (live.size() > 150 || (random() % 2 == 0 && !live.empty())) {
            auto b = live.take(random() % live.size());
            REQUIRE(b.intact());
            t.a.deallocate(b.at);
        } else if (random() % 3 == 0) {
            for (auto* c : t.apart(32 + random() % 3 * 16)) hold(bench<TestType>::header::to_user(c));
        } else {
            hold(t.a.allocate(random() % 300));
        }
        REQUIRE(ptm_test::verdict(t.a) == "sound");
    }
    while (!live.empty()) t.a.deallocate(live.take(0).at);
    t.a.consolidate();
    CHECK(t.a.figures().used_bytes() == 0);
    CHECK(t.top() == t.a.figures().system_bytes);
}
