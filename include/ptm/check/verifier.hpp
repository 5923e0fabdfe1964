// check/verifier.hpp - remembers the first invariant that does not hold.
#pragma once

namespace ptm::detail {

class verifier {
    const char* broken_ = nullptr;

public:
    // must - `invariant`, a sentence that lives as long as this, is what is said if `holds` is false.
    void must(bool holds, const char* invariant) noexcept {
        if (!holds && !broken_) broken_ = invariant;
    }
    bool gave_up() const noexcept { return broken_ != nullptr; }

    // verdict - nullptr: all did.
    const char* verdict() const noexcept { return broken_; }
};

} // namespace ptm::detail
