// Each invariant is broken on purpose, in an arena that was sound before, and verify() must name it.
#include "support/configs.hpp"

#include <ptm/arena/verify.hpp>

namespace {
using config = ptm_test::glass;
using header = config::header;
using chunk = ptm::chunk_in<config>;
using rings = ptm::detail::rings<config>;

constexpr ptm::chunk_size of(std::size_t n) { return ptm::chunk_size{n}; }

// specimen - an arena with a chunk of every kind, none beside another free one.
struct specimen {
    ptm_test::fresh_arena<config> a{};
    chunk *used = take(100), *fast = take(40), *also_fast = take(40), *small = take(500);
    chunk *larger = take(2024), *large = take(2008), *also_large = take(2008), *unsorted = take(700);

    specimen() {
        for (chunk* c : {fast, also_fast}) a.deallocate(header::to_user(c));
        for (chunk* c : {small, larger, large, also_large}) a.deallocate(header::to_user(c));
        a.state().have_fast = false; // so that the search for 2100 leaves the fast chunks alone
        a.allocate(2100);
        a.state().have_fast = true;
        a.deallocate(header::to_user(unsorted));
    }

    auto& state() { return a.state(); }
    std::string verdict() { return ptm_test::verdict(a); }

private:
    // Behind each chunk a used one.
    chunk* take(std::size_t n) {
        void* p = a.allocate(n);
        a.allocate(200);
        return a.chunk_of(p);
    }
};

void break_footer(chunk* c) { header::next(c)->previous_size += 16; }

// The first fast chunk's link, made to lead to `target`; what it leads to ends the list.
void lead(chunk* c, chunk* target) {
    c->ring.forward = ptm::safe_links::encode(&c->ring.forward, target);
    target->ring.forward = ptm::safe_links::encode(&target->ring.forward, nullptr);
}
}

TEST_CASE("a specimen is sound and has what it should have") {
    specimen s;
    CHECK(s.verdict() == "sound");
    ptm::arena_figures f = s.a.figures();
    CHECK(f.fast_chunks == 2);
    CHECK(f.binned_chunks == 5);
    CHECK(s.state().unsorted.oldest() == s.unsorted);
    CHECK(s.state().large.best_fit(of(2032)) == s.larger);
    CHECK(s.state().large.best_fit(of(2016)) == s.also_large);
}

TEST_CASE("verify finds nothing wrong with an arena that was never used") {
    ptm::shared_state<config> shared;
    ptm::arena_state<config> a{shared};
    CHECK(ptm::verify(a) == nullptr);
    a.prepare();
    CHECK(ptm::verify(a) == nullptr);
}

TEST_CASE("verify notices a binned chunk of an impossible size") {
    for (auto pick : {&specimen::small, &specimen::large, &specimen::unsorted}) {
        specimen s;
        header::set_size(s.*pick, of(16));
        CHECK(s.verdict() == "a binned chunk has an aligned address and size");
    }
}

TEST_CASE("verify notices a binned chunk larger than the arena") {
    specimen s;
    header::set_size(s.unsorted, of(0x7ffff0));
    CHECK(s.verdict() == "a binned chunk is no larger than the arena");
}

TEST_CASE("verify notices a wrong footer") {
    for (auto pick : {&specimen::small, &specimen::large, &specimen::unsorted}) {
        specimen s;
        break_footer(s.*pick);
        CHECK(s.verdict() == "a binned chunk's size is repeated behind it");
    }
}

TEST_CASE("verify notices a binned chunk that takes the one before for free") {
    for (auto pick : {&specimen::small, &specimen::large, &specimen::unsorted}) {
        specimen s;
        header::set_prev_in_use(s.*pick, false);
        CHECK(s.verdict() == "the chunk before a binned one is in use");
    }
}

TEST_CASE("verify notices a binned chunk that its neighbour takes for used") {
    for (auto pick : {&specimen::small, &specimen::large, &specimen::unsorted}) {
        specimen s;
        header::set_prev_in_use(header::next(s.*pick), true);
        CHECK(s.verdict() == "a binned chunk is marked free in the next one");
    }
}

TEST_CASE("verify notices flags that a binned chunk must not have") {
    specimen s;
    header::mark_side_arena(s.small);
    CHECK(s.verdict() == "a binned chunk has no other flags");
    specimen t;
    t.large->word |= 2; // mapped
    CHECK(t.verdict() == "a binned chunk has no other flags");
}

