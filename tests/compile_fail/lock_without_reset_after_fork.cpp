// expect: set_lock
// expect-anywhere: careless_lock
// expect-anywhere: reset_after_fork
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct careless_lock { // a child of fork would wait for ever
    void lock() noexcept {}
    bool try_lock() noexcept { return true; }
    void unlock() noexcept {}
};

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_lock<careless_lock>> {};
