#include <ptm/os/mmap.hpp>

#include <ptm/os/huge_page.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"

#include <cerrno>
#include <cstdint>
#include <thread>
#include <type_traits>

#include <sys/resource.h>

static_assert(std::is_empty_v<ptm::mmap_backend>, "what maps needs to remember nothing");

TEST_CASE("mmap_backend gives whole mappings, aligned to a page") {
    ptm::mmap_backend backend;
    const std::size_t page = backend.page_bytes();
    ptm::pages run = backend.obtain(3 * page);
    REQUIRE(run.bytes == 3 * page);
    CHECK(reinterpret_cast<std::uintptr_t>(run.data) % page == 0);
    CHECK(backend.give_back(run));
}

TEST_CASE("mmap_backend unmaps what comes back") {
    ptm::mmap_backend backend;
    ptm::pages run = backend.obtain(backend.page_bytes());
    REQUIRE(run);
    REQUIRE(backend.give_back(run));
    // Not mapped any more: the kernel has nothing to drop there.
    CHECK_FALSE(ptm::drop_contents(run));
    CHECK(errno == ENOMEM);
}

TEST_CASE("mmap_backend refuses to take back what is no mapping") {
    ptm::mmap_backend backend;
    ptm::pages run = backend.obtain(2 * backend.page_bytes());
    REQUIRE(run);
    CHECK_FALSE(backend.give_back({run.data + 1, backend.page_bytes()}));
    run.data[0] = std::byte{1}; // still there
    CHECK(backend.give_back(run));
}

TEST_CASE("mmap_backend has nothing when the system refuses") {
    ptm_test::ending end = ptm_test::in_child([] {
        const rlimit small{65536, 65536};
        CHILD_CHECK(setrlimit(RLIMIT_DATA, &small) == 0);
        ptm::mmap_backend backend;
        errno = 0;
        CHILD_CHECK(!backend.obtain(std::size_t{1} << 30));
        CHILD_CHECK(errno == ENOMEM);
    });
    CHECK(end.errors == "");
    CHECK(end.exited_with(0));
}

TEST_CASE("mmap_backend serves several threads at once") {
    ptm::mmap_backend backend;
    bool good[2] = {true, true};
    auto work = [&](int id) {
        for (int i = 0; i < 200; ++i) {
            ptm::pages run = backend.obtain(backend.page_bytes());
            if (!run) good[id] = false;
            if (run) run.data[0] = std::byte{1};
            good[id] = backend.give_back(run) && good[id];
        }
    };
    std::thread first(work, 0), second(work, 1);
    first.join();
    second.join();
    CHECK(good[0]);
    CHECK(good[1]);
}

TEST_CASE("mmap_backend has no huge pages of a size that no system knows") {
    ptm::mmap_backend backend;
    for (std::size_t size : {backend.page_bytes(), std::size_t{1} << 27, std::size_t{1} << 40}) {
        errno = 0;
        CHECK_FALSE(backend.obtain_huge(size, size));
        CHECK(errno == ENOMEM);
    }
}

TEST_CASE("mmap_backend gives whole huge pages, or says that there are none") {
    ptm::mmap_backend backend;
    const std::size_t page = ptm::explicit_huge_page_bytes(2);
    if (page == 0) {
        SUCCEED("this system has no huge pages");
        return;
    }
    errno = 0;
    ptm::pages run = backend.obtain_huge(page, page);
    if (!run) {
        CHECK(errno == ENOMEM);
        SUCCEED("no huge page is set aside");
        return;
    }
    CHECK(errno == 0);
    CHECK(run.bytes == page);
    CHECK(reinterpret_cast<std::uintptr_t>(run.data) % page == 0);
    CHECK((run.data[0] == std::byte{0} && run.data[page - 1] == std::byte{0}));
    run.data[page - 1] = std::byte{1};
    CHECK_FALSE(backend.give_back({run.data, backend.page_bytes()})); // part of a huge page: this is one
    CHECK(backend.give_back(run));
}
