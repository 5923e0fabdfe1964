// sync/lock.hpp - CONCEPT lock_policy, its emptiest model no_lock, and the scope that holds a lock.
//
// Every lock here is constant-initialised and trivially destructible, so that it works before constructors and after
// destructors; none allocates; none is recursive.
#pragma once

#include <concepts>
#include <type_traits>

namespace ptm {

template <class L>
concept lock_policy =
    std::is_nothrow_default_constructible_v<L> && std::is_trivially_destructible_v<L> && requires(L l) {
        { l.lock() } noexcept -> std::same_as<void>;
        { l.try_lock() } noexcept -> std::same_as<bool>;
        { l.unlock() } noexcept -> std::same_as<void>;
        { l.reset_after_fork() } noexcept -> std::same_as<void>; // in the child of fork: one thread is left
    };

// no_lock - for what only one thread touches.
struct no_lock {
    void lock() noexcept {}
    bool try_lock() noexcept { return true; }
    void unlock() noexcept {}
    void reset_after_fork() noexcept {}
};

static_assert(lock_policy<no_lock> && std::is_empty_v<no_lock>);

// already_held - says to holding that the lock was taken before.
struct already_held {};

// holding - holds a lock for a scope.
template <lock_policy L>
class [[nodiscard]] holding {
    L& lock_;

public:
    explicit holding(L& lock) noexcept : lock_(lock) { lock_.lock(); }
    holding(L& lock, already_held) noexcept : lock_(lock) {}
    holding(const holding&) = delete;
    holding& operator=(const holding&) = delete;
    ~holding() { lock_.unlock(); }
};

} // namespace ptm
