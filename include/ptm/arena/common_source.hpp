// arena/common_source.hpp - one backend that several arenas take their memory from, under a lock and a common limit.
//
// The source stands somewhere alone; each arena has a from_common, which is a reference to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <utility>

#include <ptm/core/relaxed.hpp>
#include <ptm/os/backend.hpp>
#include <ptm/sync/lock.hpp>

namespace ptm {

template <backend_policy B, lock_policy Lock>
class common_source {
    static_assert(!has(B::able, can::grow), "common_source: a backend with a frontier cannot serve several arenas");

    [[no_unique_address]] B backend_;
    [[no_unique_address]] Lock lock_;

public:
    relaxed<std::size_t> held = 0;         // bytes handed out
    relaxed<std::size_t> limit = SIZE_MAX; // never more. Bytes

    constexpr common_source() noexcept = default;
    constexpr explicit common_source(const B& from) noexcept : backend_(from) {}

    // obtain - when it fails, each arena has its own reasons.
    //   refused  set to true: because of the limit
    //   failure  set to what the backend keeps of an exception
    pages obtain(std::size_t bytes, bool& refused, std::exception_ptr& failure) noexcept {
        holding hold(lock_);
        if (held > limit || bytes > limit - held) {
            refused = true;
            return no_pages();
        }
        pages run = backend_.obtain(bytes);
        if (run)
            held.add(run.bytes);
        else
            failure = detail::take_failure(backend_);
        return run;
    }

    bool give_back(pages run) noexcept {
        holding hold(lock_);
        if (!backend_.give_back(run)) return false;
        held.subtract(run.bytes);
        return true;
    }

    // offered, take_offered, return_offered - what the backend has to offer: not counted, and no limit applies.
    std::size_t offered() noexcept {
        holding hold(lock_);
        return backend_.offered();
    }
    pages take_offered() noexcept {
        holding hold(lock_);
        return backend_.take_offered();
    }
    bool return_offered(pages run) noexcept {
        holding hold(lock_);
        return backend_.give_back(run);
    }

    B& backend() noexcept { return backend_; }
};

// from_common - as thread-safe as the source's lock; what it obtains, any other of the source may give back.
template <backend_policy B, lock_policy Lock>
class from_common {
    static constexpr bool offers = has(B::able, can::offer);

    common_source<B, Lock>* source_ = nullptr;
    bool refused_ = false;
    std::exception_ptr failure_{};
    pages taken_{}; // the offer, if it is this arena's

public:
    static constexpr can able = B::able & (can::zeroed | can::offer);
    static std::size_t page_bytes() noexcept { return B::page_bytes(); }

    constexpr from_common() noexcept = default; // of no source: every obtain() fails
    constexpr explicit from_common(common_source<B, Lock>& source) noexcept : source_(&source) {}

    pages obtain(std::size_t bytes) noexcept {
        if (failure_) failure_ = nullptr;
        return source_ ? source_->obtain(bytes, refused_, failure_) : no_pages();
    }

    bool give_back(pages run) noexcept {
        if constexpr (offers)
            if (taken_ && run == taken_) {
                taken_ = {};
                return source_->return_offered(run);
            }
        return source_->give_back(run);
    }

    std::size_t offered() const noexcept
        requires(offers)
    {
        return source_ ? source_->offered() : 0;
    }
    pages take_offered() noexcept
        requires(offers)
    {
        return source_ ? taken_ = source_->take_offered() : pages{};
    }
    std::size_t taken() const noexcept
        requires(offers)
    {
        return taken_.bytes;
    }

    // take_refusal - has the limit of the source refused memory since this was asked last?
    bool take_refusal() noexcept { return std::exchange(refused_, false); }

    // take_failure - what the backend threw in the last call of obtain() here, once; nullptr: nothing.
    std::exception_ptr take_failure() noexcept { return std::exchange(failure_, nullptr); }
};

static_assert(backend_policy<from_common<no_backend, no_lock>>);

} // namespace ptm
