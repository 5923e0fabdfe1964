// arena/common_source.hpp - one backend that several arenas take their memory from, under a lock and a common limit.
//
// The source stands somewhere alone; each arena has a from_common, which is a reference to it.
#pragma once

#include <cstddef>
#include <cstdint>

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
    relaxed<bool> refused = false;         // because of the limit

    constexpr common_source() noexcept = default;
    constexpr explicit common_source(const B& from) noexcept : backend_(from) {}

    pages obtain(std::size_t bytes) noexcept {
        holding hold(lock_);
        if (held > limit || bytes > limit - held) {
            refused = true;
            return no_pages();
        }
        pages run = backend_.obtain(bytes);
        if (run) held.add(run.bytes);
        return run;
    }

    bool give_back(pages run) noexcept {
        holding hold(lock_);
        if (!backend_.give_back(run)) return false;
        held.subtract(run.bytes);
        return true;
    }

    B& backend() noexcept { return backend_; }
};

// from_common - as thread-safe as the source's lock; what it obtains, any other of the source may give back.
template <backend_policy B, lock_policy Lock>
class from_common {
    common_source<B, Lock>* source_ = nullptr;

public:
    static constexpr can able = B::able & can::zeroed;
    static std::size_t page_bytes() noexcept { return B::page_bytes(); }

    constexpr from_common() noexcept = default; // of no source: every obtain() fails
    constexpr explicit from_common(common_source<B, Lock>& source) noexcept : source_(&source) {}

    pages obtain(std::size_t bytes) noexcept { return source_ ? source_->obtain(bytes) : no_pages(); }
    bool give_back(pages run) noexcept { return source_->give_back(run); }
};

static_assert(backend_policy<from_common<no_backend, no_lock>>);

} // namespace ptm
