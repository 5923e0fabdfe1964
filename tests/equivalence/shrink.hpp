// shrink.hpp - the shortest trace found that still shows a difference.
//
// Steps are taken out in ever smaller chunks while some difference remains; not necessarily the same one. What is
// left out may make other steps meaningless (a free of a block never taken): the player skips those.
#pragma once

#include <cstddef>
#include <string>

#include "runner.hpp"

namespace equivalence {

// Meanwhile the player looks at mallinfo2 after every step: a difference that only those numbers show is then seen
// where it arises, and not where the number of the step happens to be round.
constexpr unsigned info_while_shrinking = 1;

struct shrunk {
    lines steps;
    std::size_t tries = 0;
    bool gave_up = false; // the time was over before no single step could be left out any more

    std::string text() const;
};

shrunk shrink(const laboratory& lab, const lines& environment, const std::string& trace, unsigned seconds);

} // namespace equivalence
