// Rooms stand on floors. A header includes the standard library, lower floors and its own room; rooms on one floor
// do not know each other; nothing includes itself by a detour.
#include "source.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace architecture {
namespace {

using names = std::set<std::string, std::less<>>;

const std::map<std::string, int, std::less<>> floors = {
    {"core", 0}, {"os", 1},    {"sync", 1},   {"report", 1}, {"observe", 1}, {"tune", 1},  {"chunk", 2}, {"check", 3},
    {"bin", 4},  {"arena", 5}, {"thread", 6}, {"heap", 7},   {"inspect", 8}, {"adapt", 8}, {"c", 9},
};

// Rooms that may allocate, and so may use the parts of the standard library that do.
const names allocating_rooms = {"inspect", "adapt"};

// The rooms where Boost.Intrusive runs over chunks.
const names boost_rooms = {"chunk", "bin"};

const names small_standard_headers = {
    "algorithm",
    "any",
    "array",
    "atomic",
    "barrier",
    "bit",
    "bitset",
    "cassert",
    "cctype",
    "cerrno",
    "cfenv",
    "cfloat",
    "charconv",
    "chrono",
    "cinttypes",
    "climits",
    "cmath",
    "compare",
    "complex",
    "concepts",
    "condition_variable",
    "coroutine",
    "csetjmp",
    "csignal",
    "cstdarg",
    "cstddef",
    "cstdint",
    "cstdio",
    "cstdlib",
    "cstring",
    "ctime",
    "cuchar",
    "cwchar",
    "cwctype",
    "exception",
    "execution",
    "functional",
    "initializer_list",
    "iterator",
    "latch",
    "limits",
    "memory",
    "memory_resource",
    "mutex",
    "new",
    "numbers",
    "numeric",
    "optional",
    "random",
    "ranges",
    "ratio",
    "scoped_allocator",
    "semaphore",
    "shared_mutex",
    "source_location",
    "span",
    "stop_token",
    "string_view",
    "system_error",
    "thread",
    "tuple",
    "type_traits",
    "typeindex",
    "typeinfo",
    "utility",
    "variant",
    "version",
};

const names allocating_standard_headers = {
    "deque",     "filesystem", "format",     "forward_list",  "fstream",       "future",   "iomanip",
    "ios",       "iosfwd",     "iostream",   "istream",       "list",          "locale",   "map",
    "ostream",   "queue",      "regex",      "set",           "sstream",       "stack",    "stdexcept",
    "streambuf", "string",     "syncstream", "unordered_map", "unordered_set", "valarray", "vector",
};

bool starts_with(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }
bool ends_with(std::string_view text, std::string_view with) {
    return text.size() >= with.size() && text.substr(text.size() - with.size()) == with;
}

// A header of the C library or of the system: <unistd.h>, <sys/mman.h>.
bool is_system_header(std::string_view name) {
    bool in_system_folder = starts_with(name, "sys/") || starts_with(name, "linux/") || starts_with(name, "asm/");
    return ends_with(name, ".h") && (in_system_folder || name.find('/') == name.npos);
}

struct include_line {
    std::string target; // without brackets: "ptm/core/units.hpp"
    std::size_t line;
    bool brackets;
};

// A header that core/config.hpp chooses: #include PTM_ASAN_HEADER.
bool is_chosen(std::string_view rest) { return starts_with(rest, "PTM_") && ends_with(rest, "_HEADER"); }

std::vector<include_line> includes_of(const source& s) {
    std::vector<include_line> found;
    for (const directive& d : directives_of(s))
        if (d.name == "include" && d.rest.size() > 2 && !is_chosen(d.rest))
            found.push_back({d.rest.substr(1, d.rest.size() - 2), d.line, d.rest.front() == '<'});
    return found;
}

class floor_check {
    std::map<std::string, const source*> headers_;
    findings found_;

public:
    explicit floor_check(const std::vector<source>& headers) {
        for (const source& s : headers) headers_[s.path] = &s;
    }

    findings run() {
        for (const auto& [path, header] : headers_) check_header(*header);
        for (const auto& [path, header] : headers_) follow(*header);
        return found_;
    }

private:
    void check_header(const source& s) {
        if (s.is_umbrella()) return;
        if (!floors.contains(s.room())) return found_.complain(s, 1, "stands in no known room");
        for (const include_line& i : includes_of(s)) check_include(s, i);
    }

    void check_include(const source& s, const include_line& i) {
        if (!i.brackets) return found_.complain(s, i.line, "\"" + i.target + "\": write <ptm/room/thing.hpp>");
        if (starts_with(i.target, "ptm/")) return check_own(s, i.line, i.target.substr(4));
        if (starts_with(i.target, "boost/")) return check_boost(s, i);
        if (is_system_header(i.target) || small_standard_headers.contains(i.target)) return;
        if (allocating_standard_headers.contains(i.target)) return check_allocating(s, i);
        found_.complain(s, i.line, "<" + i.target + "> is neither ptm, standard library, system nor Boost.Intrusive");
    }

    void check_own(const source& s, std::size_t line, const std::string& target) {
        auto other = headers_.find(target);
        if (other == headers_.end()) return found_.complain(s, line, "<ptm/" + target + "> does not exist");
        if (other->second->is_umbrella()) return found_.complain(s, line, "<ptm/ptm.hpp> is for users only");
        const std::string to = other->second->room();
        if (to == s.room() || !floors.contains(to)) return;
        const int here = floors.at(s.room()), there = floors.at(to);
        if (there < here) return;
        found_.complain(s, line,
                        std::string(there == here ? "sideways" : "upward") + " include: " + s.room() + " (floor "
                            + std::to_string(here) + ") includes <ptm/" + target + "> of floor "
                            + std::to_string(there));
    }

    void check_boost(const source& s, const include_line& i) {
        if (!starts_with(i.target, "boost/intrusive/"))
            return found_.complain(s, i.line, "<" + i.target + ">: only boost/intrusive/ is used");
        if (!boost_rooms.contains(s.room()))
            found_.complain(s, i.line, "<" + i.target + ">: Boost.Intrusive enters in chunk/ and bin/ only");
    }

    void check_allocating(const source& s, const include_line& i) {
        if (!allocating_rooms.contains(s.room()))
            found_.complain(s, i.line, "<" + i.target + "> allocates; only inspect/ and adapt/ may");
    }

    // Depth first; `trail_` are the headers on the way here, `done_` those that lead to no circle unseen.
    std::vector<std::string> trail_;
    std::set<std::string> done_;

    void follow(const source& s) {
        if (auto seen = std::find(trail_.begin(), trail_.end(), s.path); seen != trail_.end())
            return complain_circle(seen);
        if (done_.contains(s.path)) return;
        trail_.push_back(s.path);
        for (const include_line& i : includes_of(s))
            if (starts_with(i.target, "ptm/"))
                if (auto next = headers_.find(i.target.substr(4)); next != headers_.end()) follow(*next->second);
        trail_.pop_back();
        done_.insert(s.path);
    }

    void complain_circle(std::vector<std::string>::const_iterator from) {
        std::string circle;
        for (auto at = from; at != trail_.end(); ++at) circle += *at + " -> ";
        found_.complain(*headers_.at(*from), 1, "circular include: " + circle + *from);
    }
};

} // namespace

findings check_floors(const std::string& root) { return floor_check(read_headers(root)).run(); }

} // namespace architecture
