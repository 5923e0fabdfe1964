// check/check_set.hpp - which integrity checks are compiled in: a set of faults that adds and subtracts.
//
//   static constexpr auto checked = checks::glibc_2_36 - checks::of(fault::corrupted_top_size);
//
// A check that is not in the set costs no instruction.
#pragma once

#include <cstdint>
#include <initializer_list>

#include <ptm/core/config.hpp>
#include <ptm/report/fault.hpp>

namespace ptm {

struct check_set {
    std::uint64_t members = 0; // bit i: fault i is looked for

    constexpr check_set operator+(check_set o) const noexcept { return {members | o.members}; }
    constexpr check_set operator-(check_set o) const noexcept { return {members & ~o.members}; }
    constexpr bool operator()(fault f) const noexcept { return (members >> static_cast<unsigned>(f) & 1) != 0; }
    constexpr bool operator==(const check_set&) const noexcept = default;
};

static_assert(static_cast<unsigned>(fault::count) <= 64);

namespace checks {

template <class... F>
constexpr check_set of(F... faults) noexcept {
    return {((std::uint64_t{1} << static_cast<unsigned>(faults)) | ... | 0)};
}

inline constexpr check_set none{};
inline constexpr check_set all{(std::uint64_t{1} << static_cast<unsigned>(fault::count)) - 1};

// What each version looks for.
inline constexpr check_set glibc_2_42 = all;
inline constexpr check_set glibc_2_36 = glibc_2_42
    - of(fault::free_corrupted_small, fault::fast_wrong_bin_stashing, fault::large_skip_links_disagree_at_end);

// None of them was added after 2.33.
inline constexpr check_set glibc_2_33 = glibc_2_36;

} // namespace checks

namespace detail {
template <class C>
[[noreturn]] PTM_COLD void raise(fault f, const void* where) noexcept {
    C::reporter::fatal(f, where);
    __builtin_trap(); // a reporter came back; the heap must not be used any more
}
}

// expect - reports fault F unless `holds`, if C looks for it. `holds` must have no side effect.
template <class C, fault F>
PTM_ALWAYS_INLINE void expect(bool holds, const void* where) noexcept {
    if constexpr (C::checked(F))
        if (!holds) [[unlikely]]
            detail::raise<C>(F, where);
}

} // namespace ptm
