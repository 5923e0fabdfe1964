#include <ptm/os/page.hpp>

#include "support/catch.hpp"

#include <ptm/core/bits.hpp>

#include <cerrno>

#include <unistd.h>

TEST_CASE("the page size is what the system says") {
    CHECK(ptm::system_page_bytes() == static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
    CHECK(ptm::is_power_of_two(ptm::system_page_bytes()));
}

TEST_CASE("dropped contents read as zero, and their neighbours stay") {
    const std::size_t page = ptm::system_page_bytes();
    void* at = mmap(nullptr, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(at != MAP_FAILED);
    auto* bytes = static_cast<std::byte*>(at);
    for (std::size_t i = 0; i < 3 * page; ++i) bytes[i] = std::byte{0xa5};
    CHECK(ptm::drop_contents({bytes + page, page}));
    CHECK(bytes[page - 1] == std::byte{0xa5});
    CHECK(bytes[page] == std::byte{0});
    CHECK(bytes[2 * page - 1] == std::byte{0});
    CHECK(bytes[2 * page] == std::byte{0xa5});
    munmap(at, 3 * page);
}

TEST_CASE("populated pages have memory before anybody writes to them, and keep what is in them") {
    const std::size_t page = ptm::system_page_bytes();
    void* at = mmap(nullptr, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(at != MAP_FAILED);
    auto* bytes = static_cast<std::byte*>(at);
    bytes[page] = std::byte{0xa5};
    errno = 7;
    const bool populated = ptm::populate({bytes + page, 2 * page});
    CHECK(errno == 7);
    unsigned char resident[4] = {};
    REQUIRE(mincore(at, 4 * page, resident) == 0);
    CHECK((resident[0] & 1) == 0);
    CHECK((resident[1] & 1) == 1);
    CHECK((resident[2] & 1) == (populated ? 1 : 0)); // an older system cannot
    CHECK((resident[3] & 1) == 0);
    CHECK(bytes[page] == std::byte{0xa5});
    CHECK(bytes[2 * page] == std::byte{0});
    munmap(at, 4 * page);
    errno = 7;
    CHECK_FALSE(ptm::populate({bytes, page})); // there is nothing any more
    CHECK(errno == 7);
}

TEST_CASE("what is not whole pages is refused, and keeps its contents") {
    const std::size_t page = ptm::system_page_bytes();
    void* at = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(at != MAP_FAILED);
    auto* bytes = static_cast<std::byte*>(at);
    bytes[16] = std::byte{0xa5};
    CHECK_FALSE(ptm::drop_contents({bytes + 16, 16}));
    CHECK(bytes[16] == std::byte{0xa5});
    munmap(at, page);
}
