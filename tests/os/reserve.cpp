#include <ptm/os/reserve.hpp>

#include "support/child.hpp"
#include "support/seed.hpp"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>

#include <sys/resource.h>

using namespace ptm::literals;

namespace {

// reserved - a backend that gives its address space back at the end of the test.
template <std::size_t Bytes>
struct reserved : ptm::reserve_backend<Bytes> {
    reserved() = default;
    reserved(const reserved&) = delete;
    ~reserved() { this->release(); }
};

// protection_at - "rw-p", "---p", ... as /proc/self/maps has it; "" where nothing is mapped.
std::string protection_at(const std::byte* where) {
    std::ifstream maps("/proc/self/maps");
    const auto address = reinterpret_cast<std::uintptr_t>(where);
    for (std::string line; std::getline(maps, line);) {
        std::size_t begin = 0, end = 0;
        char protection[5] = "";
        if (std::sscanf(line.c_str(), "%zx-%zx %4s", &begin, &end, protection) != 3) continue;
        if (begin <= address && address < end) return protection;
    }
    return "";
}

bool all_zero(ptm::pages run) {
    for (std::size_t i = 0; i < run.bytes; ++i)
        if (run.data[i] != std::byte{0}) return false;
    return true;
}

} // namespace

TEST_CASE("reserve_backend begins at a multiple of its size") {
    reserved<1_MiB> a, b;
    ptm::pages first = a.obtain(64), second = b.obtain(64);
    REQUIRE((first && second));
    CHECK(reinterpret_cast<std::uintptr_t>(first.data) % 1_MiB == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(second.data) % 1_MiB == 0);
    CHECK(first.data != second.data);
}

TEST_CASE("reserve_backend reserves nothing before it is asked") {
    reserved<1_MiB> backend;
    CHECK(backend.frontier() == nullptr);
    CHECK(backend.retreat(1) == 0);
    CHECK(backend.frontier() == nullptr);
}

TEST_CASE("a fresh reserve_backend can retreat by nothing") {
    reserved<1_MiB> backend;
    CHECK(backend.retreat(0) == 0);
    CHECK(backend.frontier() == nullptr);
}

TEST_CASE("reserve_backend commits what it hands out and protects the rest") {
    reserved<1_MiB> backend;
    const std::size_t page = backend.page_bytes();
    ptm::pages run = backend.obtain(2 * page);
    REQUIRE(run);
    CHECK(protection_at(run.data) == "rw-p");
    CHECK(protection_at(run.end() - 1) == "rw-p");
    CHECK(protection_at(run.end()) == "---p");
    CHECK(protection_at(run.data + 1_MiB - 1) == "---p");
}

TEST_CASE("reserve_backend grows by opening the pages behind") {
    reserved<1_MiB> backend;
    const std::size_t page = backend.page_bytes();
    ptm::pages first = backend.obtain(page);
    REQUIRE(first);
    ptm::pages second = backend.obtain(1);
    REQUIRE(second.data == first.end());
    CHECK(protection_at(second.data) == "rw-p");
    CHECK(protection_at(first.data + 2 * page) == "---p");
    ptm::pages third = backend.obtain(page - 1); // fits into the page that is open
    REQUIRE(third.data == second.end());
    CHECK(protection_at(first.data + 2 * page) == "---p");
}

TEST_CASE("reserve_backend hands out its whole stretch and then nothing") {
    reserved<1_MiB> backend;
    ptm::pages run = backend.obtain(1_MiB - 16);
    REQUIRE(run);
    errno = 0;
    CHECK_FALSE(backend.obtain(17));
    CHECK(errno == ENOMEM);
    ptm::pages rest = backend.obtain(16);
    CHECK(rest.end() == run.data + 1_MiB);
    rest.end()[-1] = std::byte{1};
    CHECK_FALSE(backend.obtain(1));
    CHECK_FALSE(backend.obtain(SIZE_MAX));
    CHECK(backend.frontier() == run.data + 1_MiB);
}

