#include <ptm/os/shared_file.hpp>

#include "support/child.hpp"
#include "support/configs.hpp"
#include "support/live_blocks.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace ptm::literals;
using ptm::inspected_file;
using ptm::pages;
using ptm::shared_file_backend;

namespace {

using small = shared_file_backend<1_MiB>;

// shared - gives its memory back at the end of the test.
template <class B = small>
struct shared : B {
    using B::B;
    ~shared() { this->release(); }
};

// A file with a name, of the test alone.
struct named_file {
    std::string path = "/tmp/ptm_shared_file_XXXXXX";
    int fd = mkstemp(path.data());
    ~named_file() {
        close(fd);
        unlink(path.c_str());
    }
    off_t bytes() const {
        struct stat is{};
        return fstat(fd, &is) == 0 ? is.st_size : -1;
    }
    off_t bytes_taken() const {
        struct stat is{};
        return fstat(fd, &is) == 0 ? is.st_blocks * 512 : -1;
    }
};

struct in_a_file : ptm::edit<ptm_test::glass, ptm::set_main_backend<shared_file_backend<16_MiB>>,
                             ptm::set_mapped_backend<ptm::no_backend>> {};

} // namespace

TEST_CASE("shared_file_backend has no file before it has memory") {
    shared<> backend;
    CHECK(backend.fd() == -1);
    CHECK(backend.open_for_reading() == -1);
    CHECK(backend.base() == nullptr);
    CHECK(backend.retreat(1) == 0);
    backend.release();
    REQUIRE(backend.obtain(100));
    CHECK(backend.fd() >= 0);
    CHECK(backend.size() == backend.page_bytes() + 100);
    CHECK(backend.frontier() == backend.base() + backend.size());
}

TEST_CASE("shared_file_backend hands out its stretch to the last byte") {
    shared<> backend;
    pages run = backend.obtain(1_MiB - backend.page_bytes());
    REQUIRE(run);
    std::memset(run.data, 0x5a, run.bytes);
    errno = 0;
    CHECK_FALSE(backend.obtain(1));
    CHECK(errno == ENOMEM);
    CHECK(backend.retreat(run.bytes + 1) == 0); // the head stays
    CHECK(backend.give_back(run));
}

TEST_CASE("shared_file_backend gives the memory of its file back, and never makes it shorter") {
    named_file file;
    shared<> backend(file.fd);
    pages run = backend.obtain(512_KiB);
    std::memset(run.data, 0x5a, run.bytes);
    off_t bytes = file.bytes(), taken = file.bytes_taken();
    CHECK(bytes == off_t(512_KiB + backend.page_bytes()));
    CHECK(backend.retreat(500_KiB) == 500_KiB);
    CHECK(file.bytes() == bytes);
    if (backend.discard({run.data, 4_KiB})) CHECK(file.bytes_taken() <= taken - off_t(400_KiB));
    CHECK(ptm_test::reads_as_zero(backend.obtain(500_KiB).data, 500_KiB));
}

TEST_CASE("shared_file_backend leaves a file with a name as it was last, and begins it anew") {
    named_file file;
    shared<> backend(file.fd);
    std::byte* first = backend.obtain(100).data;
    std::memcpy(first, "remains", 8);
    std::uintptr_t was_at = ptm::address_of(first);
    backend.release();
    CHECK(backend.base() == nullptr);
    {
        inspected_file seen(file.path.c_str());
        REQUIRE(seen);
        REQUIRE(seen.memory().size() == 100);
        CHECK(std::memcmp(seen.memory().data(), "remains", 8) == 0);
        CHECK(seen.at_writer(seen.memory().data()) == was_at);
    }
    CHECK(ptm_test::reads_as_zero(backend.obtain(5000).data, 5000));
}

TEST_CASE("shared_file_backend without a file that can be written has nothing") {
    int fd = open("/dev/null", O_RDWR);
    for (int bad : {fd, 1 << 20}) {
        shared<> backend(bad);
        errno = 0;
        CHECK_FALSE(backend.obtain(100));
        CHECK(errno == ENOMEM);
        CHECK(backend.base() == nullptr);
    }
    CHECK(fcntl(fd, F_GETFD) >= 0); // the caller's to close
    close(fd);
}

