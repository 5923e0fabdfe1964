// expect: set_main_backend
// expect-anywhere: boaster
// expect-anywhere: discards_pages
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct boaster : ptm::no_backend {
    static constexpr ptm::can able = ptm::can::discard | ptm::can::release; // but there is no discard()
};

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_main_backend<boaster>> {};
