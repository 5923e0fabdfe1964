// expect: set_main_backend
// expect-anywhere: growing
// expect-anywhere: grows_pages
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct growing : ptm::no_backend {
    static constexpr ptm::can able = ptm::can::grow; // but there is no frontier()
};

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_main_backend<growing>> {};
