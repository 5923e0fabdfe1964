// generate.cpp - writes a trace for the player to standard output.
//
//   generate --character NAME [--seed N] [--steps K] > TRACE      (seed 1, 20000 steps)
//   generate --list                                               the characters
#include <cstdio>
#include <cstdlib>
#include <string>

#include "generator.hpp"

namespace {

int usage() {
    std::fputs("usage: generate --character NAME [--seed N] [--steps K] | --list\n", stderr);
    return 2;
}

int list() {
    for (const auto& names : {equivalence::character_names(), equivalence::threaded_character_names()}) {
        for (const std::string& name : names) std::printf("%s\n", name.c_str());
    }
    return 0;
}

} // namespace

int main(int count, char** arguments) {
    equivalence::recipe wanted{"", 1, 20000};
    for (int i = 1; i < count; ++i) {
        const std::string option = arguments[i];
        if (option == "--list") return list();
        if (i + 1 == count) return usage();
        const char* value = arguments[++i];
        if (option == "--character")
            wanted.character = value;
        else if (option == "--seed")
            wanted.seed = std::strtoull(value, nullptr, 10);
        else if (option == "--steps")
            wanted.steps = std::strtoull(value, nullptr, 10);
        else
            return usage();
    }
    const std::string trace = equivalence::generate(wanted);
    if (trace.empty()) return usage();
    std::fwrite(trace.data(), 1, trace.size(), stdout);
    return 0;
}
