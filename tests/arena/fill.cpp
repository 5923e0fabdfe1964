#include "support/configs.hpp"
#include "support/live_blocks.hpp"

#include <ptm/arena/fill.hpp>

#include <algorithm>
#include <cstring>

namespace {
struct perturbed : ptm::edit<ptm_test::glass, ptm::set_tuned<ptm::tuning{.perturb = 0x12}>> {};

std::ptrdiff_t how_many(const void* p, std::size_t from, std::size_t to, unsigned char byte) {
    auto* bytes = static_cast<const unsigned char*>(p);
    return std::count(bytes + from, bytes + to, byte);
}
}

TEST_CASE("a new block is filled with the complement, as far as was asked for") {
    ptm_test::fresh_arena<perturbed> a;
    for (std::size_t n : {21u, 500u, 5000u, 200000u}) {
        auto* p = static_cast<unsigned char*>(a.allocate(n));
        CHECK(how_many(p, 0, n, 0xed) == static_cast<std::ptrdiff_t>(n));
        CHECK(p[n] != 0xed);
    }
}

TEST_CASE("a freed block is filled, but for its links and its last word") {
    ptm_test::fresh_arena<perturbed> a;
    void *fast = a.allocate(72), *binned = a.allocate(504);
    a.allocate(24);
    std::memset(fast, 1, 72);
    std::memset(binned, 1, 504);
    a.deallocate(fast);
    CHECK(how_many(fast, 16, 64, 0x12) == 48);
    CHECK(how_many(fast, 64, 72, 1) == 8);
    a.deallocate(binned);
    CHECK(how_many(binned, 16, 496, 0x12) == 480);
}

TEST_CASE("cleared blocks are not filled") {
    ptm_test::fresh_arena<perturbed> a;
    for (std::size_t n : {24u, 5000u, 200000u}) CHECK(ptm_test::reads_as_zero(a.allocate_cleared(n), n));
}

TEST_CASE("nothing is filled without the setting") {
    ptm_test::fresh_arena<> a;
    void* p = a.allocate(504);
    a.allocate(24);
    std::memset(p, 7, 504);
    a.deallocate(p);
    CHECK(how_many(p, 16, 504, 7) >= 480);
}

TEST_CASE("failure is passed on, not filled") {
    ptm_test::fresh_arena<perturbed> a;
    CHECK(ptm::fill_fresh(a.state(), static_cast<ptm::chunk_in<perturbed>*>(nullptr), 100) == nullptr);
}
