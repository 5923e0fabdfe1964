#include <ptm/os/decorated.hpp>

#include "support/catch.hpp"

#include <ptm/os/brk.hpp>
#include <ptm/os/buffer.hpp>
#include <ptm/os/mmap.hpp>
#include <ptm/os/page.hpp>
#include <ptm/os/reserve.hpp>

#include <cstddef>
#include <type_traits>

using namespace ptm::literals;

// A decorator can what the decorated can, no more.
static_assert(ptm::counted<ptm::mmap_backend>::able == ptm::mmap_backend::able);
static_assert(ptm::failing<ptm::buffer_backend>::able == ptm::buffer_backend::able);
static_assert(!ptm::remaps_pages<ptm::counted<ptm::buffer_backend>>);
static_assert(!ptm::grows_pages<ptm::counted<ptm::mmap_backend>>);
static_assert(!ptm::grows_pages<ptm::failing<ptm::mmap_backend>>);
static_assert(!ptm::discards_pages<ptm::failing<ptm::buffer_backend>>);
static_assert(!ptm::remaps_pages<ptm::failing<ptm::no_backend>>);
static_assert(!ptm::obtains_huge_pages<ptm::counted<ptm::buffer_backend>>);
static_assert(!ptm::obtains_huge_pages<ptm::failing<ptm::buffer_backend>>);
static_assert(ptm::locates_pages<ptm::counted<ptm::failing<ptm::reserve_backend<1_MiB>>>>);
static_assert(!ptm::locates_pages<ptm::counted<ptm::buffer_backend>>);
static_assert(ptm::releases_pages<ptm::counted<ptm::failing<ptm::buffer_backend>>>);
static_assert(!ptm::releases_pages<ptm::counted<ptm::mmap_backend>>);

namespace {

std::byte memory[64_KiB];
constexpr ptm::pages buffer{memory, sizeof memory};

constinit ptm::counted<ptm::failing<ptm::buffer_backend>> before_constructors{buffer};

} // namespace

TEST_CASE("decorated backends work before constructors") {
    ptm::pages run = before_constructors.obtain(64);
    CHECK(run.data == memory);
    CHECK(before_constructors.give_back(run));
    CHECK(before_constructors.bytes_held == 0);
}

TEST_CASE("counted keeps the books of obtain and give_back") {
    ptm::counted<ptm::buffer_backend> backend(buffer);
    ptm::pages first = backend.obtain(100), second = backend.obtain(50);
    CHECK(backend.bytes_held == 150);
    CHECK(backend.most_bytes_held == 150);
    CHECK(backend.give_back(second));
    CHECK(backend.bytes_held == 100);
    CHECK(backend.give_back(first));
    CHECK(backend.bytes_held == 0);
    CHECK(backend.most_bytes_held == 150);
    CHECK(backend.calls == 4);
}

TEST_CASE("counted counts what is refused as a call and not as bytes") {
    ptm::counted<ptm::buffer_backend> backend(buffer);
    ptm::pages first = backend.obtain(100);
    REQUIRE(backend.obtain(50));
    CHECK_FALSE(backend.obtain(sizeof memory));
    CHECK_FALSE(backend.give_back(first)); // not the last one
    CHECK(backend.retreat(sizeof memory) == 0);
    CHECK(backend.bytes_held == 150);
    CHECK(backend.calls == 5);
}

TEST_CASE("counted keeps the books of retreat") {
    ptm::counted<ptm::buffer_backend> backend(buffer);
    REQUIRE(backend.obtain(100));
    CHECK(backend.retreat(30) == 30);
    CHECK(backend.bytes_held == 70);
    CHECK(backend.most_bytes_held == 100);
    CHECK(backend.calls == 2);
}

TEST_CASE("counted keeps the books of remap") {
    ptm::counted<ptm::mmap_backend> backend;
    const std::size_t page = backend.page_bytes();
    ptm::pages run = backend.obtain(2 * page);
    run = backend.remap(run, 5 * page);
    REQUIRE(run);
    CHECK(backend.bytes_held == 5 * page);
    run = backend.remap(run, page);
    REQUIRE(run);
    CHECK(backend.bytes_held == page);
    CHECK(backend.most_bytes_held == 5 * page);
    CHECK(backend.give_back(run));
    CHECK(backend.bytes_held == 0);
    CHECK(backend.calls == 4);
}

