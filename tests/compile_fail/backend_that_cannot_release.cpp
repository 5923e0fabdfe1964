// expect: set_main_backend
// expect-anywhere: boaster
// expect-anywhere: releases_pages
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct boaster {
    static constexpr ptm::can able = ptm::can::release; // but there is no release()
    static constexpr std::size_t page_bytes() noexcept { return 4096; }
    ptm::pages obtain(std::size_t) noexcept { return {}; }
    bool give_back(ptm::pages) noexcept { return true; }
};

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_main_backend<boaster>> {};
