// core/errno_guard.hpp - errno survives a successful call.
#pragma once

#include <cerrno>

namespace ptm {

// errno_guard - puts errno back to what it was at construction, unless told that the call failed.
class errno_guard {
    int saved_ = errno;
    bool armed_ = true;

public:
    errno_guard() noexcept = default;
    errno_guard(const errno_guard&) = delete;
    errno_guard& operator=(const errno_guard&) = delete;
    ~errno_guard() {
        if (armed_) errno = saved_;
    }

    // The call failed: leave errno as it is now.
    void dismiss() noexcept { armed_ = false; }
};

} // namespace ptm
