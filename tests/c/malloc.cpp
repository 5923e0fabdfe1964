#include "support/heaps.hpp"
#include "support/live_blocks.hpp"

#include <ptm/c/malloc.hpp>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>

#include <unistd.h>

namespace {
template <int I>
using c = ptm::c_interface<ptm_test::fresh_heap<I>>;

// What `write` writes to a file.
std::string written(auto write) {
    std::FILE* file = std::tmpfile();
    REQUIRE(file != nullptr);
    write(file);
    std::string all(static_cast<std::size_t>(std::ftell(file)), ' ');
    std::rewind(file);
    REQUIRE(std::fread(all.data(), 1, all.size(), file) == all.size());
    std::fclose(file);
    return all;
}

// What `act` writes to standard error.
std::string said(auto act) {
    return written([&](std::FILE* file) {
        std::fflush(stderr);
        int kept = dup(STDERR_FILENO);
        dup2(fileno(file), STDERR_FILENO);
        act();
        std::fflush(stderr);
        dup2(kept, STDERR_FILENO);
        close(kept);
        std::fseek(file, 0, SEEK_END);
    });
}

// failed - did it fail with this errno?
bool failed(const void* result, int why) { return result == nullptr && std::exchange(errno, 0) == why; }

constexpr std::size_t half = SIZE_MAX / 2 + 1; // the largest power of two
}

TEST_CASE("C's four functions") {
    void* p = c<500>::malloc(100);
    ptm_test::paint(p, 100, 1);
    p = c<500>::realloc(p, 5000);
    CHECK(ptm_test::painted(p, 100, 1));
    void* q = c<500>::calloc(25, 40);
    CHECK(ptm_test::reads_as_zero(q, 1000));
    c<500>::free(p);
    c<500>::free(q);
    c<500>::free(nullptr);
    CHECK(ptm_test::verdict(ptm_test::fresh_heap<500>{}) == "sound");
}

TEST_CASE("requests that cannot be met") {
    using c = c<501>;
    void* p = c::malloc(24);
    errno = 0;
    for (std::size_t n : {ptm::largest_request, ptm::largest_request + 1, SIZE_MAX}) {
        CHECK(failed(c::malloc(n), ENOMEM));
        CHECK(failed(c::calloc(1, n), ENOMEM));
        CHECK(failed(c::realloc(p, n), ENOMEM));
        CHECK(failed(c::valloc(n), ENOMEM));
        CHECK(failed(c::pvalloc(n), ENOMEM));
        CHECK(failed(c::memalign(64, n), ENOMEM));
    }
    CHECK(failed(c::calloc(SIZE_MAX, 2), ENOMEM));
    CHECK(failed(c::reallocarray(p, SIZE_MAX, 2), ENOMEM));
    CHECK(failed(c::reallocarray(nullptr, SIZE_MAX / 2, 3), ENOMEM));
    CHECK(c::usable_size(p) == 24);
}

TEST_CASE("alignments that cannot be") {
    using c = c<502>;
    errno = 0;
    CHECK(failed(c::memalign(half + 1, 8), EINVAL));
    CHECK(failed(c::aligned_alloc(SIZE_MAX, 8), EINVAL));
    CHECK(failed(c::memalign(half, ptm::largest_request - 40), ENOMEM));
    CHECK(failed(c::memalign(half / 2, half / 2), ENOMEM));
    for (std::size_t odd : {0u, 3u}) CHECK(c::memalign(odd, 8) != nullptr);
    for (std::size_t odd : {0u, 24u}) CHECK(c::aligned_alloc(odd, 8) != nullptr);
    CHECK(errno == 0);
}

TEST_CASE("posix_memalign returns its errors, and sets nothing but on success") {
    using c = c<503>;
    void* out = &errno;
    errno = 0;
    for (std::size_t alignment : {0u, 2u, 3u, 4u, 12u, 24u, 48u}) {
        CHECK(c::posix_memalign(&out, alignment, 8) == EINVAL);
        CHECK(out == &errno);
        CHECK(errno == 0);
    }
    CHECK(c::posix_memalign(&out, 8, SIZE_MAX) == ENOMEM);
    CHECK(out == &errno);
    for (std::size_t alignment = sizeof(void*); alignment <= 65536; alignment *= 2) {
        CHECK(c::posix_memalign(&out, alignment, 100) == 0);
        CHECK(ptm::is_aligned(out, alignment));
        c::free(out);
    }
}

