// core/relaxed.hpp - a number that several threads read and write where only its own value matters.
//
// Thread-safe; every access is a relaxed atomic one, which on the usual machines is a plain load or store.
#pragma once

#include <atomic>

namespace ptm {

template <class T>
class relaxed {
    std::atomic<T> value_{};

public:
    constexpr relaxed() noexcept = default;
    constexpr relaxed(T value) noexcept : value_(value) {}
    relaxed(const relaxed&) = delete;

    operator T() const noexcept { return value_.load(std::memory_order_relaxed); }
    T operator=(T value) noexcept {
        value_.store(value, std::memory_order_relaxed);
        return value;
    }

    // add, subtract - read-modify-write; return the new value.
    T add(T n) noexcept { return static_cast<T>(value_.fetch_add(n, std::memory_order_relaxed) + n); }
    T subtract(T n) noexcept { return static_cast<T>(value_.fetch_sub(n, std::memory_order_relaxed) - n); }

    // raise_to - the larger of the value and `n`, also when others raise it at the same time.
    void raise_to(T n) noexcept {
        T seen = value_.load(std::memory_order_relaxed);
        while (seen < n && !value_.compare_exchange_weak(seen, n, std::memory_order_relaxed)) {}
    }
};

} // namespace ptm
