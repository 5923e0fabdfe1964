// equivalence.cpp - plays the same traces against the system's malloc and against a preloaded one, and compares
// everything the player could see of either, line by line. No line may differ.
//
//   equivalence --player play --empty libempty.so --preload libptm_glibc_2_36.so --suite default
//
// What to play:
//   --suite NAME          default, tcache_off, huge_pages, explicit_huge_pages, varied, tiers, readable, threads or
//                         threads_varied (suites.cpp): fixed seeds
//   --seeds N             so many of each character in a suite, or under each setting of a varied one
//   --character C         traces of this character, or in turn of all with one thread (all, which is the default) or of
//                         all with many (threads), made of --seed S (1), --steps K (20000), --traces N
//   --leave-out STEP      without the steps that begin so; may stand several times
//   --trace FILE          this one
//   --examples FILE...    traces that say what the log must say, on both sides (the last option)
//   --long                ten times the seeds of a suite; PTM_LONG=1 in the environment does the same
// Under which settings, on both sides (a suite brings its own):
//   --tunables T          GLIBC_TUNABLES=T
//   --setting NAME=VALUE  any variable
// The library --preload rebuilds the malloc of one version of glibc; the player may be linked with another C library
// than the driver is.
//   --rebuilds V          which version (default 2.36)
// With kept logs (kept.hpp), made where the player's C library is of that version:
//   --record DIR          write them, of the system's malloc
//   --against DIR         compare the library --preload, or without it the system's malloc, with them
//   --kept DIR            compare with them if the C library is of another version, instead of with its malloc
// When the sides differ:
//   --keep DIR            the trace, its shrunk form and both logs go there (default equivalence_differences)
//   --shrink-seconds N    how long to look for a shorter trace (default 60; 0: not at all)
//   --expect-difference N succeed only if there is a difference, and it shrinks to at most N steps
// Also: --thorough and --sub-heap MIB (the player's), --keep-going (after a difference).
//
// A trace can be made without playing it by `generate`, and played without comparing it by `play`.
// Exit status: 0 if no line differs, 1 if one does, 2 for wrong usage, 77 if this system has nothing to compare.

#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>

#include "compare.hpp"
#include "examples.hpp"
#include "kept.hpp"
#include "runner.hpp"
#include "shrink.hpp"
#include "suites.hpp"

namespace equivalence {
namespace {

namespace fs = std::filesystem;

constexpr int nothing_to_compare = 77;
constexpr std::size_t short_enough_to_print = 60;

struct options {
    std::string player, empty, preload, suite, character = "all", trace, record, against, kept;
    std::string keep = "equivalence_differences", rebuilds = "2.36";
    std::string libc; // the player's
    lines examples, settings, left_out;
    std::uint64_t seed = 1;
    std::size_t steps = 20000, traces = 0, seeds = 0, expected_steps = 0;
    unsigned shrink_seconds = 60;
    unsigned sub_heap = 64;
    bool ten_times = false, thorough = false, keep_going = false;
};

struct totals {
    std::size_t traces = 0, steps = 0, compared = 0, differing = 0, shortest = 0;
};

struct usage_error : std::runtime_error {
    using runtime_error::runtime_error;
};

// A folder for traces and logs that goes away with the program.
class scratch_folder {
public:
    scratch_folder() {
        std::string pattern = (fs::temp_directory_path() / "equivalence.XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot create " + pattern);
        path_ = pattern;
    }
    ~scratch_folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;

