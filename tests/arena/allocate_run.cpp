#include "support/configs.hpp"
#include "support/live_blocks.hpp"
#include "support/seed.hpp"

#include <ptm/arena/allocate_run.hpp>
#include <ptm/os/buffer.hpp>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace {
using config = ptm_test::glass;
using header = config::header;
using arena = ptm_test::fresh_arena<config>;
using counted = ptm_test::fresh_arena<ptm_test::counted_glass>;

// neighbours - blocks that lie `apart` bytes from their predecessors.
std::size_t neighbours(const std::vector<void*>& blocks, std::size_t apart) {
    std::size_t n = 0;
    for (std::size_t i = 1; i < blocks.size(); ++i) n += ptm::bytes_between(blocks[i - 1], blocks[i]) == apart;
    return n;
}

template <class A>
std::vector<void*> run_of(A& a, std::size_t request, std::size_t count) {
    std::vector<void*> out(count);
    out.resize(a.allocate_run(request, count, out.data()));
    return out;
}
}

TEST_CASE("a run from top lies in memory as it stands in the list") {
    arena a;
    auto blocks = run_of(a, 24, 100);
    REQUIRE(blocks.size() == 100);
    CHECK(neighbours(blocks, 32) == 99);
    CHECK(a.live() == 100);
    for (void* p : blocks) CHECK(header::prev_in_use(header::from_user(p)));
    CHECK(ptm_test::verdict(a) == "sound");
    a.deallocate_run(blocks.data(), blocks.size());
    CHECK(a.live() == 0);
    CHECK(a.figures().used_bytes() == 0);
    CHECK(a.figures().fast_chunks == 0);
}

