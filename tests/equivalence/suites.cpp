// suites.cpp - see suites.hpp. Seeds are fixed: a suite is the same on every run.
#include "suites.hpp"

#include <algorithm>

namespace equivalence {
namespace {

constexpr std::size_t usual_steps = 20000, varied_steps = 5000, threaded_varied_steps = 10000, readable_steps = 300;
constexpr std::size_t queue_steps = 45000; // what it takes to have more free chunks than one pass looks at
constexpr std::size_t usual_seeds = 14;    // of each character
constexpr std::size_t threaded_seeds = 12; // of each character with threads
constexpr std::size_t usual_rounds = 2, threaded_rounds = 4;

using all_settings = std::vector<lines>;

// The settings of the varied suites: one tunable, its alias in the environment, or several together.
const all_settings settings = {
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

const all_settings threaded_settings = {
    {"GLIBC_TUNABLES=glibc.malloc.arena_max=1"},
    {"GLIBC_TUNABLES=glibc.malloc.arena_max=2"},
    {"GLIBC_TUNABLES=glibc.malloc.arena_max=5"},
    {"GLIBC_TUNABLES=glibc.malloc.arena_max=60"},
    {"MALLOC_ARENA_MAX=3"},
    {"GLIBC_TUNABLES=glibc.malloc.arena_test=1"},
    {"GLIBC_TUNABLES=glibc.malloc.arena_test=30"},
    {"MALLOC_ARENA_TEST=3"},
    {"GLIBC_TUNABLES=glibc.malloc.arena_max=4:glibc.malloc.arena_test=1"},
    {"GLIBC_TUNABLES=glibc.malloc.tcache_count=0"},
    {"GLIBC_TUNABLES=glibc.malloc.arena_max=3:glibc.malloc.tcache_count=0"},
    {"GLIBC_TUNABLES=glibc.malloc.arena_max=7:glibc.malloc.tcache_count=40"},
    {"GLIBC_TUNABLES=glibc.malloc.tcache_max=100"},
    {"GLIBC_TUNABLES=glibc.malloc.mxfast=0"},
    {"GLIBC_TUNABLES=glibc.malloc.arena_max=6:glibc.malloc.mxfast=160"},
    {"GLIBC_TUNABLES=glibc.malloc.mmap_threshold=3000"},
    {"GLIBC_TUNABLES=glibc.malloc.arena_max=4:glibc.malloc.mmap_threshold=67108864"},
    {"GLIBC_TUNABLES=glibc.malloc.trim_threshold=0"},
    {"GLIBC_TUNABLES=glibc.malloc.arena_max=4:glibc.malloc.trim_threshold=-1"},
    {"GLIBC_TUNABLES=glibc.malloc.top_pad=0"},
    {"GLIBC_TUNABLES=glibc.malloc.arena_max=8:glibc.malloc.top_pad=1000000"},
    {"GLIBC_TUNABLES=glibc.malloc.mmap_max=0"},
    {"GLIBC_TUNABLES=glibc.malloc.arena_max=4:glibc.malloc.perturb=165"},
};

// Those of the suite tiers: limits of the thread cache that glibc takes since 2.42.
const all_settings tier_settings = {
    {"GLIBC_TUNABLES=glibc.malloc.tcache_max=100000"},
    {"GLIBC_TUNABLES=glibc.malloc.tcache_max=4194280"},
    {"GLIBC_TUNABLES=glibc.malloc.tcache_max=4194281"},
    {"GLIBC_TUNABLES=glibc.malloc.tcache_max=2000:glibc.malloc.tcache_count=2"},
    {"GLIBC_TUNABLES=glibc.malloc.tcache_max=40000:glibc.malloc.perturb=90"},
    {"GLIBC_TUNABLES=glibc.malloc.tcache_max=24"},
    {"GLIBC_TUNABLES=glibc.malloc.tcache_max=0"},
};

std::size_t steps_for(const std::string& character) {
    return character == "unsorted_limit" ? queue_steps : usual_steps;
}

std::vector<test_case> every_character(const lines& names, std::size_t seeds, const lines& environment) {
    std::vector<test_case> cases;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        for (const std::string& name : names) cases.push_back({{name, seed, steps_for(name)}, environment});
    }
    return cases;
}

// Every setting meets the characters in turn, one of them in every round.
std::vector<test_case> varied(const lines& names, const all_settings& with, std::size_t rounds, std::size_t steps) {
    std::vector<test_case> cases;
    for (std::size_t i = 0; i < rounds * with.size(); ++i) {
        cases.push_back({{names[i % names.size()], 1000 + i, steps}, with[i % with.size()]});
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

bool test_case::may_be_kept() const {
    const lines threaded = threaded_character_names();
    if (std::find(threaded.begin(), threaded.end(), made_of.character) == threaded.end()) {
        return made_of.character != "alignment_mapped";
    }
    const std::string all = settings();
    return all.find("arena_max") != std::string::npos || all.find("ARENA_MAX") != std::string::npos;
}

std::vector<test_case> suite(const std::string& name, std::size_t seeds, std::size_t times) {
    const auto of_each = [&](std::size_t usual) { return (seeds == 0 ? usual : seeds) * times; };
    const auto single = [&](const lines& environment) {
        return every_character(character_names(), of_each(usual_seeds), environment);
    };
    if (name == "default") return single({});
    if (name == "tcache_off") return single({"GLIBC_TUNABLES=glibc.malloc.tcache_count=0"});
    if (name == "huge_pages") return single({"GLIBC_TUNABLES=glibc.malloc.hugetlb=1"});
    if (name == "explicit_huge_pages") return single({"GLIBC_TUNABLES=glibc.malloc.hugetlb=2"});
    if (name == "varied") return varied(character_names(), settings, of_each(usual_rounds), varied_steps);
    if (name == "threads") return every_character(threaded_character_names(), of_each(threaded_seeds), {});
    if (name == "threads_varied") {
        return varied(threaded_character_names(), threaded_settings, of_each(threaded_rounds), threaded_varied_steps);
    }
    if (name == "tiers") return varied(character_names(), tier_settings, of_each(2 * usual_rounds), varied_steps);
    return name == "readable" ? readable() : std::vector<test_case>{};
}

std::vector<test_case> series(const std::string& character, std::uint64_t first_seed, std::size_t traces,
                              std::size_t steps, const lines& environment) {
    lines names{character};
    if (character == "all") names = character_names();
    if (character == "threads") names = threaded_character_names();
    std::vector<test_case> cases;
    for (std::size_t i = 0; i < traces; ++i) {
        cases.push_back({{names[i % names.size()], first_seed + i / names.size(), steps}, environment});
    }
    return cases;
}

} // namespace equivalence
