#include "support/configs.hpp"

#include <ptm/arena/coalesce.hpp>

#include <array>

namespace {
using config = ptm_test::glass;
using header = config::header;
using chunk = ptm::chunk_in<config>;

constexpr ptm::chunk_size of(std::size_t n) { return ptm::chunk_size{n}; }

// row - five neighbours of 208 bytes each, and one behind them that keeps top away.
struct row {
    ptm_test::fresh_arena<config> a;
    std::array<void*, 5> p{};

    row() {
        for (void*& each : p) each = a.allocate(200);
        a.allocate(24);
    }
    chunk* at(std::size_t i) { return a.chunk_of(p[i]); }
    std::size_t unsorted() {
        std::size_t n = 0;
        a.state().unsorted.for_each([&](chunk*) { ++n; });
        return n;
    }
};
}

TEST_CASE("a chunk merges with the free one before it") {
    row t;
    t.a.deallocate(t.p[1]);
    t.a.deallocate(t.p[2]);
    CHECK(header::size_of(t.at(1)) == of(416));
    CHECK(t.unsorted() == 1);
    CHECK(ptm_test::verdict(t.a) == "sound");
}

TEST_CASE("a chunk merges with the free one behind it") {
    row t;
    t.a.deallocate(t.p[2]);
    t.a.deallocate(t.p[1]);
    CHECK(header::size_of(t.at(1)) == of(416));
    CHECK(t.unsorted() == 1);
    CHECK(ptm_test::verdict(t.a) == "sound");
}

TEST_CASE("a chunk merges with both neighbours, and stays between used ones") {
    row t;
    t.a.deallocate(t.p[1]);
    t.a.deallocate(t.p[3]);
    CHECK(t.unsorted() == 2);
    t.a.deallocate(t.p[2]);
    CHECK(t.unsorted() == 1);
    CHECK(header::size_of(t.at(1)) == of(624));
    CHECK(header::footer_of(t.at(1)) == of(624));
    CHECK(ptm_test::verdict(t.a) == "sound");
}

TEST_CASE("the last chunk becomes part of top") {
    ptm_test::fresh_arena<config> a;
    void *first = a.allocate(200), *last = a.allocate(200);
    a.deallocate(last);
    CHECK(a.state().top == a.chunk_of(last));
    a.deallocate(first);
    CHECK(a.state().top == a.chunk_of(first));
    CHECK(a.figures().used_bytes() == 0);
}

TEST_CASE("merging with a large chunk takes it out of its bin") {
    ptm_test::fresh_arena<config> a;
    void *large = a.allocate(3000), *next = a.allocate(200);
    a.allocate(24);
    a.deallocate(large);
    a.allocate(6000); // sorts it
    a.deallocate(next);
    std::size_t sorted = 0;
    a.state().large.for_each([&](chunk*, unsigned) { ++sorted; });
    CHECK(sorted == 0);
    CHECK(header::size_of(a.chunk_of(large)) == of(3008 + 208));
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("settle tells the size that came out, top included") {
    row t;
    t.a.deallocate(t.p[2]);
    constexpr auto file = ptm::file_freed<config>;
    CHECK(ptm::settle(t.a.state(), ptm::span<config>{t.at(1), of(208)}, file) == of(416));
    ptm::span<config> last{header::next(t.at(4)), of(32)};
    ptm::chunk_size top = header::size_of(t.a.state().top);
    CHECK(ptm::settle(t.a.state(), last, file) == top + of(32));
}

TEST_CASE("a small chunk that comes out of a free goes to its own bin, if the rules say so") {
    struct sorted : ptm::edit<config, ptm::set_ruled<ptm::rules{.freed_small_to_own_bin = true}>,
                              ptm::set_checked<ptm::checks::all>> {};
    ptm_test::fresh_arena<sorted> a;
    void *small = a.allocate(500), *between = a.allocate(24), *large = a.allocate(3000), *other = a.allocate(500);
    a.allocate(24);
    for (void* p : {small, large}) a.deallocate(p);
    CHECK(a.state().small.first_above(of(16)) == a.chunk_of(small));
    CHECK(a.state().unsorted.oldest() == a.chunk_of(large));
    a.deallocate(between); // fast: what consolidation makes of it is unsorted whatever its size
    a.consolidate();
    CHECK(a.state().small.first_above(of(16)) == nullptr);
    CHECK(ptm_test::verdict(a) == "sound");
    void* again = a.allocate(500);
    a.allocate(24);
    a.deallocate(again);
    static_cast<void>(other);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("a small bin whose newest chunk does not point back is reported") {
    struct sorted : ptm::edit<config, ptm::set_ruled<ptm::rules{.freed_small_to_own_bin = true}>,
                              ptm::set_checked<ptm::checks::all>> {};
    ptm_test::fresh_arena<sorted> a;
    void *first = a.allocate(500), *between = a.allocate(24), *second = a.allocate(500);
    a.allocate(24);
    a.deallocate(first);
    a.chunk_of(first)->ring.back = ptm::address_of(between);
    CHECK(ptm_test::fault_of([&] { a.deallocate(second); }) == "free(): chunks in smallbin corrupted");
}

TEST_CASE("detach reports a size that is not repeated behind the chunk") {
    row t;
    t.a.deallocate(t.p[1]);
    header::next(t.at(1))->previous_size = 224;
    CHECK(ptm_test::fault_of([&] { ptm::detach(t.a.state(), t.at(1)); }) == "corrupted size vs. prev_size");
}

TEST_CASE("merging back reports a chunk that is not as large as noted behind it") {
    row t;
    t.a.deallocate(t.p[1]);
    header::set_size(t.at(1), of(192));
    CHECK(ptm_test::fault_of([&] { t.a.deallocate(t.p[2]); }) == "corrupted size vs. prev_size while consolidating");
}

TEST_CASE("without an unsorted bin free chunks go to their own bins") {
    struct direct : ptm::edit<config, ptm::set_unsorted_bin<ptm::no_unsorted_bin>> {};
    ptm_test::fresh_arena<direct> a;
    void *small = a.allocate(500), *between = a.allocate(24), *large = a.allocate(3000);
    a.allocate(24);
    a.deallocate(small);
    a.deallocate(large);
    CHECK(a.state().small.first_above(of(16)) == a.chunk_of(small));
    CHECK(a.state().large.best_fit(of(3008)) == a.chunk_of(large));
    CHECK(ptm_test::verdict(a) == "sound");
    a.deallocate(between);
    a.consolidate();
    CHECK(a.figures().binned_chunks == 1);
    CHECK(ptm_test::verdict(a) == "sound");
}
