// examples.cpp - see examples.hpp.
#include "examples.hpp"

#include <algorithm>

#include "compare.hpp"

namespace equivalence {
namespace {

std::string trimmed(const std::string& text) {
    const std::size_t from = text.find_first_not_of(" \t\r");
    if (from == std::string::npos) return {};
    return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

lines pieces(const std::string& expectations) {
    lines all;
    for (std::size_t from = 0; from <= expectations.size();) {
        const std::size_t end = std::min(expectations.find(';', from), expectations.size());
        const std::string piece = trimmed(expectations.substr(from, end - from));
        if (!piece.empty()) all.push_back(piece);
        from = end + 1;
    }
    return all;
}

bool says(const std::string& line, const std::string& piece) {
    return (" " + line + " ").find(" " + piece + " ") != std::string::npos;
}

lines lines_of_step(const lines& log, std::size_t step) {
    lines of_it;
    for (const std::string& line : log) {
        if (step_of(line) == step) of_it.push_back(line);
    }
    return of_it;
}

std::string complaint(const std::string& step, const std::string& piece, const lines& said) {
    std::string text = "  step: " + step + "\n  expected: " + piece + "\n";
    for (const std::string& line : said) text += "  found:    " + line + "\n";
    return text;
}

} // namespace

example_result check_example(const std::string& trace, const outcome& o) {
    example_result result;
    if (o.ending != "exited 0") result.failures.push_back("  the player " + o.ending + "\n" + o.complaints);
    std::size_t step = 0;
    for (const std::string& line : split(trace)) {
        const std::string text = trimmed(line.substr(0, line.find('#')));
        if (text.empty()) continue;
        ++step;
        const std::size_t arrow = text.find("=>");
        if (arrow == std::string::npos) continue;
        const lines said = lines_of_step(o.log, step);
        for (const std::string& piece : pieces(text.substr(arrow + 2))) {
            ++result.expectations;
            const bool found = std::any_of(said.begin(), said.end(), [&](const auto& l) { return says(l, piece); });
            if (!found) result.failures.push_back(complaint(text, piece, said));
        }
    }
    return result;
}

} // namespace equivalence