TEST_CASE("counted leaves the books alone when a remap is refused") {
    ptm::counted<ptm::failing<ptm::mmap_backend>> backend;
    const std::size_t page = backend.page_bytes();
    backend.grant(1);
    ptm::pages run = backend.obtain(page);
    CHECK_FALSE(backend.remap(run, 2 * page));
    CHECK(backend.bytes_held == page);
    CHECK(backend.calls == 2);
    CHECK(backend.give_back(run));
}

TEST_CASE("counted knows that pages that move take the place of others, and so do those that failing refuses to move") {
    ptm::counted<ptm::failing<ptm::mmap_backend>> backend;
    const std::size_t page = backend.page_bytes();
    ptm::pages from = backend.obtain(2 * page), to = backend.obtain(2 * page);
    from.data[0] = from.data[page] = std::byte{7};
    CHECK(backend.move_to({from.data + page, page}, to.data));
    CHECK((backend.bytes_held == 3 * page && backend.calls == 3));
    CHECK(to.data[0] == std::byte{7});
    backend.stubborn = true;
    errno = 0;
    CHECK_FALSE(backend.move_to({from.data, page}, to.data + page));
    CHECK(errno == EFAULT);
    CHECK(from.data[0] == std::byte{7});
    CHECK(backend.bytes_held == 2 * page);
    CHECK_FALSE(ptm::drop_contents({to.data + page, page})); // there is nothing
    backend.stubborn = false;
    CHECK((backend.give_back({from.data, page}) && backend.give_back({to.data, page})));
    CHECK(backend.bytes_held == 0);
}

TEST_CASE("failing grants exactly as many requests as it was told") {
    ptm::failing<ptm::buffer_backend> backend(buffer);
    backend.grant(3);
    for (int i = 0; i < 3; ++i) CHECK(backend.obtain(16));
    for (int i = 0; i < 3; ++i) {
        errno = 0;
        CHECK_FALSE(backend.obtain(16));
        CHECK(errno == ENOMEM);
    }
    CHECK(backend.asked == 6);
    CHECK(backend.remaining() == sizeof memory - 48);
}

TEST_CASE("failing grants everything until it is told otherwise, and again afterwards") {
    ptm::failing<ptm::buffer_backend> backend(buffer);
    for (int i = 0; i < 10; ++i) CHECK(backend.obtain(16));
    backend.grant(0);
    CHECK_FALSE(backend.obtain(16));
    backend.grant(backend.unlimited);
    for (int i = 0; i < 10; ++i) CHECK(backend.obtain(16));
}

TEST_CASE("failing counts remap as a request") {
    ptm::failing<ptm::mmap_backend> backend;
    const std::size_t page = backend.page_bytes();
    backend.grant(2);
    ptm::pages run = backend.obtain(page);
    run = backend.remap(run, 2 * page);
    REQUIRE(run);
    run.data[2 * page - 1] = std::byte{7};
    errno = 0;
    CHECK_FALSE(backend.remap(run, 3 * page));
    CHECK(errno == ENOMEM);
    CHECK(run.data[2 * page - 1] == std::byte{7}); // still there
    CHECK(backend.asked == 3);
    CHECK(backend.give_back(run));
}

TEST_CASE("a stubborn backend takes nothing back and drops nothing") {
    ptm::failing<ptm::reserve_backend<1_MiB>> backend;
    ptm::pages run = backend.obtain(64_KiB);
    REQUIRE(run);
    run.data[0] = std::byte{7};
    backend.stubborn = true;
    CHECK_FALSE(backend.give_back(run));
    CHECK(backend.retreat(16) == 0);
    CHECK_FALSE(backend.discard(run));
    CHECK(run.data[0] == std::byte{7});
    CHECK(backend.frontier() == run.end());
    CHECK(backend.obtain(16)); // memory it still has
    backend.stubborn = false;
    CHECK(backend.retreat(16) == 16);
    CHECK(backend.give_back(run));
    backend.release();
}

