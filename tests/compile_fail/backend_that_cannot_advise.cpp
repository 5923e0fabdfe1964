// expect: set_main_backend
// expect-anywhere: boaster
// expect-anywhere: advises_pages
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct boaster : ptm::no_backend {
    static constexpr ptm::can able = ptm::can::advise | ptm::can::release; // but there is no advise_huge()
};

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_main_backend<boaster>> {};
