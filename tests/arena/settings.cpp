#include "support/configs.hpp"

#include <ptm/arena/settings.hpp>

namespace {
using shared = ptm::shared_state<ptm_test::glass>;

// The environment as a process would have it.
ptm::settings from(const char* assignment) {
    const char* environment[] = {assignment, nullptr};
    return ptm::read_settings(environment);
}
}

TEST_CASE("a fast request is accepted up to 20 words") {
    shared s;
    CHECK(ptm::set_fast_request(s, 160));
    CHECK(s.most_fast == 160);
    CHECK_FALSE(ptm::set_fast_request(s, 161));
    CHECK_FALSE(ptm::set_fast_request(s, static_cast<std::size_t>(-1)));
    CHECK(s.most_fast == 160);
    CHECK(ptm::set_fast_request(s, 0));
    CHECK(s.most_fast == 0);
}

TEST_CASE("pinning a setting ends the adaptive threshold, whatever the value") {
    shared s;
    std::size_t same = s.top_pad;
    ptm::pin(s, s.top_pad, same);
    CHECK(s.top_pad == same);
    CHECK_FALSE(s.adaptive);
}

TEST_CASE("the user's settings reach the arena and the cache") {
    shared s;
    ptm::tuning t;
    ptm::apply(s, t,
               from("GLIBC_TUNABLES=glibc.malloc.perturb=90:glibc.malloc.tcache_count=3:"
                    "glibc.malloc.tcache_max=200:glibc.malloc.tcache_unsorted_limit=5:glibc.malloc.mxfast=32"));
    CHECK(s.perturb == 90);
    CHECK(s.cache_unsorted_limit == 5);
    CHECK(s.most_fast == 32);
    CHECK(t.cache_count == 3);
    CHECK(t.cache_request == 200);
    CHECK(s.adaptive);
}

TEST_CASE("each of the four that glibc pins is pinned") {
    for (const char* variable : {"MALLOC_TOP_PAD_=4096", "MALLOC_MMAP_THRESHOLD_=4096", "MALLOC_TRIM_THRESHOLD_=4096",
                                 "MALLOC_MMAP_MAX_=4096"}) {
        shared s;
        ptm::tuning t;
        ptm::apply(s, t, from(variable));
        CHECK_FALSE(s.adaptive);
        CHECK((s.top_pad == 4096) + (s.mmap_threshold == 4096) + (s.trim_threshold == 4096) + (s.mmap_max == 4096)
              == 1);
    }
}

TEST_CASE("settings out of bounds are ignored") {
    shared s;
    ptm::tuning t;
    ptm::apply(s, t,
               from("GLIBC_TUNABLES=glibc.malloc.tcache_max=1033:glibc.malloc.tcache_count=65536:"
                    "glibc.malloc.mxfast=161"));
    CHECK(t.cache_request == 1032);
    CHECK(t.cache_count == 7);
    CHECK(s.most_fast == 128);
}

TEST_CASE("a threshold beyond what may be set is refused, and pins nothing") {
    struct bounded : ptm::edit<ptm_test::glass, ptm::set_tuned<ptm::tuning{.most_set_mmap_threshold = 1000}>> {};
    ptm::shared_state<bounded> s;
    CHECK_FALSE(ptm::set_mmap_threshold(s, 1001));
    ptm::tuning t;
    ptm::apply(s, t, from("MALLOC_MMAP_THRESHOLD_=1001"));
    CHECK(s.mmap_threshold == 131072);
    CHECK(s.adaptive);
    CHECK(ptm::set_mmap_threshold(s, 1000));
    CHECK(s.mmap_threshold == 1000);
    CHECK_FALSE(s.adaptive);
}