    std::string path() const { return path_.string(); }

private:
    fs::path path_;
};

// ---- options

using setters = std::map<std::string, std::function<void(const std::string&)>>;

std::uint64_t number(const std::string& text) {
    std::size_t used = 0;
    const std::uint64_t value = text.empty() ? 0 : std::stoull(text, &used, 0);
    if (used != text.size() || used == 0) throw usage_error("expected a number, found \"" + text + "\"");
    return value;
}

void add_text_options(setters& s, options& o) {
    s["--player"] = [&](const auto& v) { o.player = v; };
    s["--empty"] = [&](const auto& v) { o.empty = v; };
    s["--preload"] = [&](const auto& v) { o.preload = v; };
    s["--suite"] = [&](const auto& v) { o.suite = v; };
    s["--character"] = [&](const auto& v) { o.character = v; };
    s["--trace"] = [&](const auto& v) { o.trace = v; };
    s["--record"] = [&](const auto& v) { o.record = v; };
    s["--against"] = [&](const auto& v) { o.against = v; };
    s["--kept"] = [&](const auto& v) { o.kept = v; };
    s["--rebuilds"] = [&](const auto& v) { o.rebuilds = v; };
    s["--keep"] = [&](const auto& v) { o.keep = v; };
    s["--leave-out"] = [&](const auto& v) { o.left_out.push_back(v); };
    s["--setting"] = [&](const auto& v) { o.settings.push_back(v); };
    s["--tunables"] = [&](const auto& v) { o.settings.push_back("GLIBC_TUNABLES=" + v); };
}

void add_number_options(setters& s, options& o) {
    s["--seed"] = [&](const auto& v) { o.seed = number(v); };
    s["--steps"] = [&](const auto& v) { o.steps = number(v); };
    s["--seeds"] = [&](const auto& v) { o.seeds = number(v); };
    s["--traces"] = [&](const auto& v) { o.traces = number(v); };
    s["--expect-difference"] = [&](const auto& v) { o.expected_steps = number(v); };
    s["--sub-heap"] = [&](const auto& v) { o.sub_heap = static_cast<unsigned>(number(v)); };
    s["--shrink-seconds"] = [&](const auto& v) { o.shrink_seconds = static_cast<unsigned>(number(v)); };
}

bool read_flag(options& o, const std::string& word) {
    if (word == "--long")
        o.ten_times = true;
    else if (word == "--thorough")
        o.thorough = true;
    else if (word == "--keep-going")
        o.keep_going = true;
    else
        return false;
    return true;
}

std::string library_of(const std::string& player) {
    char version[32] = {};
    std::FILE* said = ::popen(("'" + fs::absolute(player).string() + "' --libc").c_str(), "r");
    if (said == nullptr) return {};
    const std::size_t length = std::fread(version, 1, sizeof version, said);
    ::pclose(said);
    return {version, length};
}

options read_options(int count, char** arguments) {
    options o;
    setters with_value;
    add_text_options(with_value, o);
    add_number_options(with_value, o);
    const char* asked_for_long = std::getenv("PTM_LONG");
    o.ten_times = asked_for_long != nullptr && std::strcmp(asked_for_long, "1") == 0;
    for (int i = 1; i < count; ++i) {
        const std::string word = arguments[i];
        if (read_flag(o, word)) continue;
        if (word == "--examples") {
            o.examples.assign(arguments + i + 1, arguments + count);
            break;
        }
        const auto setter = with_value.find(word);
        if (setter == with_value.end() || i + 1 == count) throw usage_error("cannot use \"" + word + "\"");
        setter->second(arguments[++i]);
    }
    if (o.player.empty() || o.empty.empty()) throw usage_error("--player and --empty are needed");
    o.libc = library_of(o.player);
    return o;
}

// ---- one trace on both sides

std::size_t steps_in(const lines& log) {
    std::size_t last = 0;
    for (const std::string& line : log) last = std::max(last, step_of(line));
    return last;
}

void show_shrunk(const shrunk& s, const std::string& file) {
    std::printf("  shrunk to %zu steps in %zu tries%s: %s\n", s.steps.size(), s.tries,
                s.gave_up ? ", the time being over" : "", file.c_str());
    if (s.steps.size() > short_enough_to_print) return;
    for (const std::string& step : s.steps) std::printf("    %s\n", step.c_str());
}

class live_run {
public:
    live_run(const options& o, const laboratory& lab) : options_(o), lab_(lab) {}

    const totals& sums() const { return sums_; }

    // play - prints one line, and more if the sides differ. Returns whether they agreed.
    bool play(const std::string& name, const lines& environment, const std::string& trace) {
        const auto begin = std::chrono::steady_clock::now();
        const outcomes both = run_both(lab_, environment, trace);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        const comparison c = compare(both.plain.evidence(), both.tested.evidence());
        const std::size_t steps = steps_in(both.plain.log);
        add(c, steps);
        std::string settings;
        for (const std::string& variable : environment) settings += " " + variable;
        std::printf("%-9s %-24s %6zu steps %7zu lines %6zu differing, %s, %.2f s%s\n",
                    c.equal() ? "equal" : "DIFFERENT", name.c_str(), steps, c.compared, c.differing,
                    both.plain.ending.c_str(), took.count(), settings.c_str());
        if (!c.equal()) report(name, environment, trace, c, both);
        std::fflush(stdout);
        return c.equal();
    }

private:
    void add(const comparison& c, std::size_t steps) {
        ++sums_.traces;
        sums_.steps += steps;
        sums_.compared += c.compared;
        sums_.differing += c.differing;
    }

    void report(const std::string& name, const lines& environment, const std::string& trace, const comparison& c,
                const outcomes& both) {
        show_difference(c, both);
        const std::string stem = keep_evidence(name, trace);
        if (options_.shrink_seconds > 0) {
            const shrunk s = shrink(lab_, environment, trace, options_.shrink_seconds);
            write_file(stem + ".shrunk", s.text());
            show_shrunk(s, stem + ".shrunk");
            sums_.shortest = sums_.shortest == 0 ? s.steps.size() : std::min(sums_.shortest, s.steps.size());
        }
        show_replay(environment, stem);
    }