TEST_CASE("a run fits into one free chunk, and the last block takes a rest that can be none") {
    arena a;
    void* hole = a.allocate(10 * 112 + 16 - 8);
    a.allocate(24);
    a.deallocate(hole);
    a.allocate(2000); // sorts it
    auto blocks = run_of(a, 100, 10);
    CHECK(blocks.front() == hole);
    CHECK(neighbours(blocks, 112) == 9);
    CHECK(arena::usable_size(blocks[8]) == 104);
    CHECK(arena::usable_size(blocks[9]) == 120);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("every block of a run is a block like any other") {
    arena a;
    auto blocks = run_of(a, 200, 9);
    a.allocate(24);
    for (std::size_t i : {4u, 0u, 8u, 2u, 6u}) a.deallocate(blocks[i]);
    CHECK(ptm_test::verdict(a) == "sound");
    CHECK(a.reallocate(blocks[1], 350) == blocks[1]);
    for (std::size_t i : {7u, 1u, 3u, 5u}) a.deallocate(blocks[i]);
    CHECK(ptm_test::verdict(a) == "sound");
    a.consolidate(); // what was cut off became a fast chunk
    CHECK(a.figures().binned_chunks == 1);
}

TEST_CASE("a long run is cut from several pieces, none of which is mapped") {
    arena a;
    auto blocks = run_of(a, 24, 20'000);
    REQUIRE(blocks.size() == 20'000);
    CHECK(neighbours(blocks, 32) > 19'980);
    CHECK(a.shared().mapped_count == 0);
    std::reverse(blocks.begin(), blocks.end());
    a.deallocate_run(blocks.data(), blocks.size());
    CHECK(ptm_test::verdict(a) == "sound");
    CHECK(a.live() == 0);
}

TEST_CASE("large blocks of a run are mapped, one by one") {
    arena a;
    auto blocks = run_of(a, 200'000, 3);
    REQUIRE(blocks.size() == 3);
    CHECK(a.shared().mapped_count == 3);
    auto small = run_of(a, 50, 3);
    std::vector<void*> mixed{small[0], blocks[0], small[1], small[2], blocks[2], blocks[1]};
    a.deallocate_run(mixed.data(), mixed.size());
    CHECK(a.shared().mapped_count == 0);
    CHECK(a.live() == 0);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("where memory ends, a run does, and the rest of the list is as it was") {
    alignas(64) static std::byte memory[40'000];
    struct in_a_buffer
        : ptm::edit<config, ptm::set_main_backend<ptm::buffer_backend>, ptm::set_mapped_backend<ptm::no_backend>,
                    ptm::set_tuned<ptm::tuning{.top_pad = 0}>> {};
    ptm_test::fresh_arena<in_a_buffer> a{ptm::buffer_backend(ptm::pages{memory, sizeof memory})};
    std::vector<void*> out(2000, memory);
    errno = 0;
    std::size_t served = a.allocate_run(24, out.size(), out.data());
    CHECK(errno == ENOMEM);
    CHECK(served > 1100);
    CHECK(served < 1250);
    CHECK(out[served] == memory);
    CHECK(a.live() == served);
    CHECK(ptm_test::verdict(a) == "sound");
    a.deallocate_run(out.data(), served);
    CHECK(a.live() == 0);
    CHECK(run_of(a, 24, served).size() == served);
}

TEST_CASE("a run goes to the system as often as one block does") {
    counted a;
    a.allocate(1);
    std::size_t calls = a.backend().calls;
    CHECK(run_of(a, 24, 1000).size() == 1000);
    CHECK(a.backend().calls == calls);
}

TEST_CASE("an impossible run is refused") {
    arena a;
    void* none = nullptr;
    for (std::size_t n : {ptm::largest_request, SIZE_MAX}) {
        errno = 0;
        CHECK(a.allocate_run(n, 2, &none) == 0);
        CHECK(a.allocate_run(2, n, &none) == 0);
        CHECK(errno == ENOMEM);
    }
    CHECK(none == nullptr);
    CHECK(a.allocate_run(24, 0, &none) == 0);
    a.deallocate_run(&none, 0);
    CHECK(a.live() == 0);
}

TEST_CASE("a run that comes back twice is noticed") {
    arena a;
    auto blocks = run_of(a, 200, 5);
    a.allocate(24);
    a.deallocate(blocks[2]);
    CHECK(ptm_test::fault_of([&] { a.deallocate_run(blocks.data(), 5); }) == "double free or corruption (!prev)");
    arena b;
    blocks = run_of(b, 200, 5);
    b.allocate(24);
    header::set_size(header::from_user(blocks[1]), ptm::chunk_size{8});
    CHECK(ptm_test::fault_of([&] { b.deallocate_run(blocks.data(), 5); }) == "free(): invalid size");
    arena c;
    blocks = run_of(c, 200, 2);
    blocks[0] = static_cast<std::byte*>(blocks[0]) + 8;
    CHECK(ptm_test::fault_of([&] { c.deallocate_run(blocks.data(), 2); }) == "free(): invalid pointer");
}

TEST_CASE("a run may be filled on purpose") {
    arena a;
    a.shared().perturb = 0x5a;
    auto blocks = run_of(a, 40, 30);
    for (void* p : blocks) CHECK(static_cast<unsigned char*>(p)[39] == 0xa5);
    CHECK(ptm_test::verdict(a) == "sound");
}

// ---- neighbours that come back as one ------------------------------------------------------------------------------

namespace {
struct no_queue
    : ptm::edit<config, ptm::set_fast_bins<ptm::no_fast_bins>, ptm::set_unsorted_bin<ptm::no_unsorted_bin>> {};
struct neighbourhood {
    using collected = ptm::detail::neighbours<no_queue>;
    using chunk = ptm::chunk_in<no_queue>;

    ptm_test::fresh_arena<no_queue> a{};
    std::vector<chunk*> c{};
    collected pending{};

    explicit neighbourhood(std::size_t count, std::size_t request = 200) {
        for (std::size_t i = 0; i < count; ++i) c.push_back(a.chunk_of(a.allocate(request)));
        a.allocate(24);
    }
    bool join(std::size_t i) { return pending.join(c[i]); }
    void begin(std::size_t i) { pending = collected(c[i]); }
    void release() { pending.release(a.state()); }
};
}

TEST_CASE("nothing joins nobody, and nobody's release does nothing") {
    neighbourhood t(2);
    CHECK_FALSE(t.join(0));
    t.release();
    CHECK(t.a.figures().binned_chunks == 0);
    CHECK(ptm_test::verdict(t.a) == "sound");
}

TEST_CASE("neighbours join behind and before, whoever is not beside them does not") {
    neighbourhood t(6);
    t.begin(2);
    CHECK_FALSE(t.join(0));
    CHECK_FALSE(t.join(4));
    CHECK(t.join(3));
    CHECK(t.join(1));
    CHECK(t.join(0));
    CHECK_FALSE(t.join(5));
    CHECK(t.pending.begin == t.c[0]);
    CHECK(t.pending.end == t.c[4]);
    t.release();
    CHECK(t.a.figures().binned_chunks == 1);
    CHECK(t.a.figures().binned_bytes == 4 * 208);
    CHECK(ptm_test::verdict(t.a) == "sound");
    CHECK_FALSE(t.join(4)); // nobody again
    t.begin(4);
    t.release();
    t.begin(5);
    t.release();
    CHECK(t.a.figures().binned_chunks == 1);
    CHECK(t.a.figures().binned_bytes == 6 * 208);
    CHECK(ptm_test::verdict(t.a) == "sound");
}

TEST_CASE("in which order ever chunks come back as neighbours, all of them do") {
    PTM_TEST_SEED(random);
    for (int round = 0; round < 50; ++round) {
        neighbourhood t(40, 24 + random() % 40 * 16);
        std::vector<std::size_t> order(40);
        for (std::size_t i = 0; i < 40; ++i) order[i] = i;
        std::shuffle(order.begin(), order.end(), random);
        if (round % 3 == 0) std::sort(order.begin(), order.end());
        if (round % 3 == 1) std::sort(order.rbegin(), order.rend());
        std::size_t releases = 0;
        for (std::size_t i : order) {
            if (t.join(i)) continue;
            t.release();
            t.begin(i);
            ++releases;
            REQUIRE(ptm_test::verdict(t.a) == "sound");
        }
        t.release();
        REQUIRE(ptm_test::verdict(t.a) == "sound");
        if (round % 3 != 2) REQUIRE(releases == 1);
        REQUIRE(t.a.figures().binned_chunks == 1);
        REQUIRE(t.a.figures().used_bytes() == 32);
    }
}

TEST_CASE("neighbours that reach up to top become a part of it") {
    ptm_test::fresh_arena<no_queue> a;
    void *one = a.allocate(200), *two = a.allocate(200);
    ptm::detail::neighbours<no_queue> pending(a.chunk_of(two));
    CHECK(pending.join(a.chunk_of(one)));
    pending.release(a.state());
    CHECK(a.figures().binned_chunks == 0);
    CHECK(a.figures().used_bytes() == 0);
    CHECK(ptm_test::verdict(a) == "sound");
}
