// os/decorated.hpp - backends around a backend: counted<B> keeps the books, failing<B> runs out on command, told<B, F>
// calls a function.
//
// A decorator has every ability of B, because it is a B. Each forwards only what B has.
#pragma once

#include <cerrno>
#include <cstddef>
#include <utility>

#include <ptm/core/units.hpp>
#include <ptm/os/backend.hpp>

namespace ptm {

// counted - counts calls and the bytes held. Everything given back means bytes_held == 0.
template <backend_policy B>
struct counted : B {
    using B::B;

    std::size_t bytes_held = 0;
    std::size_t most_bytes_held = 0;
    std::size_t calls = 0; // obtain and its like, give_back, retreat, remap, move_to

    pages obtain(std::size_t bytes) noexcept { return take(B::obtain(bytes)); }

    pages obtain_huge(std::size_t bytes, std::size_t page_bytes) noexcept
        requires(has(B::able, can::huge))
    {
        return take(B::obtain_huge(bytes, page_bytes));
    }

    pages obtain_cleared(std::size_t bytes) noexcept
        requires(has(B::able, can::clears))
    {
        return take(B::obtain_cleared(bytes));
    }

    pages take_offered() noexcept
        requires(has(B::able, can::offer))
    {
        return take(B::take_offered());
    }

    bool give_back(pages run) noexcept {
        ++calls;
        if (!B::give_back(run)) return false;
        bytes_held -= run.bytes;
        return true;
    }

    std::size_t retreat(std::size_t bytes) noexcept
        requires(has(B::able, can::grow))
    {
        ++calls;
        std::size_t released = B::retreat(bytes);
        bytes_held -= released;
        return released;
    }

    pages remap(pages run, std::size_t bytes) noexcept
        requires(has(B::able, can::remap))
    {
        ++calls;
        pages moved = B::remap(run, bytes);
        if (moved) {
            bytes_held -= run.bytes;
            hold(moved.bytes);
        }
        return moved;
    }

    bool move_to(pages run, std::byte* to) noexcept
        requires(has(B::able, can::move))
    {
        ++calls;
        bytes_held -= run.bytes; // in both cases: as many are gone
        return B::move_to(run, to);
    }

    void release() noexcept
        requires(releases_pages<B>)
    {
        B::release();
        bytes_held = 0;
    }

private:
    pages take(pages got) noexcept {
        ++calls;
        hold(got.bytes);
        return got;
    }

    void hold(std::size_t bytes) noexcept {
        bytes_held += bytes;
        if (bytes_held > most_bytes_held) most_bytes_held = bytes_held;
    }
};

// failing - refuses as told: for tests of what happens when memory runs out.
//
//   grant(n)   the next n calls that ask for memory (obtain and its like, remap) may succeed, every later one fails
//   refuse     what fails besides: give_back, retreat, move_to and discard, when `stubborn` is set
template <backend_policy B>
struct failing : B {
    using B::B;
    static constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

    std::size_t asked = 0; // calls that asked for memory so far
    bool stubborn = false;

    void grant(std::size_t n) noexcept { granted_ = n; }

    pages obtain(std::size_t bytes) noexcept { return may_serve() ? B::obtain(bytes) : no_pages(); }

    pages obtain_huge(std::size_t bytes, std::size_t page_bytes) noexcept
        requires(has(B::able, can::huge))
    {
        return may_serve() ? B::obtain_huge(bytes, page_bytes) : no_pages();
    }

    pages obtain_cleared(std::size_t bytes) noexcept
        requires(has(B::able, can::clears))
    {
        return may_serve() ? B::obtain_cleared(bytes) : no_pages();
    }

    pages take_offered() noexcept
        requires(has(B::able, can::offer))
    {
        return may_serve() ? B::take_offered() : pages{};
    }

    bool give_back(pages run) noexcept { return !stubborn && B::give_back(run); }

    std::size_t retreat(std::size_t bytes) noexcept
        requires(has(B::able, can::grow))
    {
        return stubborn ? 0 : B::retreat(bytes);
    }

    pages remap(pages run, std::size_t bytes) noexcept
        requires(has(B::able, can::remap))
    {
        return may_serve() ? B::remap(run, bytes) : no_pages();
    }

    bool move_to(pages run, std::byte* to) noexcept
        requires(has(B::able, can::move))
    {
        if (!stubborn) return B::move_to(run, to);
        B::give_back({to, run.bytes});
        errno = EFAULT;
        return false;
    }

    bool discard(pages run) noexcept
        requires(has(B::able, can::discard))
    {
        return !stubborn && B::discard(run);
    }

private:
    std::size_t granted_ = unlimited;

    bool may_serve() noexcept {
        ++asked;
        if (granted_ == unlimited) return true;
        if (granted_ == 0) return false;
        --granted_;
        return true;
    }
};

// told - calls Tell() when the frontier has moved up, and when it was to move down.
template <backend_policy B, void (*Tell)() noexcept>
    requires(has(B::able, can::grow))
struct told : B {
    using B::B;

    // Not defaulted: GCC 12 leaves what holds one of these all zero, whatever its initialiser says, if B is empty.
    constexpr told() noexcept {}

    pages obtain(std::size_t bytes) noexcept {
        pages run = B::obtain(bytes);
        if (run) Tell();
        return run;
    }

    std::size_t retreat(std::size_t bytes) noexcept {
        std::size_t released = B::retreat(bytes);
        Tell();
        return released;
    }
};

static_assert(backend_policy<counted<no_backend>> && backend_policy<failing<no_backend>>);

} // namespace ptm