TEST_CASE("a reader has the same bytes at another address") {
    shared<> backend;
    pages run = backend.obtain(10'000);
    int fd = backend.open_for_reading();
    inspected_file seen(fd);
    close(fd);
    REQUIRE(seen);
    REQUIRE(seen.memory().size() == 10'000);
    CHECK(seen.memory().data() != run.data);
    CHECK(seen.here(run.data) == seen.memory().data());
    CHECK(seen.here(run.data + 9'999) == &seen.memory()[9'999]);
    CHECK(seen.at_writer(seen.memory().data()) == ptm::address_of(run.data));
    CHECK(seen.here(backend.base() - 1) == nullptr);
    CHECK(seen.here(backend.base() + 1_MiB) == nullptr);
    CHECK(seen.here(&fd) == nullptr);
    std::memcpy(run.data + 5000, "written later", 14);
    CHECK(std::memcmp(seen.here(run.data + 5000), "written later", 14) == 0);
}

TEST_CASE("a reader sees what was obtained since when it maps the file again") {
    shared<> backend;
    REQUIRE(backend.obtain(100));
    inspected_file seen(backend.fd());
    pages more = backend.obtain(100'000);
    more.end()[-1] = std::byte{9};
    CHECK(seen.here(more.end() - 1) == nullptr);
    CHECK(seen.memory().size() < 10'000);
    REQUIRE(seen.refresh(backend.fd()));
    CHECK(*seen.here(more.end() - 1) == std::byte{9});
    CHECK(seen.memory().size() == 100'100);
    CHECK(backend.retreat(100'000) == 100'000);
    CHECK(seen.memory().size() == 100); // without mapping it again
}

TEST_CASE("a reader keeps what it has when the writer is gone") {
    shared<> backend;
    std::memcpy(backend.obtain(100).data, "remains", 8);
    inspected_file seen(backend.fd());
    backend.release();
    CHECK(std::memcmp(seen.memory().data(), "remains", 8) == 0);
}

TEST_CASE("a reader maps no file that a shared_file_backend did not make") {
    named_file file;
    CHECK_FALSE(inspected_file(file.fd)); // empty
    const std::string text(5000, 'x');
    REQUIRE(write(file.fd, text.data(), text.size()) == 5000);
    inspected_file seen(file.path.c_str());
    CHECK_FALSE(seen);
    CHECK(seen.memory().empty());
    CHECK(seen.here(&file) == nullptr);
    CHECK_FALSE(inspected_file("/no/such/file"));
    CHECK_FALSE(inspected_file(-1));
}

TEST_CASE("a reader believes no head further than the file is long") {
    named_file file;
    shared<> backend(file.fd);
    REQUIRE(backend.obtain(100));
    std::uint64_t most = UINT64_MAX;
    REQUIRE(pwrite(file.fd, &most, 8, offsetof(ptm::detail::shared_file_head, used)) == 8);
    inspected_file seen(file.fd);
    CHECK(seen.memory().size() == 4096); // the file has two pages
    REQUIRE(pwrite(file.fd, &most, 8, offsetof(ptm::detail::shared_file_head, head_bytes)) == 8);
    CHECK(seen.memory().empty());
}

TEST_CASE("another process cannot write what it inspects") {
    shared<> backend;
    pages run = backend.obtain(100);
    auto end = ptm_test::in_child([&] {
        inspected_file seen(backend.fd());
        CHILD_CHECK(bool(seen));
        const_cast<std::byte&>(seen.memory()[0]) = std::byte{1};
    });
    CHECK(end.killed_by(SIGSEGV));
    int fd = backend.open_for_reading();
    REQUIRE(fd >= 0);
    CHECK(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
    CHECK(errno == EACCES);
    close(fd);
    CHECK(run.data[0] == std::byte{0});
}

TEST_CASE("a forked child does not have the memory of the arena") {
    shared<> backend;
    std::byte* there = backend.obtain(100).data;
    auto end = ptm_test::in_child([&] { *static_cast<volatile std::byte*>(there) = std::byte{1}; });
    CHECK(end.killed_by(SIGSEGV));
    CHECK(*there == std::byte{0});
}

TEST_CASE("another process walks the chunks of an arena in a file and finds a block") {
    using header = in_a_file::header;
    ptm_test::fresh_arena<in_a_file> a;
    void* blocks[200];
    for (std::size_t i = 0; i < 200; ++i) {
        blocks[i] = a.allocate(24 + 40 * i);
        std::memset(blocks[i], 0x11, 24);
    }
    std::memcpy(blocks[123], "look here", 10);
    for (std::size_t i = 0; i < 200; i += 3)
        if (i != 123) a.deallocate(blocks[i]);
    auto end = ptm_test::in_child([&] {
        inspected_file seen(a.backend().open_for_reading());
        CHILD_CHECK(bool(seen));
        std::size_t chunks = 0, found = 0;
        const std::byte* at = seen.memory().data();
        const std::byte* upto = at + seen.memory().size();
        while (at < upto) {
            auto* c = reinterpret_cast<const header::chunk*>(at);
            const std::byte* user = at + header::header_bytes;
            CHILD_CHECK(ptm::bytes(header::size_of(c)) >= ptm::bytes(header::smallest));
            if (std::memcmp(user, "look here", 10) == 0) {
                ++found;
                CHILD_CHECK(seen.at_writer(user) == ptm::address_of(blocks[123]));
                CHILD_CHECK(seen.here(blocks[123]) == user);
            }
            ++chunks;
            at += ptm::bytes(header::size_of(c));
        }
        CHILD_CHECK(at == upto); // top ends where the memory ends
        CHILD_CHECK(chunks > 150 && found == 1);
    });
    CHECK(end.errors == "");
    CHECK(end.exited_with(0));
    CHECK(ptm_test::verdict(a) == "sound");
}