TEST_CASE("a released backend holds nothing, whatever stands around it") {
    ptm::counted<ptm::failing<ptm::reserve_backend<1_MiB>>> backend;
    REQUIRE(backend.obtain(64_KiB));
    CHECK(backend.committed() == 64_KiB);
    CHECK(backend.base() == backend.frontier() - 64_KiB);
    backend.release();
    CHECK(backend.bytes_held == 0);
    CHECK(backend.most_bytes_held == 64_KiB);
    CHECK(backend.base() == nullptr);
}

TEST_CASE("a released buffer is on no books any more") {
    ptm::counted<ptm::failing<ptm::buffer_backend>> backend(buffer);
    REQUIRE(backend.obtain(100));
    REQUIRE(backend.obtain(200));
    backend.stubborn = true; // about what is given back one by one
    backend.release();
    CHECK(backend.bytes_held == 0);
    CHECK(backend.remaining() == sizeof memory);
}

namespace {

// Gives huge pages where the system has none.
struct huge_buffer : ptm::buffer_backend {
    static constexpr ptm::can able = ptm::can::grow | ptm::can::huge;
    using buffer_backend::buffer_backend;
    ptm::pages obtain_huge(std::size_t bytes, std::size_t) noexcept { return obtain(bytes); }
};

} // namespace

TEST_CASE("counted keeps the books of huge pages") {
    ptm::counted<ptm::failing<huge_buffer>> backend(buffer);
    backend.grant(1);
    ptm::pages run = backend.obtain_huge(8_KiB, 4_KiB);
    REQUIRE(run);
    CHECK(backend.bytes_held == 8_KiB);
    errno = 0;
    CHECK_FALSE(backend.obtain_huge(8_KiB, 4_KiB)); // one too many
    CHECK(errno == ENOMEM);
    CHECK(backend.asked == 2);
    CHECK(backend.bytes_held == 8_KiB);
    CHECK(backend.give_back(run));
    CHECK(backend.bytes_held == 0);
    CHECK(backend.calls == 3);
}

TEST_CASE("the order of decorators decides what is counted") {
    ptm::failing<ptm::counted<ptm::buffer_backend>> refuses_first(buffer);
    refuses_first.grant(0);
    CHECK_FALSE(refuses_first.obtain(16));
    CHECK(refuses_first.calls == 0);

    ptm::counted<ptm::failing<ptm::buffer_backend>> counts_first(buffer);
    counts_first.grant(0);
    CHECK_FALSE(counts_first.obtain(16));
    CHECK(counts_first.calls == 1);
    CHECK(counts_first.bytes_held == 0);
}

namespace {
int told = 0;
void tell() noexcept { ++told; }
}

TEST_CASE("told tells of every step of the frontier, and of no other") {
    ptm::told<ptm::failing<ptm::reserve_backend<1_MiB>>, tell> backend;
    ptm::pages run = backend.obtain(64_KiB);
    CHECK(told == 1);
    CHECK_FALSE(backend.obtain(2_MiB));
    CHECK(told == 1);
    CHECK(backend.frontier() == run.end());
    CHECK(backend.retreat(4_KiB) == 4_KiB);
    CHECK(told == 2);
    backend.stubborn = true;
    CHECK(backend.retreat(4_KiB) == 0); // what was tried is told as well
    CHECK(told == 3);
    backend.release();
    STATIC_REQUIRE(std::is_empty_v<ptm::told<ptm::brk_backend, tell>>);
}

namespace {
struct holder {
    int* first = nullptr;
    [[no_unique_address]] ptm::told<ptm::brk_backend, tell> backend{};
    constexpr explicit holder(int& at) noexcept : first(&at) {}
};
int told_of = 0;
constinit holder holds_one{told_of};
}

TEST_CASE("what holds a told backend is initialised as it says") { CHECK(holds_one.first == &told_of); }