TEST_CASE("valloc aligns to a page, pvalloc also rounds up to pages") {
    using c = c<504>;
    void *v = c::valloc(100), *p = c::pvalloc(4097);
    CHECK(ptm::is_aligned(v, 4096));
    CHECK(c::usable_size(v) < 4096);
    CHECK(ptm::is_aligned(p, 4096));
    CHECK(c::usable_size(p) >= 8192);
    CHECK(c::usable_size(c::pvalloc(0)) >= 24);
}

TEST_CASE("reallocarray multiplies") {
    using c = c<505>;
    void* p = c::reallocarray(nullptr, 10, 30);
    CHECK(c::usable_size(p) == 312);
    p = c::reallocarray(p, 20, 30);
    CHECK(c::usable_size(p) >= 600);
    errno = 7;
    CHECK(c::reallocarray(p, 0, 30) == nullptr); // freed
    CHECK(errno == 7);
}

TEST_CASE("degenerate requests") {
    using c = c<506>;
    CHECK(c::usable_size(c::malloc(0)) == 24);
    CHECK(c::usable_size(c::calloc(0, 100)) == 24);
    CHECK(c::usable_size(c::realloc(nullptr, 0)) == 24);
    CHECK(c::realloc(c::malloc(10), 0) == nullptr);
    CHECK(c::usable_size(nullptr) == 0);
}

TEST_CASE("trim returns 1 or 0") {
    using c = c<507>;
    CHECK(c::trim(0) == 0);
    c::free(c::malloc(24));
    CHECK(c::trim(0) == 1);
    CHECK(c::trim(0) == 0);
}

TEST_CASE("mallinfo and mallinfo2 agree") {
    using c = c<508>;
    c::malloc(1000);
    struct mallinfo2 wide = c::mallinfo2();
    struct mallinfo narrow = c::mallinfo();
    CHECK(wide.arena == 135168);
    CHECK(narrow.arena == 135168);
    CHECK(static_cast<std::size_t>(narrow.uordblks) == wide.uordblks);
    CHECK(c::mallopt(M_PERTURB, 0) == 1);
}

TEST_CASE("malloc_info writes XML, and knows no options") {
    using c = c<509>;
    c::malloc(3000);
    c::malloc(16);
    int answer = -1;
    std::string all = written([&](std::FILE* to) { answer = c::malloc_info(0, to); });
    CHECK(answer == 0);
    CHECK(all.starts_with("<malloc version=\"1\">\n<heap nr=\"0\">\n<sizes>\n</sizes>\n"));
    CHECK(all.ends_with("<aspace type=\"mprotect\" size=\"135168\"/>\n</malloc>\n"));
    CHECK(written([&](std::FILE* to) { answer = c::malloc_info(1, to); }).empty());
    CHECK(answer == EINVAL);
}

TEST_CASE("malloc_info of the fourth example") {
    using c = c<510>;
    void* p = c::malloc(3000);
    c::malloc(16);
    c::free(p);
    for (std::size_t n : {100u, 100u, 600u}) c::malloc(n);
    std::string all = written([&](std::FILE* to) { c::malloc_info(0, to); });
    CHECK(all.find("<sizes>\n  <unsorted from=\"2177\" to=\"2177\" total=\"2177\" count=\"1\"/>\n</sizes>\n")
          != all.npos);
    CHECK(all.find("<total type=\"rest\" count=\"2\" size=\"133649\"/>\n") != all.npos);
}

TEST_CASE("malloc_stats writes its table to standard error") {
    using c = c<511>;
    c::malloc(1000);
    CHECK(said([] { c::malloc_stats(); })
          == "Arena 0:\nsystem bytes     =     135168\nin use bytes     =       1664\n"
             "Total (incl. mmap):\nsystem bytes     =     135168\nin use bytes     =       1664\n"
             "max mmap regions =          0\nmax mmap bytes   =          0\n");
}