TEST_CASE("verify notices a link that does not point back") {
    for (auto pick : {&specimen::small, &specimen::large, &specimen::unsorted}) {
        specimen s;
        (s.*pick)->ring.back = ptm::address_of(&(s.*pick)->ring);
        CHECK(s.verdict() == "the neighbours in a bin point back");
    }
}

TEST_CASE("verify notices a chunk in the bin of another size") {
    specimen s;
    chunk* half = header::at(s.small, 256);
    header::set_size(s.small, of(256));
    header::set_used(half, of(256), false);
    header::set_prev_in_use(half, false);
    half->previous_size = 256;
    CHECK(s.verdict() == "a sorted chunk is in the bin of its size");
}

TEST_CASE("verify notices a fast chunk that is not aligned") {
    specimen s;
    lead(s.also_fast, header::at(s.fast, 8));
    CHECK(s.verdict() == "a fast chunk is aligned");
}

TEST_CASE("verify notices a fast chunk in the wrong bin") {
    specimen s;
    header::set_size(s.fast, of(64));
    CHECK(s.verdict() == "a fast chunk is in the bin of its size");
}

TEST_CASE("verify notices a fast chunk that its neighbour takes for free") {
    specimen s;
    header::set_prev_in_use(header::next(s.fast), false);
    CHECK(s.verdict() == "a fast chunk looks used");
}

TEST_CASE("verify notices a flag that denies the fast chunks") {
    specimen s;
    s.state().have_fast = false;
    CHECK(s.verdict() == "have_fast is set while a fast bin holds something");
}

TEST_CASE("verify notices a wrong top") {
    specimen s;
    header::set_prev_in_use(s.state().top, false);
    CHECK(s.verdict() == "the chunk before top is in use");
    specimen t;
    header::set_top(t.state().top, of(16));
    CHECK(t.verdict() == "top is a chunk");
    specimen u;
    header::set_top(u.state().top, of(u.state().system_bytes + 16));
    CHECK(u.verdict() == "top is no larger than the arena");
}

TEST_CASE("verify notices a large bin that does not descend") {
    specimen s;
    ptm::ring_node* first = header::ring_of(s.larger);
    rings::algorithms::unlink(first);
    rings::algorithms::link_after(header::ring_of(s.also_large), first);
    CHECK(s.verdict() == "a large bin descends");
}

TEST_CASE("verify notices a size without representative, or with two") {
    specimen s;
    s.state().large.mark_absent(s.large);
    CHECK(s.verdict() == "the first of each size represents it");
    specimen t;
    t.also_large->skip = t.large->skip;
    CHECK(t.verdict() == "the first of each size represents it");
}

TEST_CASE("verify notices an impossible size of a used chunk") {
    specimen s;
    s.used->word = 9;
    CHECK(s.verdict() == "a chunk's size is possible");
}

TEST_CASE("verify notices two free chunks side by side") {
    specimen s;
    chunk* behind = header::next(s.unsorted);
    header::set_prev_in_use(header::next(behind), false);
    CHECK(s.verdict() == "no two free chunks are neighbours");
}

TEST_CASE("verify notices a first chunk that believes in one before it") {
    specimen s;
    header::set_prev_in_use(s.used, false);
    CHECK(s.verdict() == "a chunk knows whether the one before is in use");
}

TEST_CASE("verify notices bytes that do not add up") {
    specimen s;
    s.state().system_bytes = s.a.figures().top_bytes;
    CHECK(s.verdict() == "free bytes are bytes of the system");
}

TEST_CASE("verify notices a free chunk that is in no bin") {
    specimen s;
    s.state().small.remove(s.small);
    CHECK(s.verdict() == "every free chunk is in exactly one bin");
    specimen t;
    t.state().unsorted.remove(t.unsorted);
    CHECK(t.verdict() == "every free chunk is in exactly one bin");
    specimen u;
    header::set_prev_in_use(header::next(u.used), true);
    header::set_prev_in_use(header::next(header::next(u.used)), false);
    CHECK(u.verdict() == "every free chunk is in exactly one bin");
}

TEST_CASE("verify says the same of the arena every time") {
    specimen s;
    break_footer(s.small);
    std::string first = s.verdict();
    CHECK(s.verdict() == first);
    header::next(s.small)->previous_size -= 16;
    CHECK(s.verdict() == "sound");
}
