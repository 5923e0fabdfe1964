// cover/backends.hpp - backends for compositions: near ones where the memory would be far away, rationed ones where a
// heap has several, and one at the program break that knows what others took there.
#pragma once

#include "support/rationed.hpp"
#include "support/watched_brk.hpp"

#include <ptm/arena/arena.hpp>
#include <ptm/heap/edit.hpp>
#include <ptm/heap/unsynchronized_arena.hpp>
#include <ptm/os/buffer.hpp>
#include <ptm/os/buffer_first.hpp>
#include <ptm/os/mmap.hpp>
#include <ptm/os/upstream.hpp>
#include <ptm/sync/lock.hpp>
#include <ptm/sync/spin_lock.hpp>

#include <cstddef>
#include <memory_resource>
#include <new>

namespace cover {

using ptm_test::watched_brk;

// near_resource - over an arena in a static buffer.
class near_resource : public std::pmr::memory_resource {
    struct in_a_buffer : ptm::edit<ptm::unsynchronized_arena, ptm::set_main_backend<ptm::buffer_backend>> {};

    alignas(64) static inline std::byte buffer_[16 << 20];
    ptm::arena<in_a_buffer> arena_;

    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (void* p = arena_.allocate(bytes, alignment)) return p;
        throw std::bad_alloc();
    }
    void do_deallocate(void* p, std::size_t, std::size_t) override { arena_.deallocate(p); }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

public:
    near_resource() noexcept : arena_(ptm::buffer_backend(ptm::pages{buffer_, sizeof buffer_})) {}

    static near_resource& the() {
        static near_resource one;
        return one;
    }

    std::size_t live() { return arena_.live(); }
};

// upstream_nearby - of the near resource.
struct upstream_nearby : ptm::upstream_backend<> {
    upstream_nearby() noexcept : ptm::upstream_backend<>(&near_resource::the()) {}
};

// first_nearby - one buffer for all, as one arena lives at a time; after that, memory of the system.
struct first_nearby : ptm::buffer_first<ptm::mmap_backend> {
    first_nearby() noexcept : buffer_first(ptm::pages{buffer_, sizeof buffer_}) {}

private:
    alignas(64) static inline std::byte buffer_[100'000];
};

// slices - of a static buffer: so that heaps, which are never told where their memory is, may have a buffer each.
class slices {
    static constexpr std::size_t count = 40;
    static constexpr std::size_t bytes = 8 << 20;

    alignas(64) static inline std::byte all_[count * bytes];
    static inline std::size_t taken_ = 0;

public:
    // next - that nobody has; {}: all are taken.
    static ptm::pages next() noexcept {
        if (taken_ == count) return {};
        return {all_ + taken_++ * bytes, bytes};
    }
};

// slice_backend - a slice, taken with the first obtain().
struct slice_backend : ptm::buffer_backend {
    constexpr slice_backend() noexcept = default;

    ptm::pages obtain(std::size_t bytes) noexcept {
        if (!frontier()) static_cast<ptm::buffer_backend&>(*this) = ptm::buffer_backend(slices::next());
        return ptm::buffer_backend::obtain(bytes);
    }
};

// slice_first - the first part of a slice, and after that memory of the system.
struct slice_first : ptm::buffer_first<ptm::mmap_backend> {
    constexpr slice_first() noexcept = default;

    std::size_t offered() const noexcept { return buffer() ? buffer_first::offered() : size; }

    ptm::pages take_offered() noexcept {
        if (!buffer()) static_cast<buffer_first&>(*this) = buffer_first(ptm::pages{slices::next().data, size});
        return buffer_first::take_offered();
    }

private:
    static constexpr std::size_t size = 1 << 20;
};

// in_turn - one thread at a time.
template <ptm::backend_policy B>
struct in_turn : B {
    using B::B;

    ptm::pages obtain(std::size_t bytes) noexcept {
        ptm::holding hold(lock_);
        return B::obtain(bytes);
    }
    bool give_back(ptm::pages run) noexcept {
        ptm::holding hold(lock_);
        return B::give_back(run);
    }
    ptm::pages remap(ptm::pages run, std::size_t bytes) noexcept
        requires(ptm::has(B::able, ptm::can::remap))
    {
        ptm::holding hold(lock_);
        return B::remap(run, bytes);
    }

private:
    ptm::spin_lock lock_{};
};

// purse - what all backends of the heaps may hand out: the compositions run one after the other.
inline constexpr int purse = 777;
using ration = ptm_test::ration<purse>;

template <class B>
using put_rationed_main = ptm::set_main_backend<ptm_test::rationed<B, purse>>;
template <class B>
using put_rationed_arena = ptm::set_arena_backend<ptm_test::rationed<B, purse>>;
template <class B>
using put_rationed_mapped = ptm::set_mapped_backend<ptm_test::rationed<B, purse>>;

} // namespace cover
