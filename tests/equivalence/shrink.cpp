// shrink.cpp - see shrink.hpp.
#include "shrink.hpp"

#include <algorithm>
#include <chrono>

#include "compare.hpp"

namespace equivalence {
namespace {

using clock = std::chrono::steady_clock;

// Which lines of a trace are steps for the player.
bool is_step(const std::string& line) {
    const std::size_t at = line.find_first_not_of(" \t\r");
    return at != std::string::npos && line[at] != '#' && line[at] != '=';
}

lines steps_of(const std::string& trace) {
    lines all = split(trace);
    all.erase(std::remove_if(all.begin(), all.end(), [](const std::string& l) { return !is_step(l); }), all.end());
    return all;
}

std::string joined(const lines& all) {
    std::string text;
    for (const std::string& line : all) text += line + "\n";
    return text;
}

lines without(const lines& all, std::size_t from, std::size_t count) {
    lines rest(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(from));
    const std::size_t end = std::min(from + count, all.size());
    rest.insert(rest.end(), all.begin() + static_cast<std::ptrdiff_t>(end), all.end());
    return rest;
}

class search {
public:
    search(const laboratory& lab, const lines& environment, unsigned seconds)
        : lab_(lab), environment_(environment), end_(clock::now() + std::chrono::seconds(seconds)) {
        lab_.info_every = info_while_shrinking;
    }

    bool out_of_time() const { return clock::now() >= end_; }
    std::size_t tries() const { return tries_; }

    // differs - do the sides still differ? If so, the steps behind the first difference are cut off.
    bool differs(lines& steps) {
        ++tries_;
        const outcomes both = run_both(lab_, environment_, joined(steps));
        const lines plain = both.plain.evidence(), tested = both.tested.evidence();
        const comparison c = compare(plain, tested);
        if (c.equal()) return false;
        const std::size_t step = c.first < plain.size() ? step_of(plain[c.first]) : 0;
        if (step != 0 && step < steps.size()) steps.resize(step);
        return true;
    }

    // One pass over `steps` that tries to leave out each chunk of `size` steps. Did any go?
    bool pass(lines& steps, std::size_t size) {
        bool any = false;
        for (std::size_t at = 0; at < steps.size() && !out_of_time();) {
            lines fewer = without(steps, at, size);
            if (differs(fewer)) {
                steps = fewer;
                any = true;
            } else {
                at += size;
            }
        }
        return any;
    }

private:
    laboratory lab_;
    const lines& environment_;
    clock::time_point end_;
    std::size_t tries_ = 0;
};

} // namespace

std::string shrunk::text() const { return joined(steps); }

shrunk shrink(const laboratory& lab, const lines& environment, const std::string& trace, unsigned seconds) {
    search s(lab, environment, seconds);
    shrunk result;
    result.steps = steps_of(trace);
    s.differs(result.steps);
    std::size_t size = std::max<std::size_t>(1, result.steps.size() / 2);
    while (!s.out_of_time()) {
        const bool any = s.pass(result.steps, size);
        if (size == 1 && !any) break;
        if (size > 1) size = std::max<std::size_t>(1, std::min(size / 2, result.steps.size() / 2));
    }
    result.tries = s.tries();
    result.gave_up = s.out_of_time();
    return result;
}

} // namespace equivalence
