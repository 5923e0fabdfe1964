// expect: set_observer
// expect-anywhere: half_blind
// expect-anywhere: events::consolidated
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct half_blind {
    void operator()(const ptm::events::allocated&) noexcept {}
    void operator()(const ptm::events::freed&) noexcept {}
    void operator()(const ptm::events::system_grew&) noexcept {}
    void operator()(const ptm::events::system_shrank&) noexcept {} // but not consolidated
};

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_observer<half_blind>> {};
