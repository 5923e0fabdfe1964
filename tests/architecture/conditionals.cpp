// Conditional compilation stays in core/config.hpp, core/version.hpp and c/replace_*.hpp; elsewhere a policy or
// `if constexpr` decides. An include guard is no condition.
#include "source.hpp"

namespace architecture {
namespace {

bool may_decide(const source& s) {
    return s.path == "core/config.hpp" || s.path == "core/version.hpp" || s.path.starts_with("c/replace_");
}

bool is_condition(const directive& d) {
    return d.name == "if" || d.name == "ifdef" || d.name == "ifndef" || d.name.starts_with("elif") || d.name == "else";
}

// #ifndef X, #define X as the first two directives.
bool is_guarded(const std::vector<directive>& d) {
    return d.size() > 2 && d[0].name == "ifndef" && d[1].name == "define" && d[1].rest == d[0].rest;
}

} // namespace

findings check_conditionals(const std::string& root) {
    findings found;
    for (const source& s : read_headers(root)) {
        if (may_decide(s)) continue;
        const auto directives = directives_of(s);
        for (std::size_t i = is_guarded(directives); i < directives.size(); ++i)
            if (is_condition(directives[i]))
                found.complain(s, directives[i].line,
                               "#" + directives[i].name + ": conditional compilation belongs into core/config.hpp");
    }
    return found;
}

} // namespace architecture
