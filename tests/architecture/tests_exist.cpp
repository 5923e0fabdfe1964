// tests/ mirrors include/ptm/ file by file: include/ptm/bin/queue_bin.hpp is tested by tests/bin/queue_bin.cpp.
// A header that replaces malloc cannot be tested inside of a program with other tests; tests/preload/ will do.
#include "source.hpp"

#include <filesystem>

namespace architecture {
namespace {

namespace fs = std::filesystem;

bool has_test(const fs::path& tests, const source& s) {
    const fs::path mirror = fs::path(s.path).replace_extension(".cpp");
    if (fs::exists(tests / mirror)) return true;
    return s.path.starts_with("c/replace_") && fs::exists(tests / "preload" / mirror.filename());
}

} // namespace

findings check_tests(const std::string& root) {
    findings found;
    for (const source& s : read_headers(root))
        if (!s.is_umbrella() && !has_test(fs::path(root) / "tests", s))
            found.complain(s, 1, "has no tests/" + fs::path(s.path).replace_extension(".cpp").string());
    return found;
}

} // namespace architecture
