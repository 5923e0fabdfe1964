// expect: set_poisoning
// expect-anywhere: half_told
// expect-anywhere: reach
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct half_told {
    static constexpr bool works = true;
    static constexpr bool poisons = true;
    struct at_work {};
    static void hide(void*, unsigned long) noexcept {}
    static void expose(void*, unsigned long) noexcept {}
    static void define(void*, unsigned long) noexcept {}
};

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_poisoning<half_told>> {};