TEST_CASE("reserve_backend takes back no more than it gave") {
    reserved<1_MiB> backend;
    ptm::pages run = backend.obtain(100);
    CHECK(backend.retreat(101) == 0);
    CHECK(backend.retreat(SIZE_MAX) == 0);
    CHECK(backend.frontier() == run.end());
}

TEST_CASE("reserve_backend keeps open what was taken back, without contents") {
    reserved<1_MiB> backend;
    ptm::pages run = backend.obtain(64_KiB);
    REQUIRE(run);
    std::memset(run.data, 0xa5, run.bytes);
    REQUIRE(backend.give_back(run));
    CHECK(protection_at(run.data) == "rw-p");
    CHECK(all_zero(run));
}

TEST_CASE("reserve_backend clears the part of a page that was taken back") {
    reserved<1_MiB> backend;
    ptm::pages run = backend.obtain(64_KiB);
    REQUIRE(run);
    std::memset(run.data, 0xa5, run.bytes);
    REQUIRE(backend.retreat(100) == 100);
    CHECK(run.end()[-101] == std::byte{0xa5});
    CHECK(all_zero(backend.obtain(100)));
}

TEST_CASE("reserve_backend is as new after release") {
    reserved<1_MiB> backend;
    ptm::pages run = backend.obtain(64_KiB);
    REQUIRE(run);
    backend.release();
    CHECK(backend.frontier() == nullptr);
    ptm::pages again = backend.obtain(64_KiB);
    REQUIRE(again);
    CHECK(all_zero(again));
    backend.release();
    backend.release(); // nothing to release any more
    CHECK(backend.frontier() == nullptr);
}

TEST_CASE("reserve_backend gives all of its address space back") {
    ptm::reserve_backend<1_MiB> backend;
    ptm::pages run = backend.obtain(64);
    REQUIRE(run);
    // In a child nobody maps anything between the release and the look.
    ptm_test::ending end = ptm_test::in_child([&] {
        backend.release();
        for (std::size_t i = 0; i < 1_MiB; i += backend.page_bytes())
            CHILD_CHECK(!ptm::drop_contents({run.data + i, 1}));
    });
    CHECK(end.errors == "");
    CHECK(end.exited_with(0));
    backend.release();
}

TEST_CASE("reserve_backend has nothing when the stretch cannot be had") {
    reserved<std::size_t{1} << (std::numeric_limits<std::size_t>::digits - 2)> backend;
    errno = 0;
    CHECK_FALSE(backend.obtain(1));
    CHECK(errno == ENOMEM);
    CHECK(backend.frontier() == nullptr);
}

TEST_CASE("reserve_backend stays where it was when a commit is refused") {
    ptm_test::ending end = ptm_test::in_child([] {
        const rlimit none{0, 0};
        ptm::reserve_backend<1_MiB> backend;
        ptm::pages run = backend.obtain(64);
        CHILD_CHECK(setrlimit(RLIMIT_DATA, &none) == 0);
        errno = 0;
        CHILD_CHECK(!backend.obtain(512 * 1024));
        CHILD_CHECK(errno == ENOMEM);
        CHILD_CHECK(backend.frontier() == run.end());
        CHILD_CHECK(backend.obtain(64).data == run.end()); // in the page that is open
    });
    CHECK(end.errors == "");
    CHECK(end.exited_with(0));
}

TEST_CASE("reserve_backend always gives zeroes, at the frontier") {
    PTM_TEST_SEED(random);
    reserved<1_MiB> backend;
    std::size_t held = 0;
    for (std::size_t i = 0; i < ptm_test::steps(1000); ++i) {
        if (random() % 2 == 0) {
            const std::size_t bytes = random() % (held + 1);
            REQUIRE(backend.retreat(bytes) == bytes);
            held -= bytes;
        } else if (ptm::pages run = backend.obtain(random() % 20'000)) {
            REQUIRE(all_zero(run));
            REQUIRE(run.end() == backend.frontier());
            std::memset(run.data, 0xa5, run.bytes);
            held += run.bytes;
        }
    }
}
