// c/replace_hooks.hpp - defines the variables for hooks under the names that they had in glibc until 2.33, for the
// whole program. Include it in exactly one source file, which replaces malloc by a configuration with run_time_hooks.
//
// Those of malloc, realloc and memalign are not empty at first: what stands in them takes itself out, makes the heap
// ready and calls the real function. A program that saves a variable before its first request, and puts it back, gets
// what it wants. A first request to calloc is one to malloc, therefore, and the thread's cache may serve it.
//
// Programs find the variables by name, and one that was linked for a fixed address brings them itself: a shared library
// must not bind the names to its own definitions (-Bsymbolic would; -Bsymbolic-functions does not).
// source   glibc 2.31, as observed
#pragma once

#include <ptm/c/replace_malloc.hpp>

extern "C" {
extern ptm::malloc_hook volatile __malloc_hook;
extern ptm::realloc_hook volatile __realloc_hook;
extern ptm::free_hook volatile __free_hook;
extern ptm::memalign_hook volatile __memalign_hook;
extern ptm::plain_hook volatile __after_morecore_hook;
extern ptm::plain_hook volatile __malloc_initialize_hook; // of programs linked before 2.24, which define it themselves
}

namespace ptm::detail {

inline void* first_malloc(std::size_t request, const void*) noexcept {
    __malloc_hook = nullptr;
    replaced_heap::ready_arena();
    return replaced::malloc(request);
}

inline void* first_realloc(void* p, std::size_t request, const void*) noexcept {
    __malloc_hook = nullptr;
    __realloc_hook = nullptr;
    replaced_heap::ready_arena();
    return replaced::realloc(p, request);
}

inline void* first_memalign(std::size_t alignment, std::size_t request, const void*) noexcept {
    __memalign_hook = nullptr;
    replaced_heap::ready_arena();
    return replaced::memalign(alignment, request);
}

} // namespace ptm::detail

extern "C" {
PTM_EXPORT constinit ptm::malloc_hook volatile __malloc_hook = ptm::detail::first_malloc;
PTM_EXPORT constinit ptm::realloc_hook volatile __realloc_hook = ptm::detail::first_realloc;
PTM_EXPORT constinit ptm::free_hook volatile __free_hook = nullptr;
PTM_EXPORT constinit ptm::memalign_hook volatile __memalign_hook = ptm::detail::first_memalign;
PTM_EXPORT constinit ptm::plain_hook volatile __after_morecore_hook = nullptr;
PTM_EXPORT constinit ptm::plain_hook volatile __malloc_initialize_hook = nullptr;
}

namespace ptm {
constinit const hook_variables program_hooks{&__malloc_hook,   &__realloc_hook,        &__free_hook,
                                             &__memalign_hook, &__after_morecore_hook, &__malloc_initialize_hook};
}
