#include "support/playground.hpp"

#include "support/catch.hpp"

#include <ptm/thread/tiered_cache.hpp>

#include <vector>

namespace {
using context = ptm_test::safe_context;
using header = context::header;
using released = ptm::tiered_cache<ptm::largest_size::left_out>::in<context>;
using repaired = ptm::tiered_cache<ptm::largest_size::cached>::in<context>;
using chunk = ptm::chunk_in<context>;
using ptm_test::fault_of;

constexpr ptm::chunk_size of(std::size_t n) { return ptm::chunk_size{n}; }

template <class Cache>
struct bench {
    ptm_test::playground<context> ground;
    Cache c;
    typename Cache::limits bounds;

    explicit bench(const ptm::tuning& t = {}) { bounds.set(t); }

    chunk* add(std::size_t n) {
        chunk* made = ground.make(n);
        c.accept(made, of(n), bounds);
        return made;
    }
    chunk* get(std::size_t request) { return chunk_of(c.get(request, bounds)); }
    chunk* get_aligned(std::size_t request, std::size_t alignment) {
        return chunk_of(c.get_aligned(request, alignment, bounds));
    }
    static chunk* chunk_of(void* user) { return user ? header::from_user(user) : nullptr; }
};
}

TEST_CASE("the tiered block of a thread has glibc's size") {
    STATIC_REQUIRE((sizeof(void*) != 8 || sizeof(released) == 760));
    STATIC_REQUIRE((sizeof(void*) != 8 || released::most_request == 4 * 1024 * 1024 - 24));
}

TEST_CASE("the largest size is left out when it is freed, and taken when it is found") {
    bench<released> t;
    CHECK(t.bounds.request == 1017);
    CHECK(t.c.accept(t.ground.make(1024), of(1024), t.bounds));
    CHECK_FALSE(t.c.accept(t.ground.make(1040), of(1040), t.bounds));
    CHECK(t.c.has_room(of(1040), t.bounds));
    t.c.put(t.ground.make(1040), of(1040), t.bounds);
    CHECK(t.get(1032) == nullptr);
    CHECK(t.c.cached(of(1040)) == 1);
}

TEST_CASE("the branch caches the largest size") {
    bench<repaired> t;
    CHECK(t.bounds.request == 1033);
    chunk* c = t.add(1040);
    CHECK(t.get(1032) == c);
    CHECK_FALSE(t.c.accept(t.ground.make(1056), of(1056), t.bounds));
    CHECK_FALSE(t.c.has_room(of(1056), t.bounds));
}

TEST_CASE("a limit below the second size leaves nothing to free into, and one to find") {
    bench<released> t({.cache_request = 24});
    CHECK_FALSE(released::may_serve(0, t.bounds));
    CHECK_FALSE(t.c.accept(t.ground.make(32), of(32), t.bounds));
    CHECK(t.c.has_room(of(32), t.bounds));
    CHECK_FALSE(t.c.has_room(of(48), t.bounds));
}

TEST_CASE("a raised limit opens the tiers, for users only") {
    bench<repaired> t({.cache_request = 5000});
    CHECK(repaired::may_serve(5000, t.bounds));
    CHECK_FALSE(repaired::may_serve(5001, t.bounds));
    CHECK(t.c.accept(t.ground.make(5008), of(5008), t.bounds));
    CHECK_FALSE(t.c.accept(t.ground.make(5024), of(5024), t.bounds));
    CHECK(t.c.has_room(of(1040), t.bounds));
    CHECK_FALSE(t.c.has_room(of(1056), t.bounds));
}

TEST_CASE("limits beyond what the tiers can hold are cut") {
    bench<repaired> t({.cache_count = 1000000, .cache_request = std::size_t{1} << 40});
    CHECK(t.bounds.request == repaired::most_request + 1);
    CHECK(t.bounds.count == 65535);
}

TEST_CASE("a tier hands out the first that is large enough") {
    bench<repaired> t({.cache_request = 100000});
    chunk *largest = t.add(3008), *middle = t.add(2512), *small = t.add(2112), *newer = t.add(2512);
    CHECK(t.get(2490) == newer);
    CHECK(t.get(2050) == small);
    CHECK(t.get(2050) == middle);
    CHECK(t.get(2500) == largest);
    CHECK(t.get(2050) == nullptr);
    CHECK(t.c.cached(of(2112)) == 0);
}

TEST_CASE("a tier has as many chunks as the limit says, whatever their sizes") {
    bench<repaired> t({.cache_count = 2, .cache_request = 100000});
    for (std::size_t n : {1056u, 2032u}) CHECK(t.c.accept(t.ground.make(n), of(n), t.bounds));
    CHECK_FALSE(t.c.accept(t.ground.make(1536), of(1536), t.bounds));
    CHECK(t.c.accept(t.ground.make(2048), of(2048), t.bounds));
}

TEST_CASE("an aligned block is found inside of a list, of exactly the size") {
    bench<repaired> t({.cache_request = 100000});
    std::vector<chunk*> made;
    for (int i = 0; i < 6; ++i) made.push_back(t.add(112));
    chunk* aligned = nullptr; // the newest of those that are
    for (chunk* c : made)
        if (ptm::address_of(header::to_user(c)) % 64 == 0) aligned = c;
    CHECK(t.get_aligned(100, 64) == aligned);
    CHECK(t.get_aligned(100, 16) == made[aligned == made[5] ? 4 : 5]);
    CHECK(t.get_aligned(100, std::size_t{1} << 40) == nullptr);
    t.add(3008);
    t.add(2112);
    CHECK(t.get_aligned(2500, 16) == nullptr);
    CHECK(t.get_aligned(3000, 16) != nullptr); // behind a smaller one
}

TEST_CASE("what is no chunk's size is not cached") {
    bench<repaired> t;
    for (std::size_t n : {0u, 16u}) CHECK_FALSE(t.c.accept_plain(t.ground.make(32), of(n), t.bounds));
}

TEST_CASE("a second free is found in whichever list the chunk lies") {
    bench<repaired> t({.cache_request = 100000});
    chunk *small = t.add(32), *large = t.add(5008);
    for (chunk* c : {small, large}) {
        CHECK_FALSE(t.c.accept_plain(c, of(64), t.bounds));
        CHECK(fault_of([&] { t.c.accept(c, of(64), t.bounds); }) == "free(): double free detected in tcache 2");
    }
}
