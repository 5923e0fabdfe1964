// expect: set_main_backend
// expect-anywhere: odd_pages
// expect-anywhere: is_power_of_two
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct odd_pages : ptm::no_backend {
    static constexpr std::size_t page_bytes() noexcept { return 3000; }
};

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_main_backend<odd_pages>> {};
