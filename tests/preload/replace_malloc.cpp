// An application that brings its own malloc: both headers in one source file, with a configuration of its own whose
// observer counts. No preload library is needed.
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/observe/counters.hpp>

namespace {
struct counted_heap : ptm::edit<ptm::glibc_2_36, ptm::set_observer<ptm::counters>> {};
}

#define PTM_REPLACE_MALLOC_CONFIG counted_heap
#include <ptm/c/replace_malloc.hpp>
#include <ptm/c/replace_new.hpp>

#include "preload/check.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

ptm::tally& counted() { return ptm::heap<counted_heap>::shared().observer.now(); }

// counts - blocks allocated and freed while `work` runs.
struct counts {
    std::uint64_t allocated, freed;
    bool operator==(const counts&) const = default;
};
counts during(auto work) {
    counts before{counted().allocated, counted().freed};
    work();
    return {counted().allocated - before.allocated, counted().freed - before.freed};
}

volatile std::size_t size = 100;

void free_one(void* block) {
    EXPECT(block != nullptr && malloc_usable_size(block) >= size);
    std::free(block);
}

// Every function that allocates, one by one.
void the_family() {
    constexpr counts one{1, 1};
    EXPECT(during([] { free_one(std::malloc(size)); }) == one);
    EXPECT(during([] { free_one(std::calloc(size, 2)); }) == one);
    EXPECT(during([] { free_one(std::realloc(nullptr, size)); }) == one);
    EXPECT(during([] { free_one(reallocarray(nullptr, size, 2)); }) == one);
    EXPECT(during([] { free_one(std::aligned_alloc(64, size)); }) == one);
    EXPECT(during([] { free_one(memalign(64, size)); }) == one);
    EXPECT(during([] { free_one(valloc(size)); }) == one);
    EXPECT(during([] { free_one(pvalloc(size)); }) == one);
    EXPECT(during([] {
               void* block = nullptr;
               EXPECT(posix_memalign(&block, 64, size) == 0);
               free_one(block);
           })
           == one);
}

void of_libraries() {
    EXPECT(during([] { std::free(strdup("text")); }) == counts{1, 1});
    EXPECT(during([] { delete std::make_unique<std::string>(size, 'x').release(); }) == counts{2, 2});
    EXPECT(during([] {
               std::vector<int> numbers(size);
               numbers.resize(1000);
           })
           == counts{2, 2});
    EXPECT(during([] { std::thread([] { std::free(std::malloc(size)); }).join(); }).allocated >= 2);
}

void errors() {
    errno = 0;
    EXPECT(!std::malloc(SIZE_MAX - size) && errno == ENOMEM);
    EXPECT(!std::calloc(SIZE_MAX / 2, size));
}

void questions() {
    EXPECT(mallinfo2().uordblks == ptm::heap<counted_heap>::figures().used_bytes());
    EXPECT(mallopt(M_MXFAST, 64) == 1 && mallopt(M_MXFAST, 1000) == 0);
    EXPECT(malloc_trim(0) == 0 || malloc_trim(0) == 1);
    EXPECT(malloc_info(1, stdout) == EINVAL);
}

} // namespace

int main() {
    EXPECT(!preload::is_preloaded());
    the_family();
    of_libraries();
    errors();
    questions();
    EXPECT(!ptm::heap<counted_heap>::verify());
}
