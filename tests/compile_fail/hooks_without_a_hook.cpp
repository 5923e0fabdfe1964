// expect: set_hooks
// expect-anywhere: half_hooked
// expect-anywhere: on_memalign
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct half_hooked {
    static ptm::malloc_hook on_malloc() noexcept { return nullptr; }
    static ptm::realloc_hook on_realloc() noexcept { return nullptr; }
    static ptm::free_hook on_free() noexcept { return nullptr; }
    static void set_up() noexcept {} // but not on_memalign
};

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_hooks<half_hooked>> {};
