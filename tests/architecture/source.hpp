// architecture/source.hpp - the headers of a tree as text, and what is wrong with them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace architecture {

// One header. All three texts have the same length and the same line breaks.
struct source {
    std::string path;             // below include/ptm/: "bin/tree_bins.hpp"
    std::string text;             // as written
    std::string without_comments; // comments are blanks
    std::string code;             // comments, directives and the insides of literals are blanks

    std::string room() const { return path.substr(0, path.find('/') == path.npos ? 0 : path.find('/')); }
    bool is_umbrella() const { return path == "ptm.hpp"; }
};

// A preprocessor directive: "include" and the rest of its line.
struct directive {
    std::string name;
    std::string rest;
    std::size_t line; // from 1
};

// What a check found. A complaint is one line: path:line: what was expected and what was found.
struct findings {
    std::vector<std::string> complaints;
    std::vector<std::string> remarks; // printed, right or wrong

    void complain(const source& s, std::size_t line, const std::string& what) {
        complaints.push_back("include/ptm/" + s.path + ":" + std::to_string(line) + ": " + what);
    }
};

// The headers below root/include/ptm, sorted by path.
std::vector<source> read_headers(const std::string& root);

std::vector<directive> directives_of(const source&);

std::vector<std::string> lines_of(std::string_view text);

// The checks. Each is described where it is defined.
findings check_floors(const std::string& root);
findings check_tests(const std::string& root);
findings check_conditionals(const std::string& root);
findings check_functions(const std::string& root);

} // namespace architecture
