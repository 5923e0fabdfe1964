#include "support/configs.hpp"

#include <ptm/arena/split.hpp>

namespace {
using config = ptm_test::glass;
using header = config::header;
using chunk = ptm::chunk_in<config>;

constexpr ptm::chunk_size of(std::size_t n) { return ptm::chunk_size{n}; }

// bench - an arena with one chunk of n bytes that is free and in no bin.
struct bench {
    ptm_test::fresh_arena<config> a;
    chunk* c;

    explicit bench(std::size_t n) : c(a.chunk_of(a.allocate(n - 8))) {
        a.allocate(24);
        a.deallocate(header::to_user(c));
        a.state().unsorted.remove(c);
    }
};
}

TEST_CASE("a chunk handed out whole is in use again") {
    bench t(512);
    CHECK_FALSE(header::in_use(t.c));
    CHECK(ptm::hand_out_whole(t.a.state(), t.c) == t.c);
    CHECK(header::in_use(t.c));
    CHECK(ptm_test::verdict(t.a) == "sound");
}

TEST_CASE("hand_out files what is left") {
    bench t(512);
    ptm::hand_out<ptm::no_check>(t.a.state(), t.c, of(128));
    chunk* rest = header::next(t.c);
    CHECK(header::size_of(t.c) == of(128));
    CHECK(header::size_of(rest) == of(384));
    CHECK(t.a.state().unsorted.oldest() == rest);
    CHECK(t.a.state().last_remainder == rest);
    CHECK(ptm_test::verdict(t.a) == "sound");
}

TEST_CASE("a rest too small for a chunk stays with the block") {
    bench t(512);
    ptm::hand_out<ptm::no_check>(t.a.state(), t.c, of(496));
    CHECK(header::size_of(t.c) == of(512));
    CHECK(t.a.figures().binned_chunks == 0);
    CHECK(ptm_test::verdict(t.a) == "sound");
}

TEST_CASE("a rest of the smallest size becomes a chunk") {
    bench t(512);
    ptm::hand_out<ptm::no_check>(t.a.state(), t.c, of(480));
    CHECK(t.a.figures().binned_bytes == 32);
    CHECK(ptm_test::verdict(t.a) == "sound");
}

TEST_CASE("the rest of a large request is not remembered as last remainder") {
    bench t(8192);
    ptm::hand_out<ptm::no_check>(t.a.state(), t.c, of(2048));
    CHECK(t.a.state().last_remainder == nullptr);
    CHECK(t.a.figures().binned_bytes == 6144);
}

TEST_CASE("chunks of a side arena bear its flag") {
    bench t(512);
    t.a.state().side_arena = true;
    ptm::hand_out<ptm::no_check>(t.a.state(), t.c, of(128));
    CHECK(header::of_side_arena(t.c));
    CHECK_FALSE(header::of_side_arena(header::next(t.c)));
}

TEST_CASE("filing the rest reports an unsorted chunk that does not point back") {
    bench t(512);
    void* other = t.a.allocate(500);
    t.a.allocate(24);
    t.a.deallocate(other);
    t.a.chunk_of(other)->ring.back ^= 32;
    auto act = [&] { ptm::hand_out<ptm::fault::corrupted_unsorted_own_bin>(t.a.state(), t.c, of(128)); };
    CHECK(ptm_test::fault_of(act) == "malloc(): corrupted unsorted chunks");
}
