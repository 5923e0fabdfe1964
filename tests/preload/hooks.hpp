// preload/hooks.hpp - the variables for hooks as <malloc.h> declared them until glibc 2.33, and hooks that count.
#pragma once

#include "preload/check.hpp"

#include <cstdlib>

extern "C" {
extern void* (*volatile __malloc_hook)(std::size_t, const void*);
extern void* (*volatile __realloc_hook)(void*, std::size_t, const void*);
extern void (*volatile __free_hook)(void*, const void*);
extern void* (*volatile __memalign_hook)(std::size_t, std::size_t, const void*);
extern void (*volatile __after_morecore_hook)();
}

namespace preload {

// watcher - counts calls to malloc and free on their way to the real functions, in the way that manuals show: a hook
// puts back what it found, calls, saves what stands there then, and puts itself in again.
class watcher {
    static inline void* (*malloc_before)(std::size_t, const void*) = nullptr;
    static inline void (*free_before)(void*, const void*) = nullptr;

    static void out() {
        __malloc_hook = malloc_before;
        __free_hook = free_before;
    }

    static void* on_malloc(std::size_t bytes, const void* caller) {
        out();
        void* block = std::malloc(bytes);
        ++mallocs;
        requested += bytes;
        malloc_caller = caller;
        in();
        return block;
    }

    static void on_free(void* block, const void*) {
        out();
        std::free(block);
        ++frees;
        in();
    }

public:
    static inline int mallocs = 0, frees = 0;
    static inline std::size_t requested = 0;
    static inline const void* malloc_caller = nullptr;

    static void in() {
        malloc_before = __malloc_hook;
        free_before = __free_hook;
        __malloc_hook = on_malloc;
        __free_hook = on_free;
    }

    static void leave() { out(); }
};

} // namespace preload
