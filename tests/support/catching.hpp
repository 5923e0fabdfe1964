// support/catching.hpp - faults as values: catching_reporter for a configuration, fault_of() around what raises one.
//
// The faulting call is left by longjmp: locks that it holds stay held. Not thread-safe.
#pragma once

#include <ptm/report/reporter.hpp>

#include <csetjmp>
#include <string_view>

namespace ptm_test {

struct catching;
using catching_reporter = ptm::handler_reporter<catching>;

namespace detail {
inline std::jmp_buf way_out;
inline ptm::fault seen = ptm::fault::count;

[[noreturn]] inline void leave(ptm::fault f, const void*) {
    seen = f;
    std::longjmp(way_out, 1);
}
}

// fault_of - the sentence of the fault that `act` raises; "none" if it raises none.
template <class Act>
std::string_view fault_of(Act act) {
    detail::seen = ptm::fault::count;
    catching_reporter::set(detail::leave);
    if (setjmp(detail::way_out) == 0) act();
    catching_reporter::set(nullptr);
    return detail::seen == ptm::fault::count ? "none" : ptm::sentence(detail::seen);
}

} // namespace ptm_test
