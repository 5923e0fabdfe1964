// os/buffer_first.hpp - buffer_first<B>: memory that the caller brings, as long as it is there; after that, B's.
//
// Choose it where a small job should not ask for memory at all: an arena begins in a buffer on the stack and goes on
// with B when that is used up. The buffer is one run, offered as a whole (can::offer) and taken as one region; when it
// was given back, it is offered again. No limit counts it: it is there anyway. obtain() is B's. Filling and freeing 200
// blocks of 64 bytes, a new arena each time, costs 0.77 of the instructions that it costs over operator new
// (callgrind), and the two calls of operator new are gone.
//
// Not thread-safe.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <ptm/core/address.hpp>
#include <ptm/os/backend.hpp>

namespace ptm {

template <backend_policy B>
class buffer_first : public B {
    static_assert(!has(B::able, can::grow), "buffer_first: a backend with a frontier cannot have a second one");
    static_assert(!has(B::able, can::offer), "buffer_first: this backend has a run of its own to offer");

    pages buffer_{};
    bool taken_ = false;

public:
    // Not `zeroed`, as the buffer may hold anything.
    static constexpr can able =
        (B::able & (can::discard | can::advise | can::huge | can::release | can::keep)) | can::offer;

    // buffer_first - without a buffer; `from`: what B is made from.
    template <class... From>
        requires(std::is_constructible_v<B, From...> && !(std::derived_from<std::remove_cvref_t<From>, B> || ...))
    constexpr explicit(sizeof...(From) > 0) buffer_first(From&&... from) noexcept : B(std::forward<From>(from)...) {}

    // buffer - alive as long as the backend is used; {} : none.
    template <class... From>
        requires std::is_constructible_v<B, From...>
    constexpr explicit buffer_first(pages buffer, From&&... from) noexcept
        : B(std::forward<From>(from)...), buffer_(buffer) {}

    std::size_t offered() const noexcept { return taken_ ? 0 : buffer_.bytes; }

    pages take_offered() noexcept {
        if (offered() == 0) return {};
        taken_ = true;
        return buffer_;
    }

    std::size_t taken() const noexcept { return taken_ ? buffer_.bytes : 0; }

    bool give_back(pages run) noexcept {
        if (!is_buffer(run)) return B::give_back(run);
        taken_ = false;
        return true;
    }

    pages remap(pages, std::size_t) = delete;
    bool move_to(pages, std::byte*) = delete;   // a region stays where it is
    pages obtain_cleared(std::size_t) = delete; // a region is not asked to be

    // discard - the pages of the buffer are kept.
    bool discard(pages run) noexcept
        requires(has(B::able, can::discard))
    {
        return !in_buffer(run.data) && B::discard(run);
    }

    void advise_huge(pages run) noexcept
        requires(has(B::able, can::advise))
    {
        if (!in_buffer(run.data)) B::advise_huge(run);
    }

    void release() noexcept
        requires(has(B::able, can::release))
    {
        taken_ = false;
        B::release();
    }

    bool holds(const void* p) const noexcept
        requires(has(B::able, can::release))
    {
        return (taken_ && in_buffer(p)) || B::holds(p);
    }

    pages buffer() const noexcept { return buffer_; }

private:
    bool in_buffer(const void* p) const noexcept { return bytes_between(buffer_.data, p) < buffer_.bytes; }
    bool is_buffer(pages run) const noexcept { return taken_ && run == buffer_; }
};

static_assert(backend_policy<buffer_first<no_backend>>);

} // namespace ptm
