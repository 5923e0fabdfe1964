#include "support/configs.hpp"
#include "support/live_blocks.hpp"

#include <ptm/heap/unsynchronized_arena.hpp>

#include <memory_resource>

namespace {
// tally - a resource that knows what it has given.
struct tally : std::pmr::memory_resource {
    std::size_t held = 0, calls = 0;

private:
    void* do_allocate(std::size_t n, std::size_t alignment) override {
        held += n, ++calls;
        return std::pmr::new_delete_resource()->allocate(n, alignment);
    }
    void do_deallocate(void* p, std::size_t n, std::size_t alignment) override {
        held -= n;
        std::pmr::new_delete_resource()->deallocate(p, n, alignment);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};
}

TEMPLATE_TEST_CASE("an arena over a resource asks for nothing at first, and keeps nothing in the end", "",
                   ptm::unsynchronized_arena, ptm::synchronized_arena) {
    tally upstream;
    ptm::arena<TestType> a{typename TestType::main_backend(&upstream)};
    CHECK(upstream.calls == 0);
    std::vector<void*> blocks;
    for (std::size_t i = 0; i < 2000; ++i) blocks.push_back(a.allocate(i * 37 % 3000));
    CHECK(upstream.held == a.held());
    CHECK(ptm_test::verdict(a) == "sound");
    for (void* p : blocks) a.deallocate(p);
    CHECK(upstream.held == 0);
}

TEST_CASE("blocks of up to a KiB are reused as they are, last in, first out") {
    ptm::arena<ptm::unsynchronized_arena> a{ptm::unsynchronized_arena::main_backend(std::pmr::new_delete_resource())};
    a.allocate(100);
    for (std::size_t n : {1u, 24u, 500u, 1000u, 1024u}) {
        void *p = a.allocate(n), *q = a.allocate(n);
        a.deallocate(p);
        a.deallocate(q);
        CHECK(a.allocate(n) == q);
        CHECK(a.allocate(n) == p);
    }
    CHECK(ptm_test::verdict(a) == "sound");
}
