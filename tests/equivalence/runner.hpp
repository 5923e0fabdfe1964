// runner.hpp - running the player on both sides: with the system's malloc and with the one under test.
//
// The sides get the same environment, made here and nowhere inherited from, but for LD_PRELOAD: one preloads the
// library under test, the other an empty library of the same shape, so that the loader does the same work.
#pragma once

#include <string>
#include <vector>

namespace equivalence {

using lines = std::vector<std::string>;

lines split(const std::string& text);

struct side {
    std::string name;    // for people: "plain", "preload"
    std::string preload; // the library
};

struct laboratory {
    std::string player;
    side plain, tested;
    std::string folder; // traces and logs are written here
    bool thorough = false;
    unsigned info_every = 64; // steps between the player's own looks at mallinfo2
    unsigned sub_heap = 64;   // MiB from one sub-heap to the next
    unsigned seconds = 120;   // a player that takes longer is killed, which counts as its outcome

    std::string trace_file() const { return folder + "/trace"; }
    std::string log_file(const side& s) const { return folder + "/" + s.name + ".log"; }
};

struct outcome {
    std::string ending; // "exited 0", "killed by signal 6"
    lines log;
    std::string complaints; // what the player wrote to standard error

    // All that is compared: the log, and behind it how the player ended.
    lines evidence() const;
};

// run_side - plays the trace `file` on one side. `environment`: NAME=VALUE each.
outcome run_side(const laboratory& lab, const side& s, const lines& environment, const std::string& file);

struct outcomes {
    outcome plain, tested;
};

// run_both - writes `trace` to the laboratory's trace file and plays it on both sides at once.
outcomes run_both(const laboratory& lab, const lines& environment, const std::string& trace);

// The command a person types to see what run_side sees.
std::string replay_command(const laboratory& lab, const side& s, const lines& environment, const std::string& file);

void write_file(const std::string& path, const std::string& text);
std::string read_file(const std::string& path);

} // namespace equivalence
