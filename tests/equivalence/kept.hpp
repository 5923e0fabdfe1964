// kept.hpp - logs kept in the repository, for systems whose own malloc is not the one ptm rebuilds.
//
// Whole logs would be too large. A kept log is the recipe of its trace, the settings, a hash of the trace (so a changed
// generator is not taken for a changed allocator), the number of lines, a hash of them all and one, cut to 32 bits, of
// every hundred lines, which tells where to look. Short logs are kept whole, behind a line that says "log".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "runner.hpp"
#include "suites.hpp"

namespace equivalence {

constexpr std::size_t lines_in_block = 100;

struct kept_log {
    test_case of;
    std::uint64_t trace_hash = 0;
    std::size_t line_count = 0;
    std::uint64_t whole = 0;
    std::vector<std::uint32_t> blocks;
    lines full; // of short logs only

    std::string text() const;
};

kept_log digest(const test_case& of, const std::string& trace, const lines& log, bool keep_full);

// read_kept - of a file's text.
kept_log read_kept(const std::string& text);

struct kept_comparison {
    std::size_t compared = 0, differing_blocks = 0;
    std::size_t first_line = 0; // of the first block that differs, counted from 0
    bool same_trace = true;

    bool equal() const { return same_trace && differing_blocks == 0; }
};

kept_comparison compare(const kept_log& kept, const std::string& trace, const lines& log);

} // namespace equivalence
