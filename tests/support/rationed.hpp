// support/rationed.hpp - backends that run out of memory all at once, while several threads use them.
//
// ration<I> is what all backends rationed<B, I> of one number may still hand out, whichever arena they belong to; give
// each test a number of its own. Thread-safe where B is.
#pragma once

#include <ptm/core/address.hpp>
#include <ptm/os/backend.hpp>
#include <ptm/os/reserve.hpp>
#include <ptm/thread/slab_shelves.hpp>

#include <atomic>
#include <cstddef>

namespace ptm_test {

template <int>
struct ration {
    static constexpr long unlimited = 1L << 40;

    static inline std::atomic<long> left = unlimited;  // calls for memory (obtain, remap) that will be served
    static inline std::atomic<std::size_t> served = 0; // and those that were
    static inline std::atomic<std::size_t> held = 0;   // bytes

    static bool take() noexcept {
        if (left.fetch_sub(1) > 0) return true;
        left.fetch_add(1);
        return false;
    }

    static ptm::pages count(ptm::pages got) noexcept {
        if (got) {
            served.fetch_add(1);
            held.fetch_add(got.bytes);
        }
        return got;
    }
};

// rationed - has every ability of B.
template <ptm::backend_policy B, int I>
struct rationed : B {
    using B::B;
    using all = ration<I>;

    ptm::pages obtain(std::size_t bytes) noexcept {
        return all::take() ? all::count(B::obtain(bytes)) : ptm::no_pages();
    }

    ptm::pages obtain_cleared(std::size_t bytes) noexcept
        requires(ptm::has(B::able, ptm::can::clears))
    {
        return all::take() ? all::count(B::obtain_cleared(bytes)) : ptm::no_pages();
    }

    ptm::pages take_offered() noexcept
        requires(ptm::has(B::able, ptm::can::offer))
    {
        return all::take() ? all::count(B::take_offered()) : ptm::pages{};
    }

    bool give_back(ptm::pages run) noexcept {
        if (!B::give_back(run)) return false;
        all::held.fetch_sub(run.bytes);
        return true;
    }

    std::size_t retreat(std::size_t bytes) noexcept
        requires(ptm::has(B::able, ptm::can::grow))
    {
        std::size_t released = B::retreat(bytes);
        all::held.fetch_sub(released);
        return released;
    }

    ptm::pages remap(ptm::pages run, std::size_t bytes) noexcept
        requires(ptm::has(B::able, ptm::can::remap))
    {
        ptm::pages moved = all::take() ? all::count(B::remap(run, bytes)) : ptm::no_pages();
        if (moved) all::held.fetch_sub(run.bytes);
        return moved;
    }

    bool move_to(ptm::pages run, std::byte* to) noexcept
        requires(ptm::has(B::able, ptm::can::move))
    {
        all::held.fetch_sub(run.bytes); // moved or not, as many are gone
        return B::move_to(run, to);
    }

    void release() noexcept
        requires(ptm::has(B::able, ptm::can::release))
    {
        if constexpr (ptm::has(B::able, ptm::can::locate))
            all::held.fetch_sub(ptm::bytes_between(B::base(), B::frontier()));
        B::release();
    }
};

static_assert(ptm::backend_policy<rationed<ptm::no_backend, 0>>);

// rationed_aside - the same, but what it hands out is in no books.
template <ptm::backend_policy B, int I>
struct rationed_aside : B {
    ptm::pages obtain(std::size_t bytes) noexcept { return ration<I>::take() ? B::obtain(bytes) : ptm::no_pages(); }
};

// rationed_slabs - of blocks without headers, 4 MiB at most.
template <int I>
using rationed_slabs = ptm::headerless_slabs<rationed_aside<ptm::reserve_backend<(std::size_t{4} << 20)>, I>,
                                             rationed_aside<ptm::reserve_backend<65536>, I>>;

} // namespace ptm_test
