// runner.cpp - processes and files behind runner.hpp.
#include "runner.hpp"

#include <fcntl.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace equivalence {
namespace {

std::vector<char*> pointers(lines& words) {
    std::vector<char*> all;
    for (std::string& word : words) all.push_back(word.data());
    all.push_back(nullptr);
    return all;
}

lines command(const laboratory& lab, const side& s, const std::string& file) {
    lines words{lab.player,   file,
                "--info",     std::to_string(lab.info_every),
                "--log",      lab.log_file(s),
                "--sub-heap", std::to_string(lab.sub_heap)};
    if (lab.thorough) words.emplace_back("--thorough");
    return words;
}

lines whole_environment(const side& s, const lines& environment) {
    lines all{"LD_PRELOAD=" + s.preload};
    all.insert(all.end(), environment.begin(), environment.end());
    return all;
}

void send_to_file(int descriptor, const char* path) {
    const int file = ::open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file >= 0) ::dup2(file, descriptor);
}

// The player would switch randomisation off by itself, by executing itself again; this saves the second start.
pid_t start(const laboratory& lab, const side& s, const lines& environment, const std::string& file) {
    lines words = command(lab, s, file), variables = whole_environment(s, environment);
    const std::vector<char*> arguments = pointers(words), settings = pointers(variables);
    const std::string complaints = lab.log_file(s) + ".err";
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int now = ::personality(0xffffffff);
    if (now != -1) ::personality(static_cast<unsigned long>(now) | ADDR_NO_RANDOMIZE);
    send_to_file(STDERR_FILENO, complaints.c_str());
    ::alarm(lab.seconds);
    ::execve(lab.player.c_str(), arguments.data(), settings.data());
    ::_exit(127);
}

std::string ending_of(pid_t child) {
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) return "did not start";
    if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
    return "exited " + std::to_string(WEXITSTATUS(status));
}

outcome finish(const laboratory& lab, const side& s, pid_t child) {
    outcome o;
    o.ending = ending_of(child);
    o.log = split(read_file(lab.log_file(s)));
    o.complaints = read_file(lab.log_file(s) + ".err");
    return o;
}

} // namespace

lines split(const std::string& text) {
    lines all;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
}

lines outcome::evidence() const {
    lines all = log;
    all.push_back("the player " + ending);
    return all;
}

outcome run_side(const laboratory& lab, const side& s, const lines& environment, const std::string& file) {
    ::unlink(lab.log_file(s).c_str());
    return finish(lab, s, start(lab, s, environment, file));
}

outcomes run_both(const laboratory& lab, const lines& environment, const std::string& trace) {
    write_file(lab.trace_file(), trace);
    for (const side* s : {&lab.plain, &lab.tested}) ::unlink(lab.log_file(*s).c_str());
    const pid_t one = start(lab, lab.plain, environment, lab.trace_file());
    const pid_t other = start(lab, lab.tested, environment, lab.trace_file());
    outcomes both;
    both.plain = finish(lab, lab.plain, one);
    both.tested = finish(lab, lab.tested, other);
    return both;
}

std::string replay_command(const laboratory& lab, const side& s, const lines& environment, const std::string& file) {
    std::string words = "env -i";
    for (const std::string& variable : whole_environment(s, environment)) words += " " + variable;
    return words + " " + lab.player + " --info " + std::to_string(lab.info_every) + " --sub-heap "
        + std::to_string(lab.sub_heap) + " " + file;
}

void write_file(const std::string& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary);
    out << text;
    if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

} // namespace equivalence
