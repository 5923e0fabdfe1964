// expect: set_main_backend
// expect-anywhere: throwing
// expect-anywhere: b.obtain(bytes)
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct throwing : ptm::no_backend {
    ptm::pages obtain(std::size_t) { return {}; } // not noexcept
};

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_main_backend<throwing>> {};
