#include "support/playground.hpp"

#include "support/catch.hpp"

#include <ptm/bin/segregated_bins.hpp>

#include <vector>

namespace {
using context = ptm_test::plain_context;
using header = context::header;
using bins = ptm::segregated_bins::in<context>;
using chunk = ptm::chunk_in<context>;
using chunks = std::vector<chunk*>;
using ptm_test::fault_of;

constexpr ptm::chunk_size of(std::size_t n) { return ptm::chunk_size{n}; }
std::size_t size(const chunk* c) { return c ? ptm::bytes(header::size_of(c)) : 0; }

struct bench : ptm_test::stocked<bins, context> {
    chunks all() const {
        chunks seen;
        b.for_each([&](chunk* c, unsigned) { seen.push_back(c); });
        return seen;
    }
};

// words - of a chunk of any size, whose memory is not there.
struct words {
    alignas(16) std::byte memory[128]{};
    chunk* sized(std::size_t n) {
        chunk* c = header::at(memory, 0);
        header::set_size(c, of(n));
        return c;
    }
};
}

TEST_CASE("segregated bins keep lists of 32 sizes for a doubling, the newest first") {
    bench t;
    chunk *a = t.add(2048), *b = t.add(2096), *next = t.add(2112), *before = t.add(2032), *c = t.add(2064);
    CHECK(t.all() == chunks{before, c, b, a, next});
    CHECK(t.b.first_above(of(2000)) == before); // 2000 has a list of its own
    CHECK(t.b.first_above(of(2032)) == c);
    CHECK(t.b.first_above(of(2048)) == next);
    CHECK(t.b.first_above(of(2112)) == nullptr);
}

TEST_CASE("the first above a small size is one of the smallest large ones") {
    bench t;
    CHECK(t.b.first_above(of(32)) == nullptr);
    t.add(5008);
    chunk* c = t.add(1024);
    CHECK(t.b.first_above(of(32)) == c);
    CHECK(t.b.first_above(of(1008)) == c);
    CHECK(size(t.b.first_above(of(1024))) == 5008);
}

TEST_CASE("what the first above wastes is one part in 16 at most, where there is one that close") {
    bench t;
    chunks held;
    for (std::size_t n = 1024; n < 4500; n += 16) held.push_back(t.ground.make(n));
    for (chunk* c : held) t.b.insert(c);
    for (std::size_t n = 1024; n < 4200; n += 16) {
        std::size_t m = size(t.b.first_above(of(n)));
        REQUIRE(m > n);
        REQUIRE((m - n) * 16 <= n);
        std::size_t best = size(t.b.best_fit(of(n)));
        REQUIRE((best == 0 || (best >= n && (best - n) * 32 <= n)));
    }
}

TEST_CASE("eight of the own list are looked at, and the smallest of them that fits is taken") {
    bench t;
    chunk* exact = t.add(8192);
    for (int i = 0; i < 3; ++i) t.add(8400);
    chunk* close = t.add(8224);
    for (int i = 0; i < 3; ++i) t.add(8432);
    CHECK(t.b.best_fit(of(8208)) == close);
    CHECK(t.b.best_fit(of(8192)) == exact); // the eighth
    t.add(8416);
    CHECK(t.b.best_fit(of(8192)) == close); // the ninth
    t.b.remove(close);
    CHECK(t.b.best_fit(of(8192)) == exact);
}

TEST_CASE("a best fit is never too small, and never of another list") {
    bench t;
    t.add(2048);
    chunk* larger = t.add(2112);
    CHECK(t.b.best_fit(of(2064)) == nullptr);
    CHECK(t.b.best_fit(of(2080)) == nullptr);
    CHECK(t.b.best_fit(of(2112)) == larger);
    CHECK(t.b.best_fit(of(4096)) == nullptr);
}

