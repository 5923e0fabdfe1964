// suites.cpp - see suites.hpp. Seeds are fixed: a suite is the same on every run.
#include "suites.hpp"

#include <algorithm>

namespace equivalence {
namespace {

constexpr std::size_t usual_steps = 20000, varied_steps = 5000, readable_steps = 300;
constexpr std::size_t queue_steps = 45000; // what it takes to have more free chunks than one pass looks at
constexpr std::size_t usual_seeds = 14;    // of each character

// The settings of the varied suite: one tunable, its alias in the environment, or several together.
const lines settings[] = {
    {"GLIBC_TUNABLES=glibc.malloc.mxfast=0"},
    {"GLIBC_TUNABLES=glibc.malloc.mxfast=160"},
    {"GLIBC_TUNABLES=glibc.malloc.tcache_max=100"},
    {"GLIBC_TUNABLES=glibc.malloc.tcache_count=3:glibc.malloc.tcache_max=0x200"},
    {"GLIBC_TUNABLES=glibc.malloc.tcache_unsorted_limit=1"},
    {"GLIBC_TUNABLES=glibc.malloc.tcache_unsorted_limit=4:glibc.malloc.tcache_count=200"},
    {"GLIBC_TUNABLES=glibc.malloc.trim_threshold=20000"},
    {"GLIBC_TUNABLES=glibc.malloc.top_pad=0"},
    {"GLIBC_TUNABLES=glibc.malloc.top_pad=1000000:glibc.malloc.trim_threshold=0"},
    {"GLIBC_TUNABLES=glibc.malloc.mmap_max=0"},
    {"GLIBC_TUNABLES=glibc.malloc.mmap_max=2"},
    {"GLIBC_TUNABLES=glibc.malloc.mmap_threshold=3000"},
    {"GLIBC_TUNABLES=glibc.malloc.perturb=165"},
    {"MALLOC_TOP_PAD_=0"},
    {"MALLOC_PERTURB_=90"},
    {"MALLOC_MMAP_THRESHOLD_=65536"},
    {"MALLOC_TRIM_THRESHOLD_=-1"},
    {"MALLOC_MMAP_MAX_=1"},
    {"MALLOC_TOP_PAD_=abc"},
    {"GLIBC_TUNABLES=glibc.malloc.top_pad=4096", "MALLOC_TOP_PAD_=500000"},
    {"GLIBC_TUNABLES=glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0"},
    {"GLIBC_TUNABLES=glibc.malloc.tcache_count=65536:glibc.malloc.mxfast=200:glibc.malloc.tcache_max=5000"},
};

std::size_t steps_for(const std::string& character) {
    return character == "unsorted_limit" ? queue_steps : usual_steps;
}

std::vector<test_case> every_character(std::size_t seeds, const lines& environment) {
    std::vector<test_case> cases;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        for (const std::string& name : character_names()) {
            cases.push_back({{name, seed, steps_for(name)}, environment});
        }
    }
    return cases;
}

// Every setting meets the characters in turn, two of them in one run of the suite.
std::vector<test_case> varied(std::size_t times) {
    std::vector<test_case> cases;
    const lines names = character_names();
    for (std::size_t i = 0; i < 2 * times * std::size(settings); ++i) {
        const std::string& name = names[i % names.size()];
        cases.push_back({{name, 1000 + i, varied_steps}, settings[i % std::size(settings)]});
    }
    return cases;
}

std::vector<test_case> readable() {
    std::vector<test_case> cases;
    for (const char* name : {"mixed", "fast_bins", "sorted_bins", "realloc_heavy", "trimming"}) {
        cases.push_back({{name, 1, readable_steps}, {}});
    }
    return cases;
}

} // namespace

std::string test_case::name() const { return made_of.character + "-" + std::to_string(made_of.seed); }

std::string test_case::settings() const {
    std::string all;
    for (const std::string& variable : environment) all += " " + variable;
    return all;
}

std::vector<test_case> suite(const std::string& name, std::size_t seeds, std::size_t times) {
    const std::size_t of_each = (seeds == 0 ? usual_seeds : seeds) * times;
    if (name == "default") return every_character(of_each, {});
    if (name == "tcache_off") return every_character(of_each, {"GLIBC_TUNABLES=glibc.malloc.tcache_count=0"});
    if (name == "huge_pages") return every_character(of_each, {"GLIBC_TUNABLES=glibc.malloc.hugetlb=1"});
    if (name == "varied") return varied(times);
    return name == "readable" ? readable() : std::vector<test_case>{};
}

std::vector<test_case> series(const std::string& character, std::uint64_t first_seed, std::size_t traces,
                              std::size_t steps, const lines& environment) {
    const lines names = character == "all" ? character_names() : lines{character};
    std::vector<test_case> cases;
    for (std::size_t i = 0; i < traces; ++i) {
        cases.push_back({{names[i % names.size()], first_seed + i / names.size(), steps}, environment});
    }
    return cases;
}

} // namespace equivalence
