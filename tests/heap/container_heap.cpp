#include "support/heaps.hpp"

#include <ptm/heap/container_heap.hpp>

#include <cstdlib>
#include <thread>
#include <vector>

#include <unistd.h>

namespace {
using heap = ptm_test::tested_heap<ptm::container_heap>;
}

TEST_CASE("the heap for containers leaves the program break alone, and the program's variables say nothing to it") {
    setenv("GLIBC_TUNABLES", "glibc.malloc.perturb=90:glibc.malloc.tcache_count=0", 1);
    void* before = sbrk(0);
    std::vector<void*> blocks(5000);
    for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = heap::malloc(i % 4000);
    CHECK(heap::shared().perturb == 0);
    void* p = heap::malloc(24);
    std::vector<std::byte> room(1); // the program's own
    heap::free(p);
    CHECK(heap::malloc(24) == p);
    for (void* q : blocks) heap::free(q);
    CHECK(ptm_test::verdict(heap{}) == "sound");
    auto* state = &heap::ready_arena();
    CHECK(state->backend.base() != nullptr);
    CHECK((p < before || p > sbrk(0)));
    unsetenv("GLIBC_TUNABLES");
}

TEST_CASE("threads fill the heap for containers") {
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
        threads.emplace_back([] {
            std::vector<void*> blocks(3000);
            for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = heap::malloc(i % 900);
            for (void* p : blocks) heap::free(p);
        });
    for (std::thread& t : threads) t.join();
    CHECK(ptm_test::verdict(heap{}) == "sound");
}
