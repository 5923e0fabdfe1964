// adapt/arena_allocator.hpp - an allocator for containers over an arena of the user's own, which outlives them.
//
//   ptm::arena<mine> here;
//   std::vector<int, ptm::arena_allocator<int, mine>> numbers(here);
//
// Two are equal if they have the same arena. Where the elements of a container stay where they are, the arena goes with
// them: a move and a swap take it along, cost O(1) and never throw. A copy made by assignment lies in the arena of the
// container that is assigned to; a copy made by construction lies in that of the original, unless another is named:
// there is no arena of which everybody knows.
//
// As thread-safe as the arena.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

#include <ptm/adapt/allocation.hpp>
#include <ptm/arena/arena.hpp>
#include <ptm/heap/unsynchronized_arena.hpp>

namespace ptm {

template <class T, arena_config C = unsynchronized_arena>
class arena_allocator {
    static_assert(std::is_object_v<T> && !std::is_const_v<T>, "arena_allocator: T must be an object type, not const");

    static constexpr bool over_aligned = alignof(T) > C::header::alignment;

    arena<C>* from_;

public:
    using value_type = T;
    using size_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    using is_always_equal = std::false_type;
    using propagate_on_container_copy_assignment = std::false_type;
    using propagate_on_container_move_assignment = std::true_type;
    using propagate_on_container_swap = std::true_type;

    template <class U>
    struct rebind {
        using other = arena_allocator<U, C>;
    };

    // Of an arena that lives longer than what is allocated here. Not explicit: a container takes the arena itself.
    arena_allocator(arena<C>& from) noexcept : from_(&from) {}
    template <class U>
    arena_allocator(const arena_allocator<U, C>& other) noexcept : from_(&other.source()) {}

    arena_allocator select_on_container_copy_construction() const noexcept { return *this; }

    // source - the arena.
    arena<C>& source() const noexcept { return *from_; }

    // allocate - room for n objects, aligned for them.
    //   throws   std::bad_array_new_length: n * sizeof(T) cannot be; std::bad_alloc: there is no memory
    [[nodiscard]] T* allocate(std::size_t n) {
        void* p = raw(detail::bytes_of<T>(n));
        if (!p) [[unlikely]]
            detail::throw_bad_alloc();
        return static_cast<T*>(p);
    }

    // allocate_at_least - the same, and for how many objects there is room. deallocate() takes that number, or n, or
    // any one between.
    [[nodiscard]] allocation_result<T*> allocate_at_least(std::size_t n) {
        T* p = allocate(n);
        return detail::objects_in(p, n, arena<C>::usable_size(p));
    }

    // deallocate - p, from allocate(n) of an equal allocator.
    //   faults   free_invalid_size, if the block has no room for n; those of arena::deallocate
    void deallocate(T* p, std::size_t n) noexcept { from_->deallocate(p, n * sizeof(T)); }

    // try_expand - room for new_n objects at p, where there are old_n; also for fewer. Never moves anything.
    //   returns  false: not there; p is as it was
    [[nodiscard]] bool try_expand(T* p, [[maybe_unused]] std::size_t old_n, std::size_t new_n) noexcept {
        return new_n <= max_size() && from_->expand(p, new_n * sizeof(T));
    }

    // allocate_nodes - room for one object each at out[0] .. out[n - 1], neighbours in memory as far as that goes. Each
    // may come back alone, by deallocate(p, 1).
    //   throws   as allocate(); then there is none
    void allocate_nodes(std::size_t n, T** out) {
        if constexpr (over_aligned) {
            detail::each_or_none(out, n, [&] { return allocate(1); }, [&](T* p) { deallocate(p, 1); });
        } else {
            detail::bytes_of<T>(n);
            std::size_t served = from_->allocate_run(sizeof(T), n, out);
            if (served == n) return;
            from_->deallocate_run(out, served);
            detail::throw_bad_alloc();
        }
    }

    // deallocate_nodes - n objects' room, however it was had one by one; quickest in the order of addresses.
    void deallocate_nodes(std::size_t n, T* const* nodes) noexcept { from_->deallocate_run(nodes, n); }

    static constexpr std::size_t max_size() noexcept { return largest_request / sizeof(T); }

    template <class U>
    friend bool operator==(const arena_allocator& a, const arena_allocator<U, C>& b) noexcept {
        return &a.source() == &b.source();
    }

private:
    void* raw(std::size_t bytes) noexcept {
        if constexpr (over_aligned) return from_->allocate(bytes, alignof(T));
        return from_->allocate(bytes);
    }
};

} // namespace ptm
