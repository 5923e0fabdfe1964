// c/replace_malloc.hpp - defines malloc and its family, for the whole program. Include it in exactly one source file.
//
// Define PTM_REPLACE_MALLOC_CONFIG to the configuration first; without, it is ptm::glibc_2_36. The preload libraries
// are this header compiled alone. Every function is C's: see c/malloc.hpp.
#pragma once

#include <ptm/c/malloc.hpp>

#ifndef PTM_REPLACE_MALLOC_CONFIG
#include <ptm/heap/glibc_2_36.hpp>
#define PTM_REPLACE_MALLOC_CONFIG ptm::glibc_2_36
#endif

#define PTM_EXPORT [[gnu::visibility("default"), gnu::used]]

namespace ptm {
using replaced_heap = heap<PTM_REPLACE_MALLOC_CONFIG>;
using replaced = c_interface<replaced_heap>;
}

extern "C" {

PTM_EXPORT void* malloc(size_t request) noexcept { return ptm::replaced::malloc(request); }
PTM_EXPORT void free(void* p) noexcept { ptm::replaced::free(p); }
PTM_EXPORT void* calloc(size_t n, size_t each) noexcept { return ptm::replaced::calloc(n, each); }
PTM_EXPORT void* realloc(void* p, size_t request) noexcept { return ptm::replaced::realloc(p, request); }
PTM_EXPORT void* reallocarray(void* p, size_t n, size_t each) noexcept {
    return ptm::replaced::reallocarray(p, n, each);
}
PTM_EXPORT void* memalign(size_t alignment, size_t request) noexcept {
    return ptm::replaced::memalign(alignment, request);
}
PTM_EXPORT void* aligned_alloc(size_t alignment, size_t request) noexcept {
    return ptm::replaced::aligned_alloc(alignment, request);
}
PTM_EXPORT int posix_memalign(void** out, size_t alignment, size_t request) noexcept {
    return ptm::replaced::posix_memalign(out, alignment, request);
}
PTM_EXPORT void* valloc(size_t request) noexcept { return ptm::replaced::valloc(request); }
PTM_EXPORT void* pvalloc(size_t request) noexcept { return ptm::replaced::pvalloc(request); }
PTM_EXPORT size_t malloc_usable_size(void* p) noexcept { return ptm::replaced::usable_size(p); }
PTM_EXPORT int malloc_trim(size_t pad) noexcept { return ptm::replaced::trim(pad); }
PTM_EXPORT int mallopt(int parameter, int value) noexcept { return ptm::replaced::mallopt(parameter, value); }
PTM_EXPORT struct mallinfo mallinfo() noexcept { return ptm::replaced::mallinfo(); }
PTM_EXPORT struct mallinfo2 mallinfo2() noexcept { return ptm::replaced::mallinfo2(); }
PTM_EXPORT void malloc_stats() noexcept { ptm::replaced::malloc_stats(); }
PTM_EXPORT int malloc_info(int options, FILE* to) noexcept { return ptm::replaced::malloc_info(options, to); }

} // extern "C"