    void show_replay(const lines& environment, const std::string& stem) const {
        laboratory lab = lab_;
        if (options_.shrink_seconds > 0) lab.info_every = info_while_shrinking;
        const std::string file = stem + (options_.shrink_seconds > 0 ? ".shrunk" : ".trace");
        for (const side* one : {&lab.plain, &lab.tested}) {
            std::printf("  replay: %s\n", replay_command(lab, *one, environment, file).c_str());
        }
    }

    std::string keep_evidence(const std::string& name, const std::string& trace) const {
        fs::create_directories(options_.keep);
        const std::string stem = fs::absolute(fs::path(options_.keep) / name).string();
        write_file(stem + ".trace", trace);
        for (const side* s : {&lab_.plain, &lab_.tested}) {
            fs::copy_file(lab_.log_file(*s), stem + "." + s->name + ".log", fs::copy_options::overwrite_existing);
        }
        return stem;
    }

    const options& options_;
    const laboratory& lab_;
    totals sums_;
};

// ---- what the program can do

std::vector<test_case> wanted_cases(const options& o) {
    const std::size_t times = o.ten_times ? 10 : 1;
    const std::vector<test_case> cases = o.suite.empty()
        ? series(o.character, o.seed, std::max<std::size_t>(o.traces, 1) * times, o.steps, o.settings)
        : suite(o.suite, o.seeds, times);
    if (cases.empty()) throw usage_error("there is no suite \"" + o.suite + "\"");
    return cases;
}

std::string trace_of(const test_case& c) {
    const std::string trace = generate(c.made_of);
    if (trace.empty()) throw usage_error("there is no character \"" + c.made_of.character + "\"");
    return trace;
}

// Without the steps that are left out; each must be one that no other step needs.
std::string trace_for(const options& o, const test_case& c) {
    std::istringstream all(trace_of(c));
    std::string kept;
    for (std::string step; std::getline(all, step);) {
        const auto begins = [&](const std::string& text) { return step.starts_with(text); };
        if (std::none_of(o.left_out.begin(), o.left_out.end(), begins)) kept += step + "\n";
    }
    return kept;
}

int verdict(const options& o, const totals& t) {
    std::printf("%zu traces, %zu steps, %zu lines compared, %zu differing lines\n", t.traces, t.steps, t.compared,
                t.differing);
    if (o.expected_steps == 0) return t.differing == 0 ? 0 : 1;
    const bool as_expected = t.differing > 0 && t.shortest > 0 && t.shortest <= o.expected_steps;
    std::printf("a difference was expected, and a trace of at most %zu steps that shows it: %s\n", o.expected_steps,
                as_expected ? "found" : "NOT FOUND");
    return as_expected ? 0 : 1;
}

int compare_live(const options& o, const laboratory& lab) {
    live_run run(o, lab);
    if (!o.trace.empty()) {
        run.play(fs::path(o.trace).filename().string(), o.settings, read_file(o.trace));
        return verdict(o, run.sums());
    }
    for (const test_case& c : wanted_cases(o)) {
        if (!run.play(c.name(), c.environment, trace_for(o, c)) && !o.keep_going) break;
    }
    return verdict(o, run.sums());
}

int record(const options& o, const laboratory& lab) {
    fs::create_directories(o.record);
    for (const test_case& c : wanted_cases(o)) {
        if (!c.may_be_kept()) continue;
        const std::string trace = trace_of(c);
        write_file(lab.trace_file(), trace);
        const outcome run = run_side(lab, lab.plain, c.environment, lab.trace_file());
        write_file((fs::path(o.record) / c.name()).string(),
                   digest(c, trace, run.evidence(), o.suite == "readable").text());
        std::printf("recorded %s: %zu lines\n", c.name().c_str(), run.evidence().size());
    }
    return 0;
}

void show_kept_difference(const kept_log& kept, const kept_comparison& c, const lines& log) {
    if (!c.same_trace) std::printf("  the generator no longer makes the trace this log was recorded from\n");
    if (c.differing_blocks == 0) return;
    if (kept.full.empty()) {
        std::printf("  the first difference is in lines %zu to %zu of the log; here they are:\n", c.first_line + 1,
                    c.first_line + lines_in_block);
        const std::size_t end = std::min(c.first_line + lines_in_block, log.size());
        for (std::size_t i = c.first_line; i < end; ++i) std::printf("    %s\n", log[i].c_str());
        return;
    }
    show_difference(compare(kept.full, log), {{"", kept.full, ""}, {"", log, ""}});
}

std::vector<fs::path> files_in(const std::string& folder) {
    std::vector<fs::path> all;
    for (const auto& entry : fs::directory_iterator(folder)) all.push_back(entry.path());
    std::sort(all.begin(), all.end());
    return all;
}

int compare_with_kept(const options& o, const laboratory& lab, const std::string& folder) {
    const side& tested = o.preload.empty() ? lab.plain : lab.tested;
    std::size_t compared = 0, differing = 0, steps = 0;
    const std::vector<fs::path> files = files_in(folder);
    for (const fs::path& file : files) {
        const kept_log kept = read_kept(read_file(file.string()));
        const std::string trace = trace_of(kept.of);
        write_file(lab.trace_file(), trace);
        lines environment = kept.of.environment;
        environment.insert(environment.end(), o.settings.begin(), o.settings.end());
        const lines log = run_side(lab, tested, environment, lab.trace_file()).evidence();
        const kept_comparison c = compare(kept, trace, log);
        compared += c.compared;
        steps += kept.of.made_of.steps;
        differing += c.equal() ? 0 : std::max<std::size_t>(c.differing_blocks, 1);
        std::printf("%-9s %-24s %7zu lines, %zu differing blocks%s\n", c.equal() ? "equal" : "DIFFERENT",
                    kept.of.name().c_str(), c.compared, c.differing_blocks, kept.of.settings().c_str());
        if (!c.equal()) show_kept_difference(kept, c, log);
    }
    std::printf("%zu traces, %zu steps, %zu lines compared with kept logs, %zu differing blocks of %zu lines\n",
                files.size(), steps, compared, differing, lines_in_block);
    return differing == 0 && !files.empty() ? 0 : 1;
}

bool on_rebuilt_version(const options& o) { return o.libc == o.rebuilds; }

// The system's malloc proves nothing about the one ptm rebuilds if it is another version.
int nothing_here(const options& o) {
    std::printf("this C library is %s, not %s, and no other malloc is given\n", o.libc.c_str(), o.rebuilds.c_str());
    return nothing_to_compare;
}

int play_examples(const options& o, const laboratory& lab) {
    std::vector<const side*> sides;
    if (on_rebuilt_version(o)) sides.push_back(&lab.plain);
    if (!o.preload.empty()) sides.push_back(&lab.tested);
    std::size_t bad = 0;
    for (const std::string& file : o.examples) {
        for (const side* s : sides) {
            const std::string trace = read_file(file);
            const example_result r = check_example(trace, run_side(lab, *s, o.settings, file));
            std::printf("%-9s %-32s on %s, %zu expectations\n", r.good() ? "holds" : "FAILS",
                        fs::path(file).filename().c_str(), s->name.c_str(), r.expectations);
            for (const std::string& failure : r.failures) std::printf("%s", failure.c_str());
            bad += r.good() ? 0 : 1;
        }
    }
    std::printf("%zu examples on %zu sides, %zu failures\n", o.examples.size(), sides.size(), bad);
    return bad == 0 ? 0 : 1;
}

int run(const options& o) {
    const scratch_folder scratch;
    laboratory lab{fs::absolute(o.player).string(),
                   {"plain", fs::absolute(o.empty).string()},
                   {"preload", fs::absolute(o.preload.empty() ? o.empty : o.preload).string()},
                   scratch.path(),
                   o.thorough};
    lab.sub_heap = o.sub_heap;
    std::printf("C library %s; %s against %s\n", o.libc.c_str(), lab.tested.preload.c_str(),
                o.against.empty() ? "the system's malloc" : o.against.c_str());
    if (!o.record.empty()) return on_rebuilt_version(o) ? record(o, lab) : nothing_here(o);
    const bool one_sided = !o.examples.empty() || !o.against.empty();
    if (one_sided && o.preload.empty() && !on_rebuilt_version(o)) return nothing_here(o);
    if (!o.examples.empty()) return play_examples(o, lab);
    if (!o.against.empty()) return compare_with_kept(o, lab, o.against);
    if (!o.kept.empty() && !on_rebuilt_version(o)) {
        std::printf("this C library is %s, not %s: comparing with the logs kept in %s instead of its malloc\n",
                    o.libc.c_str(), o.rebuilds.c_str(), o.kept.c_str());
        return compare_with_kept(o, lab, o.kept);
    }
    return compare_live(o, lab);
}

} // namespace
} // namespace equivalence

int main(int count, char** arguments) {
    try {
        return equivalence::run(equivalence::read_options(count, arguments));
    } catch (const equivalence::usage_error& e) {
        std::fprintf(stderr, "equivalence: %s; the options stand at the top of equivalence.cpp\n", e.what());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "equivalence: %s\n", e.what());
    }
    return 2;
}
