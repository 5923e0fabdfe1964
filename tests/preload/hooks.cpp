// The hooks of glibc 2.33, for a program that was linked for them.
//
//   hooks first_calls | calloc_first | before_the_first | watching | replacing | growing |
//         seen_by_others
//
// Nothing allocates before main: the program is linked without libstdc++.
#include "preload/hooks.hpp"

#include <string_view>

namespace {

using preload::watcher;

// What stands in the variables at first goes away with the first call of its function.
void first_calls() {
    EXPECT(__malloc_hook && __realloc_hook && __memalign_hook);
    EXPECT(!__free_hook && !__after_morecore_hook);
    std::free(nullptr);
    EXPECT(mallopt(M_PERTURB, 0) == 1);
    EXPECT(__malloc_hook && __realloc_hook && __memalign_hook);
    std::free(memalign(64, 24));
    EXPECT(__malloc_hook && __realloc_hook && !__memalign_hook);
    std::free(std::realloc(nullptr, 24));
    EXPECT(!__malloc_hook && !__realloc_hook);
}

// The first calloc is a malloc, and so may come from the thread's cache; later ones never do.
void calloc_first() {
    void* block = memalign(64, 24);
    preload::fill(block, 24, 7);
    std::free(block);
    EXPECT(std::calloc(1, 24) == block && preload::holds(block, 24, 0));
    EXPECT(!__malloc_hook);
    std::free(block);
    EXPECT(std::calloc(1, 24) != block);
}

// A program that saved a variable before the first call puts back a function that works.
void before_the_first() {
    watcher::in();
    void* block = std::malloc(100);
    EXPECT(block && watcher::mallocs == 1);
    std::free(block);
    watcher::leave();
    EXPECT(!__malloc_hook && !__free_hook);
    EXPECT(std::malloc(100) == block);
}

void watching() {
    std::free(std::malloc(24));
    watcher::in();
    void *block = std::malloc(100), *copy = strdup("four"), *zeroed = std::calloc(3, 100);
    EXPECT(watcher::mallocs == 3 && watcher::requested == 405);
    EXPECT(std::strstr(preload::home_of(watcher::malloc_caller), "hooks") != nullptr);
    EXPECT(preload::holds(zeroed, 300, 0));
    std::free(block);
    std::free(copy);
    std::free(std::realloc(zeroed, 0));
    EXPECT(watcher::frees == 4); // the last one of nothing
    watcher::leave();
    std::free(std::malloc(100));
    EXPECT(watcher::mallocs == 3 && watcher::frees == 4);
}

// ---- a heap of the program's own

alignas(64) unsigned char own[1 << 16];
std::size_t used = 0;
int freed = 0;

void* from_own(std::size_t bytes, const void*) {
    void* block = own + used;
    used += (bytes + 63) & ~std::size_t{63};
    return block;
}
void* resized(void*, std::size_t bytes, const void* caller) { return from_own(bytes, caller); }
void* aligned(std::size_t, std::size_t bytes, const void* caller) { return from_own(bytes, caller); }
void count_freed(void*, const void*) { ++freed; }

bool is_own(const void* block) { return block >= own && block < own + sizeof own; }

void replacing() {
    struct mallinfo2 before = mallinfo2();
    __malloc_hook = from_own;
    __realloc_hook = resized;
    __free_hook = count_freed;
    __memalign_hook = aligned;
    void* out = nullptr;
    EXPECT(is_own(std::malloc(10)) && is_own(std::calloc(10, 10)) && is_own(std::realloc(own, 10)));
    EXPECT(is_own(memalign(64, 10)) && is_own(std::aligned_alloc(64, 64)) && is_own(valloc(10)) && is_own(pvalloc(10)));
    EXPECT(posix_memalign(&out, 64, 10) == 0 && is_own(out) && is_own(strdup("text")));
    std::free(own);
    std::free(nullptr);
    EXPECT(freed == 2);
    EXPECT(mallinfo2().arena == before.arena);
}

// ---- the break

int steps = 0;
void count_step() { ++steps; }

void growing() {
    __after_morecore_hook = count_step;
    std::free(std::malloc(24));
    EXPECT(steps == 1);
    std::free(std::malloc(1 << 20)); // a mapping
    EXPECT(steps == 1);
    void* block = std::malloc(300000); // the threshold has risen
    EXPECT(steps == 2);
    std::free(block);
    EXPECT(malloc_trim(0) == 1 && steps == 3);
}

// ---- who else sees them

void seen_by_others() {
    EXPECT(dlsym(RTLD_DEFAULT, "__malloc_hook") == &__malloc_hook);
    EXPECT(dlsym(RTLD_DEFAULT, "__free_hook") == &__free_hook);
}

struct subject {
    std::string_view name;
    void (*check)();
};

constexpr subject subjects[] = {{"first_calls", first_calls},
                                {"calloc_first", calloc_first},
                                {"before_the_first", before_the_first},
                                {"watching", watching},
                                {"replacing", replacing},
                                {"growing", growing},
                                {"seen_by_others", seen_by_others}};

} // namespace

int main(int, char** arguments) {
    EXPECT(preload::is_preloaded());
    for (const subject& s : subjects)
        if (s.name == arguments[1]) {
            s.check();
            return 0;
        }
    preload::fail(__FILE__, __LINE__, "a subject that is known");
}