TEST_CASE("a list that was emptied is passed over, and filled again") {
    bench t;
    chunk *a = t.add(3072), *b = t.add(3088), *far = t.add(1u << 18);
    t.b.remove(a);
    CHECK(t.b.first_above(of(1024)) == b);
    t.b.remove(b);
    CHECK(t.b.first_above(of(1024)) == far);
    t.b.insert(a);
    CHECK(t.b.first_above(of(1024)) == a);
    t.b.clear();
    CHECK(t.all().empty());
    CHECK(t.b.first_above(of(32)) == nullptr);
    CHECK(t.b.best_fit(of(3072)) == nullptr);
    t.b.insert(b); // into a list whose head still leads to what was there
    CHECK(t.all() == chunks{b});
    CHECK(t.b.links_agree(b));
}

TEST_CASE("chunks of which one comes from another list's middle leave all others linked") {
    bench t;
    chunk *a = t.add(2048), *b = t.add(2048), *c = t.add(2048);
    t.b.remove(b);
    CHECK(t.all() == chunks{c, a});
    t.b.remove(c);
    t.b.insert(b);
    CHECK(t.all() == chunks{b, a});
}

TEST_CASE("sizes without a list of their own share the last one") {
    if constexpr (sizeof(void*) == 8) {
        bench t;
        words w, v;
        chunk *huge = w.sized(std::size_t{1} << 45), *large = v.sized(std::size_t{1} << 43);
        t.b.insert(huge);
        CHECK(t.b.first_above(of(1u << 20)) == huge);
        CHECK(t.b.best_fit(of(std::size_t{1} << 44)) == huge);
        CHECK(t.b.best_fit(of(std::size_t{1} << 46)) == nullptr);
        t.b.insert(large);
        CHECK(t.b.best_fit(of(std::size_t{1} << 44)) == huge);
        CHECK(t.b.best_fit(of(std::size_t{1} << 43)) == large);
        CHECK(t.b.first_above(of(std::size_t{1} << 45)) == nullptr);
        t.b.remove(huge);
        t.b.remove(large);
        CHECK(t.all().empty());
    }
}

TEST_CASE("segregated bins report links that do not point back") {
    bench t;
    chunk *a = t.add(2048), *b = t.add(2064);
    auto kept = a->ring;
    a->ring.back = a->ring.forward;
    CHECK_FALSE(t.b.links_agree(b));
    CHECK(fault_of([&] { t.b.remove(b); }) == "corrupted double-linked list");
    a->ring = kept;
    CHECK(t.b.links_agree(b));
    chunk* c = t.ground.make(2096);
    b->ring.back = ptm::address_of(&a->ring);
    CHECK(fault_of([&] { t.b.insert(c); }) == "malloc(): largebin double linked list corrupted (bk)");
}

TEST_CASE("what could go back to the system is counted by chunks that are long enough") {
    bench t;
    t.add(1024);
    chunk* less = t.add(bins::row - 16);
    CHECK(t.b.bytes_in_rows() == 0);
    chunk *row = t.add(bins::row), *more = t.add(90'000);
    CHECK(t.b.bytes_in_rows() == bins::row + 90'000);
    t.b.remove(less);
    t.b.remove(row);
    CHECK(t.b.bytes_in_rows() == 90'000);
    t.b.insert(row);
    t.b.remove(more);
    CHECK(t.b.bytes_in_rows() == bins::row);
    t.b.clear();
    CHECK(t.b.bytes_in_rows() == 0);
}

TEST_CASE("what went back to the system counts again when it was taken out") {
    bench t;
    chunk *a = t.add(90'000), *b = t.add(50'000);
    CHECK(t.b.unreturned_bytes() == 140'000);
    t.b.note_given_back();
    CHECK(t.b.unreturned_bytes() == 0);
    t.add(40'000);
    CHECK(t.b.unreturned_bytes() == 40'000);
    t.b.remove(a); // the new one may lie where this was: nobody knows
    t.b.remove(b);
    CHECK(t.b.unreturned_bytes() == 0);
    t.b.insert(a);
    CHECK(t.b.unreturned_bytes() == 90'000);
    CHECK(t.b.bytes_in_rows() == 130'000);
}
