// c/malloc.hpp - the C library's allocation functions over a heap: names, arguments, errors and errno as there.
//
// Thread-safe as the heap is. `H` is a heap<C>. All are inlined: the caller that a hook is told of is the caller of the
// function that calls one of these.
// source   glibc 2.36; ISO C; POSIX
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <malloc.h>
#include <stdio.h>

#include <ptm/c/mallinfo.hpp>
#include <ptm/c/mallopt.hpp>
#include <ptm/core/bits.hpp>
#include <ptm/core/checked.hpp>
#include <ptm/heap/heap.hpp>
#include <ptm/inspect/information.hpp>
#include <ptm/os/page.hpp>

namespace ptm {

template <class H>
struct c_interface {
    static_assert(H::config::header::alignment >= alignof(std::max_align_t),
                  "c_interface: malloc has to align for every type, and the configuration's header does not");

    PTM_ALWAYS_INLINE static void* malloc(std::size_t request) noexcept { return H::malloc(request); }
    PTM_ALWAYS_INLINE static void free(void* p) noexcept { H::free(p); }
    PTM_ALWAYS_INLINE static void* calloc(std::size_t n, std::size_t each) noexcept { return H::calloc(n, each); }
    PTM_ALWAYS_INLINE static void* realloc(void* p, std::size_t request) noexcept { return H::realloc(p, request); }

    // reallocarray - realloc to n * each bytes; ENOMEM if the product overflows.
    PTM_ALWAYS_INLINE static void* reallocarray(void* p, std::size_t n, std::size_t each) noexcept {
        if (auto request = checked_multiply(n, each)) return H::realloc(p, *request);
        return detail::out_of_memory();
    }

    // memalign, aligned_alloc - any alignment; what is no power of two is rounded up to one, or, by aligned_alloc where
    // the configuration says so, refused: EINVAL.
    PTM_ALWAYS_INLINE static void* memalign(std::size_t alignment, std::size_t request) noexcept {
        return H::aligned_alloc(alignment, request);
    }
    PTM_ALWAYS_INLINE static void* aligned_alloc(std::size_t alignment, std::size_t request) noexcept {
        if constexpr (H::config::ruled.aligned_alloc_is_strict)
            if (!is_power_of_two(alignment)) {
                errno = EINVAL;
                return nullptr;
            }
        return H::aligned_alloc(alignment, request);
    }

    // posix_memalign - the error is returned: EINVAL, the alignment is no power of two that is a multiple of
    // sizeof(void*); ENOMEM. *out is set on success only.
    PTM_ALWAYS_INLINE static int posix_memalign(void** out, std::size_t alignment, std::size_t request) noexcept {
        if (alignment % sizeof(void*) != 0 || !is_power_of_two(alignment)) return EINVAL;
        void* p = H::aligned_alloc(alignment, request);
        if (!p) return ENOMEM;
        *out = p;
        return 0;
    }

    // valloc - aligned to a page. pvalloc - and of whole pages, to which glibc 2.30 to 2.41 adds a byte if the request
    // is even; a hook can see that.
    PTM_ALWAYS_INLINE static void* valloc(std::size_t request) noexcept {
        return H::aligned_alloc(system_page_bytes(), request);
    }
    PTM_ALWAYS_INLINE static void* pvalloc(std::size_t request) noexcept {
        std::size_t page = system_page_bytes();
        if (auto enough = checked_add(request, page - 1)) return H::aligned_alloc(page, *enough & ~(page - 2));
        return detail::out_of_memory();
    }

    static std::size_t usable_size(const void* p) noexcept { return H::usable_size(p); }
    static int trim(std::size_t pad) noexcept { return H::trim(pad) ? 1 : 0; }
    static int mallopt(int parameter, int value) noexcept { return set_parameter<H>(parameter, value); }
    static struct mallinfo2 mallinfo2() noexcept { return information_of<H>(); }
    static struct mallinfo mallinfo() noexcept { return narrowed(information_of<H>()); }

    // malloc_stats - to standard error.
    static void malloc_stats() noexcept {
        auto print = [](std::string_view s) { fwrite(s.data(), 1, s.size(), stderr); };
        put_statistics(H::shared(), each_arena, print, H::windows());
    }

    // malloc_info - XML; options must be 0, else EINVAL is returned.
    static int malloc_info(int options, FILE* to) noexcept {
        if (options != 0) return EINVAL;
        auto print = [to](std::string_view s) { fwrite(s.data(), 1, s.size(), to); };
        put_information(H::shared(), each_arena, print, H::windows());
        return 0;
    }

private:
    static constexpr auto each_arena = [](auto&& visit) { H::for_each_arena_unlocked(visit); };
};

} // namespace ptm