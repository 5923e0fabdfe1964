// expect: set_mapped_backend
// expect-anywhere: boaster
// expect-anywhere: keeps_pages
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct boaster : ptm::no_backend {
    static constexpr ptm::can able = ptm::can::keep | ptm::can::release; // but there is no drop_kept()
};

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_mapped_backend<boaster>> {};
