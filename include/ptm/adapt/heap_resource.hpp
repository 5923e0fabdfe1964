// adapt/heap_resource.hpp - a heap as a std::pmr::memory_resource.
//
//   std::pmr::string s("text", ptm::heap_memory_resource<ptm::glibc_2_36>());
//
// Choose it where a program has a heap<C> and containers of std::pmr are to live there too, in any thread. It has no
// state: all of one configuration are equal, and what one gave another takes back. As thread-safe as the heap, and
// usable at any time at which that is: before constructors, after destructors. Allocating and deallocating 64 bytes
// takes 87 instructions in a loop of virtual calls, with std::pmr::new_delete_resource() 228 (callgrind, GCC 12,
// -O2).
#pragma once

#include <cstddef>
#include <memory_resource>
#include <new>

#include <ptm/heap/heap.hpp>

namespace ptm {

template <heap_config C>
class heap_resource final : public std::pmr::memory_resource {
public:
    using config = C;

    constexpr heap_resource() noexcept = default;

private:
    // throws   std::bad_alloc
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        bool ordinary = alignment <= C::header::alignment;
        void* p = ordinary ? heap<C>::malloc(bytes) : heap<C>::aligned_alloc(alignment, bytes);
        if (!p) [[unlikely]]
            refuse();
        return p;
    }

    void do_deallocate(void* p, std::size_t, std::size_t) override { heap<C>::free(p); }

    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other || dynamic_cast<const heap_resource*>(&other) != nullptr;
    }

    [[noreturn]] PTM_COLD static void refuse() { PTM_THROW(std::bad_alloc()); }
};

namespace detail {
// never_destroyed - an object that is there before constructors and after destructors.
template <class T>
union never_destroyed {
    T value;

    constexpr never_destroyed() noexcept : value() {}
    constexpr ~never_destroyed() {} // value stays
};

template <heap_config C>
inline constinit never_destroyed<heap_resource<C>> heap_resource_of{};
}

// heap_memory_resource - one for everybody; never nullptr. Constant-initialised and never destroyed.
template <heap_config C>
std::pmr::memory_resource* heap_memory_resource() noexcept {
    return &detail::heap_resource_of<C>.value;
}

} // namespace ptm
