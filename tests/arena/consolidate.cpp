#include "support/configs.hpp"

#include <ptm/arena/consolidate.hpp>
#include <ptm/observe/counters.hpp>

#include <vector>

namespace {
using config = ptm_test::glass;
using header = config::header;

struct observed : ptm::edit<config, ptm::set_observer<ptm::counters>> {};
}

TEST_CASE("consolidating empties the fast bins into one free chunk") {
    ptm_test::fresh_arena<config> a;
    std::vector<void*> p;
    for (int i = 0; i < 4; ++i) p.push_back(a.allocate(24));
    a.allocate(24);
    for (void* each : p) a.deallocate(each);
    CHECK(a.figures().fast_chunks == 4);
    CHECK(a.state().have_fast);
    a.consolidate();
    ptm::arena_figures f = a.figures();
    CHECK(f.fast_chunks == 0);
    CHECK(f.binned_chunks == 1);
    CHECK(f.binned_bytes == 128);
    CHECK_FALSE(a.state().have_fast);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("consolidating merges with top") {
    ptm_test::fresh_arena<config> a;
    void* p = a.allocate(24);
    a.deallocate(p);
    CHECK(a.figures().used_bytes() == 0);
    CHECK(a.state().top != a.chunk_of(p));
    a.consolidate();
    CHECK(a.state().top == a.chunk_of(p));
}

TEST_CASE("each consolidation is an event, also an idle one") {
    ptm_test::fresh_arena<observed> a;
    a.consolidate();
    a.consolidate();
    CHECK(a.shared().observer.now().consolidations == 2);
}

TEST_CASE("consolidating reports a wrong chunk before a fast one") {
    ptm_test::fresh_arena<config> a;
    void *before = a.allocate(500), *fast = a.allocate(24);
    a.allocate(24);
    a.deallocate(before);
    a.deallocate(fast);
    header::set_size(a.chunk_of(before), ptm::chunk_size{480});
    auto& state = a.state();
    CHECK(ptm_test::fault_of([&] { ptm::consolidate(state); }) == "corrupted size vs. prev_size in fastbins");
}
