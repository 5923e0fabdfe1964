// expect: set_lock
// expect-anywhere: throwing_lock
// expect-anywhere: lock()
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct throwing_lock {
    void lock() {} // not noexcept
    bool try_lock() noexcept { return true; }
    void unlock() noexcept {}
    void reset_after_fork() noexcept {}
};

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_lock<throwing_lock>> {};
