// c/replace_new_directly.hpp - defines operator new and delete straight over the replaced heap, without a call of
// malloc or free in between: for preload libraries, together with c/replace_malloc.hpp.
//
// What takes no part in allocating stays with the C++ library: where there is no memory, its own operator new is
// called, which asks this malloc again, calls the new-handler and throws. So nothing here needs that library, and a
// program in C can be preloaded just as well.
//
// A sized delete goes by the block's header all the same: programs exist that delete by a base class without a virtual
// destructor, and they run on the C library's malloc.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

#include <dlfcn.h>

#include <ptm/c/replace_malloc.hpp>

namespace ptm::detail {

// next_definition - of the function with this (mangled) name, in the libraries behind this one. Without one, a caller
// that was promised an exception cannot go on.
template <class F>
PTM_COLD F* next_definition(const char* name) noexcept {
    void* found = dlsym(RTLD_NEXT, name);
    if (!found) std::abort();
    return reinterpret_cast<F*>(found);
}

PTM_COLD inline void* new_elsewhere(std::size_t n) { return next_definition<void*(std::size_t)>("_Znwm")(n); }
PTM_COLD inline void* new_elsewhere(std::size_t n, std::align_val_t a) {
    return next_definition<void*(std::size_t, std::align_val_t)>("_ZnwmSt11align_val_t")(n, a);
}
PTM_COLD inline void* new_elsewhere(std::size_t n, const std::nothrow_t& t) noexcept {
    return next_definition<void*(std::size_t, const std::nothrow_t&)>("_ZnwmRKSt9nothrow_t")(n, t);
}
PTM_COLD inline void* new_elsewhere(std::size_t n, std::align_val_t a, const std::nothrow_t& t) noexcept {
    using function = void*(std::size_t, std::align_val_t, const std::nothrow_t&);
    return next_definition<function>("_ZnwmSt11align_val_tRKSt9nothrow_t")(n, a, t);
}

// new_directly, new_aligned_directly - nothrow: std::nothrow or nothing.
PTM_ALWAYS_INLINE void* new_directly(std::size_t n, auto... nothrow) {
    void* p = replaced_heap::malloc(n);
    if (!p) [[unlikely]]
        return new_elsewhere(n, nothrow...);
    return p;
}
PTM_ALWAYS_INLINE void* new_aligned_directly(std::size_t n, std::align_val_t a, auto... nothrow) {
    void* p = replaced_heap::aligned_alloc(static_cast<std::size_t>(a), n);
    if (!p) [[unlikely]]
        return new_elsewhere(n, a, nothrow...);
    return p;
}

} // namespace ptm::detail

PTM_EXPORT void* operator new(std::size_t n) { return ptm::detail::new_directly(n); }
PTM_EXPORT void* operator new[](std::size_t n) { return ptm::detail::new_directly(n); }
PTM_EXPORT void* operator new(std::size_t n, std::align_val_t a) { return ptm::detail::new_aligned_directly(n, a); }
PTM_EXPORT void* operator new[](std::size_t n, std::align_val_t a) { return ptm::detail::new_aligned_directly(n, a); }

PTM_EXPORT void* operator new(std::size_t n, const std::nothrow_t& t) noexcept {
    return ptm::detail::new_directly(n, t);
}
PTM_EXPORT void* operator new[](std::size_t n, const std::nothrow_t& t) noexcept {
    return ptm::detail::new_directly(n, t);
}
PTM_EXPORT void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t& t) noexcept {
    return ptm::detail::new_aligned_directly(n, a, t);
}
PTM_EXPORT void* operator new[](std::size_t n, std::align_val_t a, const std::nothrow_t& t) noexcept {
    return ptm::detail::new_aligned_directly(n, a, t);
}

PTM_EXPORT void operator delete(void* p) noexcept { ptm::replaced_heap::free(p); }
PTM_EXPORT void operator delete[](void* p) noexcept { ptm::replaced_heap::free(p); }
PTM_EXPORT void operator delete(void* p, std::size_t) noexcept { ptm::replaced_heap::free(p); }
PTM_EXPORT void operator delete[](void* p, std::size_t) noexcept { ptm::replaced_heap::free(p); }
PTM_EXPORT void operator delete(void* p, std::align_val_t) noexcept { ptm::replaced_heap::free(p); }
PTM_EXPORT void operator delete[](void* p, std::align_val_t) noexcept { ptm::replaced_heap::free(p); }
PTM_EXPORT void operator delete(void* p, std::size_t, std::align_val_t) noexcept { ptm::replaced_heap::free(p); }
PTM_EXPORT void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { ptm::replaced_heap::free(p); }
PTM_EXPORT void operator delete(void* p, const std::nothrow_t&) noexcept { ptm::replaced_heap::free(p); }
PTM_EXPORT void operator delete[](void* p, const std::nothrow_t&) noexcept { ptm::replaced_heap::free(p); }
PTM_EXPORT void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept {
    ptm::replaced_heap::free(p);
}
PTM_EXPORT void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept {
    ptm::replaced_heap::free(p);
}
