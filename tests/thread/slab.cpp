#include "support/catching.hpp"
#include "support/playground.hpp"
#include "support/seed.hpp"

#include "support/catch.hpp"

#include <ptm/thread/slab.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace {
using context = ptm_test::plain_context;
using header = context::header;
using chunk = ptm::chunk_in<context>;
using ptm::detail::slab_cut;

constexpr std::size_t window = 16 * 1024;
using slab = ptm::detail::slab<context, window>;

constexpr ptm::chunk_size of(std::size_t n) { return ptm::chunk_size{n}; }
constexpr slab_cut cut_of(std::size_t n) { return {window, of(n), header::smallest}; }
constexpr std::size_t smallest = ptm::bytes(header::smallest), step = header::alignment;

// sizes - of chunks that slabs are made of.
std::vector<std::size_t> sizes() {
    std::vector<std::size_t> all;
    for (std::size_t n = smallest; n < smallest + 64 * step; n += step) all.push_back(n);
    return all;
}

// chain - leads each of some blocks to the next, and the last one to `end`; returns the first.
void* chain(const std::vector<std::byte*>& blocks, void* end = nullptr) {
    for (std::size_t k = 0; k < blocks.size(); ++k)
        ptm::detail::cached_links<context>::lead(blocks[k], k + 1 < blocks.size() ? blocks[k + 1] : end);
    return blocks[0];
}

// mark - the chunk at p, behind which there is none, becomes free in a slab.
void mark(auto& s, std::byte* p, const slab_cut& cut) {
    void* at = chain({p});
    REQUIRE(s.mark_free(at, cut) == 1);
}

// taken - user pointers out of a slab, in the order in which they come.
template <class Slab>
std::vector<std::byte*> taken(Slab& s, unsigned most, const slab_cut& cut) {
    std::vector<typename Slab::run> runs(most + 1, typename Slab::run{nullptr, 0});
    auto* end = runs.data();
    unsigned n = s.take(end, most, cut);
    std::vector<std::byte*> all;
    for (const auto* r = runs.data(); r != end; ++r)
        for (unsigned k = 0; k < r->count; ++k) all.push_back(r->first + k * cut.each);
    REQUIRE(all.size() == n);
    return all;
}

// windowed - a slab in a window of real memory, between two chunks that are in use.
struct windowed {
    slab_cut cut;
    std::unique_ptr<std::byte, decltype(&std::free)> memory{
        static_cast<std::byte*>(std::aligned_alloc(window, 4 * window)), std::free};
    std::byte* begin = memory.get() + window;
    slab s{};

    explicit windowed(std::size_t n, std::size_t spare = 0) : cut(cut_of(n)) {
        chunk* c = header::from_user(begin);
        header::set_used(c, of(window + spare), false);
        header::set_used(header::next(c), header::smallest, false);
        s.begin(c, cut);
    }

    std::vector<std::byte*> take(unsigned most) { return taken(s, most, cut); }
    void put(std::byte* p) { mark(s, p, cut); }

    // walk - sizes of the chunks in the window, by their headers.
    std::vector<std::size_t> walk() const {
        std::vector<std::size_t> all;
        const std::byte* end = begin + s.whole_bytes();
        for (chunk* c = header::from_user(begin); static_cast<void*>(c) < end - header::header_bytes;
             c = header::next(c)) {
            REQUIRE(header::in_use(c));
            all.push_back(ptm::bytes(header::size_of(c)));
        }
        return all;
    }
};
}

TEST_CASE("a window holds as many chunks as fit, and what is left is nothing or a chunk") {
    for (std::size_t n : sizes()) {
        slab_cut cut = cut_of(n);
        std::size_t left = window - cut.capacity * n;
        INFO("chunks of " << n << " bytes, " << left << " left");
        CHECK((left == 0 || left >= smallest));
        CHECK(left < n + smallest);
        for (unsigned k = 0; k < cut.capacity; ++k) REQUIRE(cut.index_of(k * n) == k);
    }
}

