#include "support/configs.hpp"

#include <ptm/arena/state.hpp>

namespace {
using config = ptm_test::glass;
using state = ptm::arena_state<config>;
using shared = ptm::shared_state<config>;

struct wasteless : ptm::edit<config, ptm::set_main_backend<ptm::no_backend>, ptm::set_mapped_backend<ptm::no_backend>,
                             ptm::set_fast_bins<ptm::no_fast_bins>, ptm::set_unsorted_bin<ptm::no_unsorted_bin>,
                             ptm::set_lock<ptm::no_lock>> {};
struct no_fast : ptm::edit<config, ptm::set_fast_bins<ptm::no_fast_bins>> {};

constinit shared constant_shared{};
constinit state constant_state{constant_shared};
}

TEST_CASE("an arena's state needs no constructor to run") {
    CHECK_FALSE(constant_state.prepared);
    CHECK(constant_state.shared == &constant_shared);
    CHECK_FALSE(constant_state.has_memory());
}

TEST_CASE("a prepared arena has a top of size 0") {
    shared s;
    state a{s};
    a.prepare();
    CHECK(a.prepared);
    CHECK(a.contiguous);
    CHECK(ptm::bytes(config::header::size_of(a.top)) == 0);
}

TEST_CASE("preparing again changes nothing") {
    shared s;
    state a{s};
    a.prepare();
    a.contiguous = false;
    a.prepare();
    CHECK_FALSE(a.contiguous);
}

TEST_CASE("without a frontier an arena is never contiguous") {
    ptm::shared_state<wasteless> s;
    ptm::arena_state<wasteless> a{s};
    a.prepare();
    CHECK_FALSE(a.contiguous);
}

TEST_CASE("policies without data take no room in an arena") {
    using with = ptm::arena_state<ptm_test::glass>;
    CHECK(sizeof(ptm::arena_state<wasteless>) < sizeof(with) - sizeof(ptm::stack_bins::in<config>));
}

TEST_CASE("the settings start as the configuration says") {
    shared s;
    CHECK(s.mmap_threshold == 131072);
    CHECK(s.trim_threshold == 131072);
    CHECK(s.top_pad == 131072);
    CHECK(s.mmap_max == 65536);
    CHECK(s.most_fast == 128);
    CHECK(s.adaptive);
    CHECK(s.perturb == 0);
}

TEST_CASE("the largest fast chunk follows from the largest fast request") {
    struct {
        std::size_t request, chunk;
    } const rows[] = {{0, 0}, {7, 0}, {8, 16}, {23, 16}, {24, 32}, {128, 128}, {160, 160}, {10000, 176}};
    shared s;
    for (auto row : rows) {
        s.set_most_fast(row.request);
        CHECK(s.most_fast == row.chunk);
    }
}

TEST_CASE("without fast bins no chunk is fast") {
    ptm::shared_state<no_fast> s;
    CHECK(s.most_fast == 0);
    s.set_most_fast(160);
    CHECK(s.most_fast == 0);
}

TEST_CASE("what is wanted is a request and the chunk for it") {
    ptm::wanted w = ptm::want<config>(25);
    CHECK(w.request == 25);
    CHECK(ptm::bytes(w.size) == 48);
}

TEST_CASE("inside holds the lock and prepares") {
    shared s;
    state a{s};
    {
        ptm::inside hold(a);
        CHECK(a.prepared);
        CHECK_FALSE(a.lock.try_lock());
    }
    CHECK(a.lock.try_lock());
}

namespace {
// inheriting - empty, with the constructors of another empty class.
struct inheriting : ptm::no_backend {
    using no_backend::no_backend;
};
struct with_inheriting
    : ptm::edit<ptm_test::glass, ptm::set_main_backend<inheriting>, ptm::set_mapped_backend<inheriting>> {};
constinit ptm::arena<with_inheriting> starts_right;
}

TEST_CASE("an empty piece leaves the initial state of what it lies in alone") {
    CHECK(starts_right.limit() == SIZE_MAX);
    CHECK(starts_right.shared().mmap_threshold == ptm::tuning{}.mmap_threshold);
    CHECK(starts_right.state().shared == &starts_right.shared());
}
