// errno: free keeps it, failures set it, and arguments that make no sense are told apart.
#include "preload/check.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>

namespace {

// The compiler must not know that these are too large.
volatile std::size_t impossible = SIZE_MAX;
volatile std::size_t barely_possible = PTRDIFF_MAX;

// fails_with - calls allocate; was it refused with this errno?
bool fails_with(int error, auto allocate) {
    errno = 0;
    return allocate() == nullptr && errno == error;
}

// Sizes that go to the cache, to a fast bin, to the unsorted bin, to top and trimming, and to unmapping.
void free_keeps_errno() {
    for (std::size_t bytes : {24u, 24u, 24u, 24u, 24u, 24u, 24u, 24u, 24u, 1500u, 100000u, 1u << 20, 1u << 24}) {
        void* block = std::malloc(bytes);
        errno = 4711;
        std::free(block);
        EXPECT(errno == 4711);
    }
    std::free(nullptr);
    EXPECT(errno == 4711);
}

void too_much_is_enomem() {
    EXPECT(fails_with(ENOMEM, [] { return std::malloc(impossible); }));
    EXPECT(fails_with(ENOMEM, [] { return std::malloc(barely_possible); }));
    EXPECT(fails_with(ENOMEM, [] { return std::calloc(impossible, 1); }));
    EXPECT(fails_with(ENOMEM, [] { return std::calloc(impossible / 2, 3); }));
    EXPECT(fails_with(ENOMEM, [] { return valloc(impossible); }));
    EXPECT(fails_with(ENOMEM, [] { return pvalloc(impossible); }));
    EXPECT(fails_with(ENOMEM, [] { return memalign(64, impossible); }));
    EXPECT(fails_with(ENOMEM, [] { return reallocarray(nullptr, impossible, 2); }));
    EXPECT(fails_with(EINVAL, [] { return memalign(impossible / 2 + 2, 8); }));
}

void a_failed_resize_changes_nothing() {
    for (std::size_t bytes : {24u, 5000u, 1u << 20}) {
        void* block = std::malloc(bytes);
        preload::fill(block, bytes, 9);
        EXPECT(fails_with(ENOMEM, [block] { return std::realloc(block, impossible); }));
        EXPECT(fails_with(ENOMEM, [block] { return std::realloc(block, barely_possible); }));
        EXPECT(fails_with(ENOMEM, [block] { return reallocarray(block, impossible, 16); }));
        EXPECT(preload::holds(block, bytes, 9));
        std::free(block);
    }
}

void alignments() {
    for (std::size_t alignment : {0u, 3u, 4u, 24u}) {
        void* block = &block;
        EXPECT(posix_memalign(&block, alignment, 8) == EINVAL && block == &block);
    }
    void* block = &block;
    EXPECT(posix_memalign(&block, 64, impossible) == ENOMEM && block == &block);
    for (std::size_t alignment = 8; alignment <= 1 << 16; alignment *= 2) {
        EXPECT(posix_memalign(&block, alignment, 100) == 0);
        EXPECT(reinterpret_cast<std::uintptr_t>(block) % alignment == 0 && malloc_usable_size(block) >= 100);
        std::free(block);
    }
}

void sizes_of_nothing() {
    errno = 0;
    void* first = std::malloc(0);
    void* second = std::malloc(0);
    EXPECT(first && second && first != second);
    EXPECT(std::realloc(first, 0) == nullptr && errno == 0);
    std::free(second);
    EXPECT(malloc_usable_size(nullptr) == 0);
}

} // namespace

int main() {
    EXPECT(preload::is_preloaded());
    free_keeps_errno();
    too_much_is_enomem();
    a_failed_resize_changes_nothing();
    alignments();
    sizes_of_nothing();
}
