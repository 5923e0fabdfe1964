// compare.cpp - see compare.hpp.
#include "compare.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace equivalence {
namespace {

constexpr std::size_t lines_before = 5;

void show_line(const char* label, const lines& log, std::size_t i) {
    std::printf("  %-8s %s\n", label, i < log.size() ? log[i].c_str() : "(no such line)");
}

void show_complaints(const char* label, const outcome& o) {
    if (!o.complaints.empty()) std::printf("  %s wrote: %s\n", label, o.complaints.c_str());
}

} // namespace

comparison compare(const lines& one, const lines& other) {
    comparison c;
    c.compared = std::max(one.size(), other.size());
    for (std::size_t i = 0; i < c.compared; ++i) {
        const bool same = i < one.size() && i < other.size() && one[i] == other[i];
        if (same) continue;
        if (c.differing++ == 0) c.first = i;
    }
    return c;
}

void show_difference(const comparison& c, const outcomes& both) {
    const lines plain = both.plain.evidence(), tested = both.tested.evidence();
    const std::size_t from = c.first < lines_before ? 0 : c.first - lines_before;
    for (std::size_t i = from; i < c.first; ++i) show_line("", plain, i);
    show_line("plain:", plain, c.first);
    show_line("preload:", tested, c.first);
    show_complaints("plain", both.plain);
    show_complaints("preload", both.tested);
}

std::size_t step_of(const std::string& line) { return std::strtoull(line.c_str(), nullptr, 10); }

} // namespace equivalence
