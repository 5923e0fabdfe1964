// expect: set_reporter
// expect-anywhere: mute
// expect-anywhere: R::fatal(f, where)
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct mute {
    static void report(ptm::fault, const void*) noexcept {}
};

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_reporter<mute>> {};