TEST_CASE("where a block begins, and which one has a byte, is known without a division") {
    constexpr std::size_t large = 64 * 1024;
    for (std::size_t each = step; each <= 1024; each += step) {
        slab_cut cut = slab_cut::headerless(large, each);
        INFO("blocks of " << each << " bytes");
        std::size_t wrong = 0;
        for (std::size_t ahead = 0; ahead < large; ++ahead) {
            if (cut.index_of(ahead) != ahead / each) ++wrong;
            if (cut.begins_in(cut.quotient(ahead)) != (ahead % each == 0)) ++wrong;
        }
        CHECK(wrong == 0);
    }
}

TEST_CASE("a new slab has all of its chunks, the lowest first, and cuts no more than are taken") {
    for (std::size_t n : sizes()) {
        windowed w(n);
        CHECK(w.s.free_chunks() == w.cut.capacity);
        CHECK(w.walk() == std::vector{n, n, window - 2 * n});
        auto all = w.take(3);
        CHECK(all == std::vector{w.begin, w.begin + n, w.begin + 2 * n});
        CHECK(w.walk().size() == 4);
        auto rest = w.take(10'000);
        CHECK(rest.size() == w.cut.capacity - 3);
        CHECK(rest.front() == w.begin + 3 * n);
        CHECK(w.s.free_chunks() == 0);
        CHECK(w.take(1).empty());
        auto chunks = w.walk();
        std::size_t left = window - w.cut.capacity * n;
        if (left != 0) {
            CHECK(chunks.back() == left);
            chunks.pop_back();
        }
        CHECK(chunks == std::vector(w.cut.capacity, n));
    }
}

TEST_CASE("a window may be somewhat larger than it should") {
    windowed w(smallest, step);
    CHECK(w.s.whole_bytes() == window + step);
    CHECK(w.take(10'000).size() == window / smallest - (window % smallest != 0));
    CHECK(w.s.unite() == header::from_user(w.begin));
    CHECK(header::size_of(w.s.first()) == of(window + step));
}

TEST_CASE("chunks that come back in any order go out in the order of their addresses") {
    PTM_TEST_SEED(random);
    for (std::size_t n : sizes()) {
        windowed w(n);
        auto all = w.take(10'000);
        std::shuffle(all.begin(), all.end(), random);
        std::vector<std::byte*> back(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2));
        for (std::byte* p : back) w.put(p);
        CHECK(w.s.free_chunks() == back.size());
        std::sort(back.begin(), back.end());
        CHECK(w.take(10'000) == back);
    }
}

TEST_CASE("a chunk that is free already is not freed again") {
    windowed w(48);
    auto mine = w.take(2);
    w.put(mine[0]);
    CHECK(ptm_test::fault_of([&] { w.put(mine[0]); }) == ptm::sentence(ptm::fault::double_free_not_prev));
    CHECK(ptm_test::fault_of([&] { w.put(mine[1]); }) == "none");
}

namespace {
using bare_slab = ptm::detail::slab<context, window, true>;

// bare - a slab of blocks without headers, in a window of real memory.
struct bare {
    slab_cut cut;
    std::unique_ptr<std::byte, decltype(&std::free)> memory{static_cast<std::byte*>(std::aligned_alloc(window, window)),
                                                            std::free};
    bare_slab s{};

    explicit bare(std::size_t each) : cut(slab_cut::headerless(window, each)) {
        std::fill_n(memory.get(), window, std::byte{7});
        s.begin(memory.get(), cut);
    }
};
}

TEST_CASE("blocks without headers fill their window, and nothing is written to it") {
    PTM_TEST_SEED(random);
    for (std::size_t each = step; each <= 64 * step; each += step) {
        bare t(each);
        CHECK(t.cut.capacity == window / each);
        CHECK(t.s.free_chunks() == window / each);
        std::vector<bare_slab::run> runs(window / each + 1, bare_slab::run{nullptr, 0});
        bare_slab::run* end = runs.data();
        REQUIRE(t.s.take(end, 100'000, t.cut) == window / each);
        std::byte* next = t.memory.get();
        for (const bare_slab::run* r = runs.data(); r != end; ++r) {
            REQUIRE(r->first == next);
            next += r->count * each;
        }
        CHECK(std::all_of(t.memory.get(), t.memory.get() + window, [](std::byte b) { return b == std::byte{7}; }));

        std::vector<unsigned> order(t.cut.capacity);
        for (unsigned k = 0; k < order.size(); ++k) order[k] = k;
        std::shuffle(order.begin(), order.end(), random);
        for (unsigned k : order) mark(t.s, t.memory.get() + k * each, t.cut);
        CHECK(t.s.free_chunks() == t.cut.capacity);
        CHECK(t.s.whole_bytes() == window);
    }
}

TEST_CASE("a chain is marked up to the first chunk that lies in another window, in whatever order") {
    PTM_TEST_SEED(random);
    for (std::size_t each : {16u, 48u, 512u, 1024u}) {
        bare t(each);
        std::vector<std::byte*> blocks;
        for (unsigned k = 0; k < t.cut.capacity; ++k) blocks.push_back(t.memory.get() + k * each);
        REQUIRE(taken(t.s, t.cut.capacity, t.cut) == blocks);
        std::shuffle(blocks.begin(), blocks.end(), random);
        blocks.resize(1 + random() % blocks.size());

        alignas(window) static std::byte others[window];
        void* p = chain(blocks, others);
        CHECK(t.s.mark_free(p, t.cut) == blocks.size());
        CHECK(p == others);
        CHECK(t.s.free_chunks() == blocks.size());

        std::sort(blocks.begin(), blocks.end());
        REQUIRE(taken(t.s, t.cut.capacity, t.cut) == blocks);
    }
}

TEST_CASE("rows of neighbours in a chain are marked, upwards and downwards, short and long, as far as they go") {
    PTM_TEST_SEED(random);
    for (std::size_t each : {16u, 48u, 512u, 1024u})
        for (int round = 0; round < 100; ++round) {
            bare t(each);
            auto all = taken(t.s, t.cut.capacity, t.cut);
            std::vector<std::vector<std::byte*>> rows;
            for (auto at = all.begin(); at != all.end();) {
                auto some = 1 + static_cast<std::ptrdiff_t>(random()) % (random() % 4 ? 6 : 150);
                auto end = at + std::min<std::ptrdiff_t>(std::abs(some), all.end() - at);
                rows.emplace_back(at, end);
                if (random() % 2) std::reverse(rows.back().begin(), rows.back().end());
                at = end;
            }
            std::shuffle(rows.begin(), rows.end(), random);
            std::vector<std::byte*> blocks;
            for (const auto& row : rows)
                if (random() % 4 != 0) blocks.insert(blocks.end(), row.begin(), row.end());
            if (blocks.empty()) continue;
            void* p = chain(blocks);
            REQUIRE(t.s.mark_free(p, t.cut) == blocks.size());
            CHECK(p == nullptr);
            CHECK(t.s.free_chunks() == blocks.size());
            CHECK(t.s.marked_free() == blocks.size());
            std::sort(blocks.begin(), blocks.end());
            REQUIRE(taken(t.s, t.cut.capacity, t.cut) == blocks);
        }
}

TEST_CASE("a row ends with the window, though the next one's first block is a neighbour") {
    constexpr std::size_t each = 1024;
    std::unique_ptr<std::byte, decltype(&std::free)> memory{
        static_cast<std::byte*>(std::aligned_alloc(window, 3 * window)), std::free};
    std::byte* middle = memory.get() + window;
    slab_cut cut = slab_cut::headerless(window, each);
    for (bool up : {true, false}) {
        bare_slab s{};
        s.begin(middle, cut);
        REQUIRE(taken(s, cut.capacity, cut).size() == window / each);
        std::vector<std::byte*> blocks;
        for (std::byte* p = middle - 3 * each; p < middle + window + 3 * each; p += each) blocks.push_back(p);
        if (!up) std::reverse(blocks.begin(), blocks.end());
        chain(blocks);
        void* p = blocks[5]; // the third of this window
        CHECK(s.mark_free(p, cut) == window / each - 2);
        CHECK(p == blocks[3 + window / each]);
        CHECK(s.free_chunks() == window / each - 2);
    }
}

TEST_CASE("a block that is free already is found in a row, too") {
    PTM_TEST_SEED(random);
    constexpr std::size_t each = 32;
    for (int round = 0; round < 50; ++round) {
        bare t(each);
        auto all = taken(t.s, t.cut.capacity, t.cut);
        std::size_t twice = random() % 100;
        mark(t.s, all[twice], t.cut);
        all.resize(100);
        if (round % 2) std::reverse(all.begin(), all.end());
        void* p = chain(all);
        CHECK(ptm_test::fault_of([&] { t.s.mark_free(p, t.cut); }) == ptm::sentence(ptm::fault::double_free_not_prev));
    }
}

TEST_CASE("what is no beginning of a block without a header is not freed, nor a free one once more") {
    bare t(48);
    bare_slab::run one[2], *end = one;
    REQUIRE(t.s.take(end, 2, t.cut) == 2);
    auto put = [&](std::size_t at) {
        void* p = t.memory.get() + at;
        return ptm_test::fault_of([&] { t.s.mark_free(p, t.cut); });
    };
    for (std::size_t at : {0u, 48u}) ptm::detail::cached_links<context>::lead(t.memory.get() + at, nullptr);
    CHECK(put(16) == ptm::sentence(ptm::fault::double_free_out));
    CHECK(put(47) == ptm::sentence(ptm::fault::double_free_out));
    CHECK(put(48) == "none");
    CHECK(put(48) == ptm::sentence(ptm::fault::double_free_not_prev));
    CHECK(put(0) == "none");
    CHECK(put(96) == ptm::sentence(ptm::fault::double_free_not_prev));
}

TEST_CASE("of a window that nobody has touched yet only pages are dropped that were taken") {
    constexpr std::size_t page = 4096;
    bare t(512);
    t.s.begin(t.memory.get(), t.cut, true);
    std::vector<ptm::pages> dropped;
    auto drop = [&](ptm::pages run) { return dropped.push_back(run), true; };
    t.s.drop_pages(page, t.cut, drop);
    CHECK(dropped.empty());

    auto some = taken(t.s, 12, t.cut); // a page and a half
    REQUIRE(some.size() == 12);
    for (std::byte* p : some) mark(t.s, p, t.cut);
    t.s.drop_pages(page, t.cut, drop);
    CHECK(dropped == std::vector<ptm::pages>{{t.memory.get(), 2 * page}});
}

TEST_CASE("pages that nobody has a block in are dropped once, and wanted again when they are taken") {
    constexpr std::size_t page = 4096;
    PTM_TEST_SEED(random);
    for (std::size_t each : {16u, 48u, 496u, 1008u, 1024u}) {
        bare t(each);
        std::vector<bool> free(t.cut.capacity, true), dropped(window / page, false);
        auto first_of = [&](std::size_t k) { return k * page / each; };
        auto end_of = [&](std::size_t k) {
            return std::min<std::size_t>((k * page + page - 1) / each + 1, free.size());
        };
        auto unused = [&](std::size_t k) {
            for (std::size_t i = first_of(k); i < end_of(k); ++i)
                if (!free[i]) return false;
            return true;
        };
        for (int turn = 0; turn < 300; ++turn) {
            if (random() % 2 == 0) {
                std::vector<bare_slab::run> runs(64, bare_slab::run{nullptr, 0});
                bare_slab::run* end = runs.data();
                t.s.take(end, 1 + static_cast<unsigned>(random() % 60), t.cut);
                for (const bare_slab::run* r = runs.data(); r != end; ++r)
                    for (unsigned k = 0; k < r->count; ++k)
                        free[static_cast<std::size_t>(r->first - t.memory.get()) / each + k] = false;
                for (std::size_t k = 0; k < dropped.size(); ++k)
                    if (!unused(k)) dropped[k] = false;
            } else {
                std::size_t from = random() % free.size(), to = std::min(free.size(), from + random() % 300);
                for (std::size_t i = from; i < to; ++i) {
                    if (free[i]) continue;
                    mark(t.s, t.memory.get() + i * each, t.cut);
                    free[i] = true;
                }
            }
            std::vector<bool> now(window / page, false);
            bool refuses = random() % 4 == 0;
            t.s.drop_pages(page, t.cut, [&](ptm::pages run) {
                REQUIRE(run.bytes % page == 0);
                for (std::size_t b = 0; b < run.bytes; b += page)
                    now[static_cast<std::size_t>(run.data - t.memory.get() + static_cast<std::ptrdiff_t>(b)) / page] =
                        true;
                return !refuses;
            });
            for (std::size_t k = 0; k < now.size(); ++k) {
                REQUIRE(now[k] == (unused(k) && !dropped[k]));
                if (now[k] && !refuses) dropped[k] = true;
            }
        }
    }
}

TEST_CASE("a slab gives what it has, whatever is taken and put") {
    PTM_TEST_SEED(random);
    for (std::size_t n : {smallest, smallest + step, 5 * smallest + step, smallest + 63 * step}) {
        windowed w(n);
        std::vector<std::byte*> mine;
        for (std::size_t i = 0; i < ptm_test::steps(2'000); ++i) {
            if (random() % 2 == 0) {
                auto some = w.take(static_cast<unsigned>(random() % 70));
                REQUIRE(std::is_sorted(some.begin(), some.end()));
                mine.insert(mine.end(), some.begin(), some.end());
            } else {
                for (std::size_t k = random() % 70; k > 0 && !mine.empty(); --k) {
                    std::swap(mine[random() % mine.size()], mine.back());
                    w.put(mine.back());
                    mine.pop_back();
                }
            }
            REQUIRE(w.s.free_chunks() + mine.size() == w.cut.capacity);
        }
        std::sort(mine.begin(), mine.end());
        REQUIRE(std::adjacent_find(mine.begin(), mine.end()) == mine.end());
        for (std::byte* p : mine) {
            REQUIRE((p - w.begin) % static_cast<std::ptrdiff_t>(n) == 0);
            REQUIRE(header::size_of(header::from_user(p)) == of(n));
        }
    }
}

TEST_CASE("a map knows a slab by any address in its window, and no other") {
    using map = ptm::detail::slab_map<slab, window>;
    auto m = std::make_unique<map>();
    int here = 0;
    CHECK(m->find(&here) == nullptr);
    slab* s = m->make(&here);
    REQUIRE(s != nullptr);
    CHECK(s->home == 0);
    CHECK(s->free_chunks() == 0);
    std::uintptr_t first = ptm::address_of(&here) & ~(window - 1);
    auto at = [](std::uintptr_t address) { return reinterpret_cast<void*>(address); };
    CHECK(m->find(at(first)) == s);
    CHECK(m->find(at(first + window - 1)) == s);
    CHECK(m->find(at(first + window)) != s);
    CHECK(m->find(at(first - 1)) != s);
    CHECK(m->make(&here) == s);
    if (sizeof(void*) == 8) {
        CHECK(m->find(at(UINTPTR_MAX - 100)) == nullptr);
        CHECK(m->make(at(UINTPTR_MAX - 100)) == nullptr); // no address of a program
    }
}

TEST_CASE("threads that make the same slab at the same time get the same one") {
    using map = ptm::detail::slab_map<slab, window>;
    for (int round = 0; round < 50; ++round) {
        auto m = std::make_unique<map>();
        slab* found[2] = {};
        std::thread other([&] { found[1] = m->make(&round); });
        found[0] = m->make(&round);
        other.join();
        REQUIRE(found[0] != nullptr);
        REQUIRE(found[0] == found[1]);
    }
}
