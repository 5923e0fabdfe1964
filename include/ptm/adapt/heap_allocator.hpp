// adapt/heap_allocator.hpp - an allocator for containers over a heap: stateless, and all of one configuration equal.
//
//   std::vector<int, ptm::heap_allocator<int>> numbers;
//   std::map<K, V, std::less<K>, ptm::heap_allocator<std::pair<const K, V>, mine>> index;
//
// What is known of a node while compiling is used there: allocate(1) and deallocate(p, 1) of a small T go straight to
// the list of that size in the thread's cache. For a node of 24 bytes the two take 37 instructions, inlined into a
// loop; malloc and free of the same heap, inlined, take 58, and std::allocator over glibc 2.36 takes 154. With
// array_cache, which does not count bytes, the two take 33, and 37 where the environment may set its limits
// (callgrind, GCC 12).
//
// As thread-safe as the heap: any thread may free what another one has allocated.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

#include <ptm/adapt/allocation.hpp>
#include <ptm/heap/container_heap.hpp>
#include <ptm/heap/heap.hpp>

namespace ptm {

// heap_allocator - C: the heap's configuration. The default stands beside the program's malloc, in memory of its own.
template <class T, heap_config C = container_heap>
class heap_allocator {
    static_assert(std::is_object_v<T> && !std::is_const_v<T>, "heap_allocator: T must be an object type, not const");

    static constexpr bool over_aligned = alignof(T) > C::header::alignment;

public:
    using value_type = T;
    using size_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    using is_always_equal = std::true_type;
    using propagate_on_container_move_assignment = std::true_type;
    using heap_type = heap<C>;

    template <class U>
    struct rebind {
        using other = heap_allocator<U, C>;
    };

    constexpr heap_allocator() noexcept = default;
    template <class U>
    constexpr heap_allocator(const heap_allocator<U, C>&) noexcept {}

    // allocate - room for n objects, aligned for them.
    //   throws   std::bad_array_new_length: n * sizeof(T) cannot be; std::bad_alloc: there is no memory
    [[nodiscard]] PTM_ALWAYS_INLINE T* allocate(std::size_t n) {
        void* p = raw(n);
        if (!p) [[unlikely]]
            detail::throw_bad_alloc();
        return static_cast<T*>(p);
    }

    // allocate_at_least - the same, and for how many objects there is room. deallocate() takes that number, or n, or
    // any one between.
    [[nodiscard]] allocation_result<T*> allocate_at_least(std::size_t n) {
        T* p = allocate(n);
        return detail::objects_in(p, n, heap_type::usable_size(p));
    }

    // deallocate - p, from allocate(n) of an allocator with this configuration.
    PTM_ALWAYS_INLINE void deallocate(T* p, [[maybe_unused]] std::size_t n) noexcept {
        if constexpr (!over_aligned)
            if (PTM_IS_CONSTANT(n) && n == 1) return heap_type::template free_of<sizeof(T)>(p);
        heap_type::free(p);
    }

    // try_expand - room for new_n objects at p, where there are old_n; also for fewer. Never moves anything.
    //   returns  false: not there; p is as it was
    [[nodiscard]] bool try_expand(T* p, [[maybe_unused]] std::size_t old_n, std::size_t new_n) noexcept {
        return new_n <= max_size() && heap_type::expand(p, new_n * sizeof(T));
    }

    // allocate_nodes - room for one object each at out[0] .. out[n - 1], neighbours in memory as far as that goes. Each
    // may come back alone, by deallocate(p, 1).
    //   throws   as allocate(); then there is none
    void allocate_nodes(std::size_t n, T** out) {
        if constexpr (over_aligned) {
            detail::each_or_none(out, n, [&] { return allocate(1); }, [&](T* p) { deallocate(p, 1); });
        } else {
            detail::bytes_of<T>(n);
            std::size_t served = heap_type::malloc_run(sizeof(T), n, out);
            if (served == n) return;
            heap_type::free_run(out, served);
            detail::throw_bad_alloc();
        }
    }

    // deallocate_nodes - n objects' room, however it was had one by one; quickest in the order of addresses.
    void deallocate_nodes(std::size_t n, T* const* nodes) noexcept { heap_type::free_run(nodes, n); }

    static constexpr std::size_t max_size() noexcept { return largest_request / sizeof(T); }

    template <class U>
    friend constexpr bool operator==(const heap_allocator&, const heap_allocator<U, C>&) noexcept {
        return true;
    }

private:
    PTM_ALWAYS_INLINE static void* raw(std::size_t n) {
        if constexpr (over_aligned) return heap_type::aligned_alloc(alignof(T), detail::bytes_of<T>(n));
        if (PTM_IS_CONSTANT(n) && n == 1) return heap_type::template malloc_of<sizeof(T)>();
        return heap_type::malloc(detail::bytes_of<T>(n));
    }
};

} // namespace ptm
