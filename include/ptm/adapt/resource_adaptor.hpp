// adapt/resource_adaptor.hpp - any standard allocator as a std::pmr::memory_resource: resource_adaptor of the Library
// Fundamentals TS.
//
//   ptm::resource_adaptor<my_allocator<int>> r(my_allocator<int>{...});
//
// Choose it where containers of std::pmr are to live on an allocator that a program has already. The allocator is bound
// to std::byte, whatever it was for: resource_adaptor<A<int>> and resource_adaptor<A<char>> are one type. Memory is
// asked for as objects of a type as aligned as what is wanted, for each alignment up to MaxAlignment. Beyond it a block
// is asked for that is larger, and how far it was moved is noted behind it:
//
//   block of A ->  +----------+-----------------+- - -+----------+
//                  | gap      | what is handed  |     | distance |
//                  |          | out, aligned    |     | of both  |
//                  +----------+-----------------+- - -+----------+
//
// As thread-safe as the allocator. What it throws comes out unchanged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <new>
#include <type_traits>
#include <utility>

#include <ptm/core/address.hpp>
#include <ptm/core/bits.hpp>
#include <ptm/core/checked.hpp>
#include <ptm/core/config.hpp>

namespace ptm {

namespace detail {

// aligned_bytes - the smallest type of an alignment.
template <std::size_t Alignment>
struct aligned_bytes {
    alignas(Alignment) std::byte at[Alignment];
};

// uses_pointers - has plain pointers, and no fancy ones.
template <class A>
concept uses_pointers =
    std::is_same_v<typename std::allocator_traits<A>::pointer, typename std::allocator_traits<A>::value_type*>
    && std::is_same_v<typename std::allocator_traits<A>::void_pointer, void*>;

// bytes_adaptor - Allocator: of bytes.
template <class Allocator, std::size_t MaxAlignment>
class bytes_adaptor final : public std::pmr::memory_resource {
    static_assert(uses_pointers<Allocator>, "resource_adaptor: the allocator's pointers must be plain pointers");
    static_assert(is_power_of_two(MaxAlignment), "resource_adaptor: the largest alignment must be a power of two");

    [[no_unique_address]] Allocator allocator_;

public:
    using allocator_type = Allocator;

    bytes_adaptor() = default;
    bytes_adaptor(const bytes_adaptor&) = default;
    bytes_adaptor& operator=(const bytes_adaptor&) = default;
    explicit bytes_adaptor(const Allocator& from) : allocator_(from) {}
    explicit bytes_adaptor(Allocator&& from) : allocator_(std::move(from)) {}

    allocator_type get_allocator() const { return allocator_; }

private:
    // throws   what the allocator throws; std::bad_alloc for a sum that is too large
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (alignment > MaxAlignment) return allocate_and_move(bytes, alignment);
        return allocate_as<1>(bytes, alignment);
    }

    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        if (alignment > MaxAlignment) return deallocate_moved(p, bytes, alignment);
        deallocate_as<1>(p, bytes, alignment);
    }

    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        auto* o = dynamic_cast<const bytes_adaptor*>(&other);
        return o && allocator_ == o->allocator_;
    }

    template <std::size_t Alignment>
    auto for_type() const {
        using traits = std::allocator_traits<Allocator>;
        return typename traits::template rebind_alloc<aligned_bytes<Alignment>>(allocator_);
    }

    // How many objects hold so many bytes; at least one, as not every allocator has a place for none.
    template <std::size_t Alignment>
    static constexpr std::size_t count(std::size_t bytes) noexcept {
        return bytes / Alignment + (bytes % Alignment != 0 || bytes == 0);
    }

    // allocate_as - objects of the smallest alignment from Alignment on that will do.
    template <std::size_t Alignment>
    void* allocate_as(std::size_t bytes, std::size_t alignment) {
        if constexpr (Alignment < MaxAlignment)
            if (alignment > Alignment) return allocate_as<2 * Alignment>(bytes, alignment);
        auto a = for_type<Alignment>();
        return std::allocator_traits<decltype(a)>::allocate(a, count<Alignment>(bytes));
    }

    template <std::size_t Alignment>
    void deallocate_as(void* p, std::size_t bytes, std::size_t alignment) {
        if constexpr (Alignment < MaxAlignment)
            if (alignment > Alignment) return deallocate_as<2 * Alignment>(p, bytes, alignment);
        auto a = for_type<Alignment>();
        std::allocator_traits<decltype(a)>::deallocate(a, static_cast<aligned_bytes<Alignment>*>(p),
                                                       count<Alignment>(bytes));
    }

    // What is asked for in place of a block that cannot be had aligned. 0: more than there can be.
    static std::size_t with_room_to_move(std::size_t bytes, std::size_t alignment) noexcept {
        auto sum = checked_add(bytes, alignment);
        if (sum) sum = checked_add(*sum, sizeof(std::size_t));
        return sum.value_or(0);
    }

    void* allocate_and_move(std::size_t bytes, std::size_t alignment) {
        std::size_t whole = with_room_to_move(bytes, alignment);
        if (whole == 0) PTM_THROW(std::bad_alloc());
        void* block = allocate_as<1>(whole, MaxAlignment);
        std::size_t distance = bytes_to_aligned(block, alignment);
        std::byte* p = offset(block, distance);
        std::memcpy(p + bytes, &distance, sizeof distance);
        return p;
    }

    void deallocate_moved(void* p, std::size_t bytes, std::size_t alignment) {
        std::size_t distance;
        std::memcpy(&distance, offset(p, bytes), sizeof distance);
        deallocate_as<1>(offset(p, -distance), with_room_to_move(bytes, alignment), MaxAlignment);
    }
};

}

// resource_adaptor - MaxAlignment: what Allocator is trusted to align types to, a power of two in bytes. A larger one
// saves the room to move for allocators that honour it, as std::allocator does.
template <class Allocator, std::size_t MaxAlignment = alignof(std::max_align_t)>
using resource_adaptor =
    detail::bytes_adaptor<typename std::allocator_traits<Allocator>::template rebind_alloc<std::byte>, MaxAlignment>;

} // namespace ptm
