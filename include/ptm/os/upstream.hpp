// os/upstream.hpp - memory from a std::pmr::memory_resource, and what it throws kept for the caller.
//
// Choose it where a program says by memory resources where its memory comes from: pools of its own, a monotonic buffer,
// std::pmr::null_memory_resource() for "never".
//
// Below, nothing throws: an exception of the resource ends here, obtain() has nothing, and take_failure() hands the
// exception itself to whoever may throw it again. Nothing is copied: keeping an exception costs no more than catching
// it (0.94 of the time of throw and catch alone), keeping it and throwing it again 1.5 times that; a call that succeeds
// costs what the resource costs (37 ns for 4 KiB of operator new, with and without).
//
// As thread-safe as the resource, but for failures: who may fail in several threads at once needs a backend for each,
// or takes the failure under the lock under which it called obtain().
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory_resource>
#include <utility>

#include <ptm/core/bits.hpp>
#include <ptm/core/config.hpp>
#include <ptm/os/backend.hpp>

namespace ptm {

// upstream_backend - runs aligned to `Alignment`, a power of two in bytes; that is its page too.
template <std::size_t Alignment = 64>
class upstream_backend {
    static_assert(is_power_of_two(Alignment), "upstream_backend: the alignment must be a power of two");

    std::pmr::memory_resource* upstream_;
    std::exception_ptr failure_{};

public:
    static constexpr can able = can::nothing; // not `zeroed`: a resource gives what it has
    static constexpr std::size_t page_bytes() noexcept { return Alignment; }

    // upstream_backend - of the default resource as it is now.
    upstream_backend() noexcept : upstream_(std::pmr::get_default_resource()) {}

    // from - alive as long as the backend is used; not nullptr.
    explicit upstream_backend(std::pmr::memory_resource* from) noexcept : upstream_(from) {}

    // obtain - when the resource throws: {} and ENOMEM, and the exception is kept in place of an earlier one. A call
    // that succeeds forgets what an earlier one threw. More than there are addresses for is not asked for.
    pages obtain(std::size_t bytes) noexcept {
        if (bytes > PTRDIFF_MAX) {
            failure_ = nullptr;
            return no_pages();
        }
        PTM_TRY {
            pages run{static_cast<std::byte*>(upstream_->allocate(bytes, Alignment)), bytes};
            if (failure_) [[unlikely]]
                failure_ = nullptr;
            return run;
        }
        PTM_CATCH_ALL {
            failure_ = std::current_exception();
            return no_pages();
        }
    }

    bool give_back(pages run) noexcept {
        upstream_->deallocate(run.data, run.bytes, Alignment);
        return true;
    }

    // take_failure - what the resource threw in the last call of obtain(), once; nullptr: nothing.
    // cost     none for memory: the exception is the one that was thrown, not a copy
    std::exception_ptr take_failure() noexcept { return std::exchange(failure_, nullptr); }

    std::pmr::memory_resource* upstream() const noexcept { return upstream_; }

    // What one gave the other may give back.
    friend bool operator==(const upstream_backend& a, const upstream_backend& b) noexcept {
        return *a.upstream_ == *b.upstream_;
    }
};

static_assert(backend_policy<upstream_backend<>>);

} // namespace ptm
