#include "support/configs.hpp"

#include <ptm/arena/common_source.hpp>
#include <ptm/os/buffer_first.hpp>
#include <ptm/os/mmap.hpp>
#include <ptm/os/upstream.hpp>
#include <ptm/sync/mutex_lock.hpp>

#include <atomic>
#include <exception>
#include <memory_resource>
#include <thread>
#include <vector>

namespace {
using backend = ptm::counted<ptm::failing<ptm::mmap_backend>>;
using source = ptm::common_source<backend, ptm::mutex_lock>;
using user = ptm::from_common<backend, ptm::mutex_lock>;

static_assert(ptm::backend_policy<user>);
static_assert(ptm::has(user::able, ptm::can::zeroed) && !ptm::has(user::able, ptm::can::remap));
}

TEST_CASE("what one user of a source obtains another may give back") {
    source s;
    user a(s), b(s);
    ptm::pages run = a.obtain(8192);
    REQUIRE(bool(run));
    CHECK(s.held == 8192);
    CHECK(b.give_back(run));
    CHECK(s.held == 0);
    CHECK(s.backend().bytes_held == 0);
}

TEST_CASE("a source keeps to its limit, whoever asks, and says that it did") {
    source s;
    user a(s), b(s);
    s.limit = 12288;
    ptm::pages run = a.obtain(8192);
    CHECK_FALSE(bool(b.obtain(8192)));
    CHECK(b.take_refusal());
    CHECK_FALSE(b.take_refusal());
    CHECK_FALSE(a.take_refusal());
    CHECK(bool(b.obtain(4096)));
    s.limit = 4096; // below what is held
    CHECK_FALSE(bool(a.obtain(4096)));
    CHECK(a.give_back(run));
    CHECK_FALSE(bool(a.obtain(4096)));
}

TEST_CASE("a refusal of the backend is none of the limit, and nothing is counted") {
    source s;
    user a(s);
    s.backend().grant(0);
    CHECK_FALSE(bool(a.obtain(4096)));
    CHECK_FALSE(a.take_refusal());
    CHECK(s.held == 0);
}

TEST_CASE("a run that the backend does not take back stays counted") {
    source s;
    user a(s);
    ptm::pages run = a.obtain(4096);
    s.backend().stubborn = true;
    CHECK_FALSE(a.give_back(run));
    CHECK(s.held == 4096);
}

TEST_CASE("a user without a source has nothing") {
    user a;
    CHECK_FALSE(bool(a.obtain(4096)));
    CHECK(errno == ENOMEM);
}

TEST_CASE("threads share a source, and its books are right") {
    source s;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            user mine(s);
            for (int i = 0; i < 500; ++i) {
                ptm::pages run = mine.obtain(4096);
                wrong += !run || s.held > 4 * 4096;
                if (run) wrong += !mine.give_back(run);
            }
        });
    for (auto& t : threads) t.join();
    CHECK(wrong == 0);
    CHECK(s.held == 0);
    CHECK(s.backend().bytes_held == 0);
}

TEST_CASE("what the backend throws is kept for the arena that asked") {
    struct refuses : std::pmr::memory_resource {
        void* do_allocate(std::size_t bytes, std::size_t) override { throw bytes; }
        void do_deallocate(void*, std::size_t, std::size_t) override {}
        bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
    } upstream;
    ptm::common_source<ptm::upstream_backend<>, ptm::mutex_lock> s{ptm::upstream_backend<>(&upstream)};
    ptm::from_common<ptm::upstream_backend<>, ptm::mutex_lock> a(s), b(s);
    CHECK_FALSE(bool(a.obtain(8192)));
    CHECK_FALSE(bool(b.obtain(4096)));
    std::exception_ptr of_a = a.take_failure();
    REQUIRE(of_a);
    CHECK_THROWS_AS(std::rethrow_exception(of_a), std::size_t);
    CHECK_FALSE(bool(a.take_failure()));
    CHECK(bool(b.take_failure()));
}

TEST_CASE("what the backend has to offer goes to the first who takes it, and comes back for the next") {
    alignas(64) static std::byte memory[4096];
    using with_offer = ptm::buffer_first<ptm::mmap_backend>;
    ptm::common_source<with_offer, ptm::mutex_lock> s{with_offer(ptm::pages{memory, sizeof memory})};
    ptm::from_common<with_offer, ptm::mutex_lock> a(s), b(s);
    s.limit = 0; // which does not count what is there anyway
    CHECK(a.offered() == sizeof memory);
    ptm::pages run = a.take_offered();
    CHECK(run.data == memory);
    CHECK(a.taken() == sizeof memory);
    CHECK(b.offered() == 0);
    CHECK_FALSE(bool(b.take_offered()));
    CHECK(b.taken() == 0);
    CHECK(a.give_back(run));
    CHECK(a.taken() == 0);
    CHECK(b.take_offered().data == memory);
    CHECK(s.held == 0);
}
