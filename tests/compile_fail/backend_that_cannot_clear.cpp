// expect: set_mapped_backend
// expect-anywhere: boaster
// expect-anywhere: clears_pages
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct boaster : ptm::no_backend {
    static constexpr ptm::can able = ptm::can::clears | ptm::can::release; // but there is no obtain_cleared()
};

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_mapped_backend<boaster>> {};
