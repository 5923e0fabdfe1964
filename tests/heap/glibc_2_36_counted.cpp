#include "support/heaps.hpp"

#include <ptm/heap/glibc_2_36_counted.hpp>
#include <ptm/heap/heap.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <type_traits>

namespace {
using config = ptm::glibc_2_36_counted;

// tally_file - a file with room for a tally, named by the environment while it lives.
struct tally_file {
    char path[64] = "/tmp/ptm_tally_XXXXXX";
    int file;

    explicit tally_file(std::size_t bytes) : file(mkstemp(path)) {
        REQUIRE(file >= 0);
        REQUIRE(ftruncate(file, static_cast<off_t>(bytes)) == 0);
        setenv("PTM_COUNTERS_FILE", path, 1);
    }
    ~tally_file() {
        unsetenv("PTM_COUNTERS_FILE");
        close(file);
        unlink(path);
    }
    std::uint64_t word(int i) const {
        std::uint64_t n = 0;
        REQUIRE(pread(file, &n, 8, i * 8) == 8);
        return n;
    }
};
}

TEST_CASE("glibc_2_36_counted is glibc_2_36 with an observer") {
    STATIC_REQUIRE(ptm::heap_config<config>);
    STATIC_REQUIRE(std::is_same_v<config::observer, ptm::shared_counters>);
    STATIC_REQUIRE(std::is_same_v<config::large_bins, ptm::glibc_2_36::large_bins>);
}

TEST_CASE("without a file the counters count for themselves") {
    unsetenv("PTM_COUNTERS_FILE");
    ptm::shared_counters counters;
    counters(ptm::events::allocated{&counters, 100});
    counters(ptm::events::freed{&counters});
    CHECK(counters.now().allocated == 1);
    CHECK(counters.now().freed == 1);
    CHECK(counters.now().processes == 0);
}

TEST_CASE("all counters that name a file count into it") {
    tally_file file(sizeof(ptm::tally));
    ptm::shared_counters one, other;
    for (int i = 0; i < 3; ++i) one(ptm::events::allocated{&one, 10});
    other(ptm::events::allocated{&one, 10});
    other(ptm::events::freed{&one});
    CHECK(file.word(0) == 4);
    CHECK(file.word(1) == 1);
    CHECK(file.word(2) == 2);
}

TEST_CASE("a file that does not exist is no file") {
    setenv("PTM_COUNTERS_FILE", "/nowhere/at/all", 1);
    ptm::shared_counters counters;
    counters(ptm::events::consolidated{});
    unsetenv("PTM_COUNTERS_FILE");
    CHECK(counters.now().consolidations == 1);
}

TEST_CASE("a counted heap counts blocks") {
    using heap = ptm_test::tested_heap<config>;
    auto& tally = heap::shared().observer.now();
    std::uint64_t allocated = tally.allocated, freed = tally.freed;
    void *p = heap::malloc(100), *q = heap::calloc(10, 10);
    p = heap::realloc(p, 2000);
    heap::free(p);
    heap::free(q);
    heap::free(nullptr);
    CHECK(heap::malloc(SIZE_MAX) == nullptr);
    CHECK(tally.allocated - allocated == 3);
    CHECK(tally.freed - freed == 3);
    CHECK(tally.bytes_gained > 0);
}
