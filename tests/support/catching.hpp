// support/catching.hpp - faults as values: catching_reporter for a configuration, fault_of() around what raises one.
//
// The faulting call is left by a jump: locks that it holds stay held. Each thread catches its own.
#pragma once

#include <ptm/inspect/damage.hpp>

#include <string_view>

namespace ptm_test {

using catching_reporter = ptm::throwing_reporter;

// fault_of - the sentence of the fault that `act` raises; "none" if it raises none.
template <class Act>
std::string_view fault_of(Act act) {
    try {
        ptm::damage_thrown(act);
        return "none";
    } catch (const ptm::damage& d) {
        return ptm::sentence(d.kind());
    }
}

} // namespace ptm_test
