// adapt/allocation.hpp - what the allocators for containers have in common: how much to ask for, what to return, and
// what to throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include <ptm/core/checked.hpp>
#include <ptm/core/config.hpp>

namespace ptm {

namespace detail {
template <class Pointer, class Size>
struct own_allocation_result {
    Pointer ptr;
    Size count;
};
}

// allocation_result - of allocate_at_least: where, and for how many. The standard's own, where it has one.
template <class Pointer, class Size = std::size_t>
using allocation_result = PTM_ALLOCATION_RESULT<Pointer, Size>;

namespace detail {

[[noreturn]] PTM_COLD inline void throw_bad_alloc() { PTM_THROW(std::bad_alloc()); }
[[noreturn]] PTM_COLD inline void throw_bad_array_new_length() { PTM_THROW(std::bad_array_new_length()); }

// bytes_of - n objects of type T.
//   throws   std::bad_array_new_length: no number of bytes is so large
template <class T>
PTM_ALWAYS_INLINE std::size_t bytes_of(std::size_t n) {
    if (n > SIZE_MAX / sizeof(T)) [[unlikely]]
        throw_bad_array_new_length();
    return n * sizeof(T);
}

// objects_in - at p, a block of `usable` bytes that was asked for n objects.
template <class T>
allocation_result<T*> objects_in(T* p, std::size_t n, std::size_t usable) noexcept {
    std::size_t room = usable / sizeof(T);
    return {p, room < n ? n : room};
}

// each_or_none - allocate() for out[0] .. out[n - 1]; if one throws, deallocate(p) for those that are there.
template <class T>
void each_or_none(T** out, std::size_t n, auto allocate, auto deallocate) {
    std::size_t made = 0;
    PTM_TRY {
        for (; made < n; ++made) out[made] = allocate();
    }
    PTM_CATCH_ALL {
        while (made > 0) deallocate(out[--made]);
        PTM_RETHROW;
    }
}

} // namespace detail

} // namespace ptm
