// c/replace_new.hpp - defines operator new and delete over malloc and free. Include it in exactly one source file, with
// c/replace_malloc.hpp or without: what malloc is then decides.
//
// Failure follows the standard: the new-handler is called until there is memory or it leaves by an exception; without a
// handler std::bad_alloc is thrown, or nullptr returned by the nothrow forms.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

#include <malloc.h>

#include <ptm/core/config.hpp>

namespace ptm::detail {

PTM_COLD inline void* new_slow(std::size_t request, std::size_t alignment) {
    for (;;) {
        std::new_handler handler = std::get_new_handler();
        if (!handler) throw std::bad_alloc();
        handler();
        if (void* p = alignment ? memalign(alignment, request) : std::malloc(request)) return p;
    }
}

inline void* new_plain(std::size_t request) {
    void* p = std::malloc(request);
    return p ? p : new_slow(request, 0);
}

inline void* new_aligned(std::size_t request, std::align_val_t alignment) {
    void* p = memalign(static_cast<std::size_t>(alignment), request);
    return p ? p : new_slow(request, static_cast<std::size_t>(alignment));
}

// or_null - what the nothrow forms return: nullptr where the other throws.
inline void* or_null(auto allocate) noexcept {
    try {
        return allocate();
    } catch (...) {
        return nullptr;
    }
}

} // namespace ptm::detail

void* operator new(std::size_t n) { return ptm::detail::new_plain(n); }
void* operator new[](std::size_t n) { return ptm::detail::new_plain(n); }
void* operator new(std::size_t n, std::align_val_t a) { return ptm::detail::new_aligned(n, a); }
void* operator new[](std::size_t n, std::align_val_t a) { return ptm::detail::new_aligned(n, a); }

void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
    return ptm::detail::or_null([n] { return ptm::detail::new_plain(n); });
}
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept {
    return ptm::detail::or_null([n] { return ptm::detail::new_plain(n); });
}
void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
    return ptm::detail::or_null([n, a] { return ptm::detail::new_aligned(n, a); });
}
void* operator new[](std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
    return ptm::detail::or_null([n, a] { return ptm::detail::new_aligned(n, a); });
}

void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept { std::free(p); }
