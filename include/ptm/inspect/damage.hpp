// inspect/damage.hpp - damage to a heap as a C++ exception, for configurations whose reporter is throwing_reporter.
//
//   CHECK_THROWS_AS(ptm::damage_thrown([&] { heap.free(p); heap.free(p); }), ptm::damage);
//
// Works under GCC and Clang, in any number of threads, each with scopes of its own, which may be nested.
#pragma once

#include <csetjmp>
#include <exception>
#include <utility>

#include <ptm/report/throwing_reporter.hpp>

namespace ptm {

// damage - what was found, and where.
class damage : public std::exception {
    fault kind_;
    const void* where_;

public:
    damage(fault kind, const void* where) noexcept : kind_(kind), where_(where) {}

    const char* what() const noexcept override { return sentence(kind_).data(); } // ends with a zero: a literal
    fault kind() const noexcept { return kind_; }
    const void* where() const noexcept { return where_; } // the chunk, link or block in question; may be no address
};

// damage_thrown - act(), and what it returns.
//
//   throws   damage, if a heap found some in this thread meanwhile; what act throws itself
//
// Functions between the heap and here are left without destroying their objects: let act do little. The damaged heap
// must not be used any more, nor another one that this thread was in the midst of: their locks stay held.
template <class Act>
decltype(auto) damage_thrown(Act&& act) {
    landing here;
    if (sigsetjmp(here.way_out, 0) != 0) throw damage(here.kind, here.where);
    return std::forward<Act>(act)();
}

} // namespace ptm
