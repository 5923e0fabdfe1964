// What is expected here was read off glibc 2.36 and 2.42 themselves: their loaders print the values that they read
// (--list-tunables). Nothing said, it is 2.36.
#include <ptm/tune/environment.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"

#include <climits>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <iterator>
#include <string>
#include <vector>

using ptm::read_number;
using ptm::read_whole_number;
using ptm::tunable;
using ptm::tunable_rules;

namespace {

constexpr unsigned tunables = static_cast<unsigned>(tunable::count);

ptm::settings read(std::initializer_list<const char*> entries, tunable_rules rules = tunable_rules::glibc_2_36) {
    std::vector<const char*> environment(entries);
    environment.push_back(nullptr);
    return ptm::read_settings(environment.data(), rules);
}

ptm::settings read_2_33(std::initializer_list<const char*> entries) { return read(entries, tunable_rules::glibc_2_33); }
ptm::settings read_2_42(std::initializer_list<const char*> entries) { return read(entries, tunable_rules::glibc_2_42); }

const ptm::tunable_name& name_of(unsigned i) { return ptm::tunable_names[i]; }

std::string as_tunable(unsigned i, const std::string& value) {
    return "GLIBC_TUNABLES=glibc." + std::string(name_of(i).tunable) + "=" + value;
}

std::string as_variable(unsigned i, const std::string& value) { return std::string(name_of(i).variable) + "=" + value; }

// How many tunables are set.
std::size_t count_set(const ptm::settings& s) {
    std::size_t n = 0;
    for (unsigned i = 0; i < tunables; ++i) n += s[static_cast<tunable>(i)].has_value();
    return n;
}

// The only tunable that is set is number i, to `value`.
bool only(const ptm::settings& s, unsigned i, std::uint64_t value) {
    return count_set(s) == 1 && s[static_cast<tunable>(i)] == value;
}

} // namespace

TEST_CASE("numbers are decimal, hexadecimal after 0x and octal after 0") {
    CHECK(read_number("0") == 0);
    CHECK(read_number("65536") == 65536);
    CHECK(read_number("0x1f") == 31);
    CHECK(read_number("0X1F") == 31);
    CHECK(read_number("017") == 15);
    CHECK(read_number("00") == 0);
}

TEST_CASE("numbers end at the first character that is no digit of their base") {
    CHECK(read_number("12abc") == 12);
    CHECK(read_number("1e3") == 1);
    CHECK(read_number("08") == 0);
    CHECK(read_number("0778") == 63);
    CHECK(read_number("0x1g") == 1);
    CHECK(read_number("5 6") == 5);
}

TEST_CASE("text without digits is zero") {
    for (const char* text : {"", " ", "abc", "0x", "0xg", "x1", "-", "+", "- 5", "+-5", "-+5", "\n5"}) {
        INFO(text);
        CHECK(read_number(text) == 0);
    }
}

TEST_CASE("blanks and tabs before a number are skipped, other white space is not") {
    CHECK(read_number("  5") == 5);
    CHECK(read_number("\t 5") == 5);
    CHECK(read_number("\v5") == 0);
}

TEST_CASE("a minus wraps and a plus says nothing") {
    CHECK(read_number("-1") == UINT64_MAX);
    CHECK(read_number("-0x10") == UINT64_MAX - 15);
    CHECK(read_number("-010") == UINT64_MAX - 7);
    CHECK(read_number("-0") == 0);
    CHECK(read_number("+5") == 5);
}

TEST_CASE("a number that is too large is the largest") {
    CHECK(read_number("18446744073709551615") == UINT64_MAX);
    CHECK(read_number("18446744073709551616") == UINT64_MAX);
    CHECK(read_number("99999999999999999999999") == UINT64_MAX);
    CHECK(read_number("0xffffffffffffffff") == UINT64_MAX);
    CHECK(read_number("0x10000000000000000") == UINT64_MAX);
    CHECK(read_number("02000000000000000000000") == UINT64_MAX);
    CHECK(read_number("1844674407370955161") == 1844674407370955161);
}

TEST_CASE("a number that is too large is the largest with a minus too") {
    CHECK(read_number("-99999999999999999999999") == UINT64_MAX);
}

TEST_CASE("glibc takes the last few numbers before the largest for too large") {
    CHECK(read_number("18446744073709551610") == UINT64_MAX);
    CHECK(read_number("0xfffffffffffffff0") == UINT64_MAX);
    CHECK(read_number("01777777777777777777760") == UINT64_MAX - 15);
}

TEST_CASE("nothing is set in an empty environment") {
    CHECK(count_set(read({})) == 0);
    CHECK(count_set(ptm::read_settings(nullptr)) == 0);
}

TEST_CASE("every tunable is read by its name in GLIBC_TUNABLES, from the version on that has it") {
    for (tunable_rules rules : {tunable_rules::glibc_2_33, tunable_rules::glibc_2_36, tunable_rules::glibc_2_42}) {
        for (unsigned i = 0; i < tunables; ++i) {
            INFO(name_of(i).tunable);
            const ptm::settings s = read({as_tunable(i, "1").c_str()}, rules);
            if (rules >= name_of(i).since) CHECK(only(s, i, 1));
            if (rules < name_of(i).since) CHECK(count_set(s) == 0);
        }
    }
}

TEST_CASE("every tunable that has a variable is read from it") {
    std::size_t variables = 0;
    for (tunable_rules rules : {tunable_rules::glibc_2_33, tunable_rules::glibc_2_36, tunable_rules::glibc_2_42}) {
        for (unsigned i = 0; i < tunables; ++i) {
            if (name_of(i).variable.empty()) continue;
            INFO(name_of(i).variable);
            CHECK(only(read({as_variable(i, "1").c_str()}, rules), i, 1));
            ++variables;
        }
    }
    CHECK(variables == 3 * 8);
}

TEST_CASE("the names are glibc's") {
    ptm::settings s =
        read({"MALLOC_TOP_PAD_=1", "MALLOC_PERTURB_=2", "MALLOC_MMAP_THRESHOLD_=3", "MALLOC_TRIM_THRESHOLD_=4",
              "MALLOC_MMAP_MAX_=5", "MALLOC_ARENA_MAX=6", "MALLOC_ARENA_TEST=7",
              "GLIBC_TUNABLES=glibc.malloc.tcache_max=8:glibc.malloc.tcache_count=9:"
              "glibc.malloc.tcache_unsorted_limit=10:glibc.malloc.mxfast=11:glibc.malloc.hugetlb=12"});
    CHECK(s[tunable::top_pad] == 1);
    CHECK(s[tunable::perturb] == 2);
    CHECK(s[tunable::mmap_threshold] == 3);
    CHECK(s[tunable::trim_threshold] == 4);
    CHECK(s[tunable::mmap_max] == 5);
    CHECK(s[tunable::arena_max] == 6);
    CHECK(s[tunable::arena_test] == 7);
    CHECK(s[tunable::tcache_max] == 8);
    CHECK(s[tunable::tcache_count] == 9);
    CHECK(s[tunable::tcache_unsorted_limit] == 10);
    CHECK(s[tunable::mxfast] == 11);
    CHECK(s[tunable::hugetlb] == 12);
    CHECK(read({"MALLOC_CHECK_=3"})[tunable::check] == 3);
    CHECK(read({"GLIBC_TUNABLES=glibc.malloc.check=2"})[tunable::check] == 2);
}

TEST_CASE("the bounds are glibc's") {
    struct bounds {
        tunable which;
        std::uint64_t least, most;
    };
    constexpr bounds narrow[] = {
        {tunable::perturb, 0, 255},           {tunable::mmap_max, 0, INT_MAX}, {tunable::arena_max, 1, UINT64_MAX},
        {tunable::arena_test, 1, UINT64_MAX}, {tunable::check, 0, 3},          {tunable::decorate_maps, 0, 1}};
    std::size_t all = 0;
    for (unsigned i = 0; i < tunables; ++i) all += name_of(i).least == 0 && name_of(i).most == UINT64_MAX;
    CHECK(all == tunables - std::size(narrow));
    for (const bounds& b : narrow) {
        const auto& name = name_of(static_cast<unsigned>(b.which));
        INFO(name.tunable);
        CHECK(name.least == b.least);
        CHECK(name.most == b.most);
    }
}

TEST_CASE("names are taken whole and as they are written") {
    CHECK(count_set(read({"MALLOC_TOP_PAD=1", "malloc_top_pad_=1", "MALLOC_TOP_PAD_X=1", "XMALLOC_TOP_PAD_=1"})) == 0);
    CHECK(count_set(read({"MALLOC_ARENA_MAX_=1", "MALLOC_TOP_PAD_", "=1", ""})) == 0);
    CHECK(count_set(read({"GLIBC_TUNABLES=top_pad=1:malloc.top_pad=1:glibc.malloc.top_pa=1"})) == 0);
    CHECK(count_set(read({"GLIBC_TUNABLES=glibc.malloc.top_padd=1:glibc.elision.top_pad=1:xglibc.malloc.mxfast=1"}))
          == 0);
}

TEST_CASE("the least and the most are within bounds, and what is beyond is not set") {
    for (unsigned i = 0; i < tunables; ++i) {
        const auto& name = name_of(i);
        if (name.since > tunable_rules::glibc_2_36) continue;
        INFO(name.tunable);
        CHECK(only(read({as_tunable(i, std::to_string(name.least)).c_str()}), i, name.least));
        CHECK(only(read({as_tunable(i, std::to_string(name.most)).c_str()}), i, name.most));
        if (name.least > 0) CHECK(count_set(read({as_tunable(i, std::to_string(name.least - 1)).c_str()})) == 0);
        if (name.most < UINT64_MAX) CHECK(count_set(read({as_tunable(i, std::to_string(name.most + 1)).c_str()})) == 0);
    }
}

TEST_CASE("what is an int for glibc is compared with its sign") {
    CHECK(count_set(read({"MALLOC_PERTURB_=-1", "MALLOC_MMAP_MAX_=-1"})) == 0);
    CHECK(count_set(read({"MALLOC_PERTURB_=0x1000000ff", "MALLOC_MMAP_MAX_=4294967297"})) == 0);
    CHECK(read({"MALLOC_TOP_PAD_=-1"})[tunable::top_pad] == UINT64_MAX);
}

TEST_CASE("an empty value is zero, and set") {
    CHECK(read({"MALLOC_TOP_PAD_="})[tunable::top_pad] == 0);
    CHECK(read({"GLIBC_TUNABLES=glibc.malloc.top_pad="})[tunable::top_pad] == 0);
    CHECK(read({"MALLOC_TOP_PAD_=junk"})[tunable::top_pad] == 0);
    CHECK(count_set(read({"MALLOC_ARENA_MAX="})) == 0); // zero is out of its bounds
}

TEST_CASE("GLIBC_TUNABLES wins over a variable, wherever it stands") {
    CHECK(read({"GLIBC_TUNABLES=glibc.malloc.top_pad=1", "MALLOC_TOP_PAD_=2"})[tunable::top_pad] == 1);
    CHECK(read({"MALLOC_TOP_PAD_=2", "GLIBC_TUNABLES=glibc.malloc.top_pad=1"})[tunable::top_pad] == 1);
}

TEST_CASE("a variable counts where GLIBC_TUNABLES is out of bounds") {
    CHECK(read({"GLIBC_TUNABLES=glibc.malloc.perturb=256", "MALLOC_PERTURB_=9"})[tunable::perturb] == 9);
    CHECK(read({"GLIBC_TUNABLES=glibc.malloc.perturb=7", "MALLOC_PERTURB_=256"})[tunable::perturb] == 7);
}

TEST_CASE("in GLIBC_TUNABLES the last one within bounds wins") {
    CHECK(read({"GLIBC_TUNABLES=glibc.malloc.top_pad=1:glibc.malloc.top_pad=2"})[tunable::top_pad] == 2);
    CHECK(read({"GLIBC_TUNABLES=glibc.malloc.perturb=7:glibc.malloc.perturb=256"})[tunable::perturb] == 7);
    CHECK(read({"GLIBC_TUNABLES=glibc.malloc.top_pad=1", "GLIBC_TUNABLES=glibc.malloc.top_pad=2"})[tunable::top_pad]
          == 2);
}

TEST_CASE("of a variable that stands twice the first one within bounds wins") {
    CHECK(read({"MALLOC_TOP_PAD_=1", "MALLOC_TOP_PAD_=2"})[tunable::top_pad] == 1);
    CHECK(read({"MALLOC_PERTURB_=256", "MALLOC_PERTURB_=7"})[tunable::perturb] == 7);
}

TEST_CASE("GLIBC_TUNABLES is a list with colons, and what is no item of it is skipped") {
    ptm::settings s = read({"GLIBC_TUNABLES=junk:glibc.malloc.perturb=5::=:a=:glibc.malloc.top_pad=6:"});
    CHECK(count_set(s) == 2);
    CHECK(s[tunable::perturb] == 5);
    CHECK(s[tunable::top_pad] == 6);
    CHECK(count_set(read({"GLIBC_TUNABLES="})) == 0);
    CHECK(count_set(read({"GLIBC_TUNABLES=glibc.malloc.top_pad"})) == 0);
}

TEST_CASE("a value goes to the colon, equals signs and all") {
    ptm::settings s = read({"GLIBC_TUNABLES=glibc.malloc.perturb=5=6:glibc.malloc.top_pad=glibc.malloc.mxfast=1"});
    CHECK(count_set(s) == 2);
    CHECK(s[tunable::perturb] == 5);
    CHECK(s[tunable::top_pad] == 0);
}

// ---- 2.33 ----------------------------------------------------------------------------------------------------------

TEST_CASE("2.33 has neither huge pages nor bounds of mmap_max beyond those of an int") {
    CHECK(count_set(read_2_33({"GLIBC_TUNABLES=glibc.malloc.hugetlb=1"})) == 0);
    CHECK(read_2_33({"MALLOC_MMAP_MAX_=-1"})[tunable::mmap_max] == UINT64_MAX);
    CHECK(read_2_33({"MALLOC_MMAP_MAX_=-2147483648"})[tunable::mmap_max] == static_cast<std::uint64_t>(INT_MIN));
    CHECK(read_2_33({"MALLOC_MMAP_MAX_=2147483647"})[tunable::mmap_max] == INT_MAX);
    CHECK(count_set(read_2_33({"MALLOC_MMAP_MAX_=2147483648"})) == 0);
    CHECK(count_set(read_2_33({"MALLOC_MMAP_MAX_=-2147483649"})) == 0);
    CHECK(count_set(read_2_33({"MALLOC_PERTURB_=-1", "MALLOC_CHECK_=4"})) == 0);
    CHECK(read_2_33({"MALLOC_CHECK_=3"})[tunable::check] == 3);
    CHECK(read_2_33({"MALLOC_TOP_PAD_=5abc"})[tunable::top_pad] == 5);
}

// ---- 2.42 ----------------------------------------------------------------------------------------------------------

TEST_CASE("2.42 reads numbers as before") {
    for (const char* text : {"0", "5", "0x10", "0X1f", "010", " 5", "\t5", "+5", "-5", "-0x10", "18446744073709551615",
                             "0xffffffffffffffff", "01777777777777777777777"}) {
        INFO(text);
        CHECK(read_whole_number(text) == read_number(text));
    }
}

TEST_CASE("2.42 takes a number whole or not at all") {
    for (const char* text : {"5abc", "abc", "08", "0xg", "0x1g", "5 ", "1e3", "-+5", "+-5", "- 5", "\n5", "5=6"}) {
        INFO(text);
        CHECK_FALSE(read_whole_number(text));
    }
}

TEST_CASE("2.42 takes the beginning of a number for zero") {
    for (const char* text : {"", " ", "-", "+", "0x", "0X", "00"}) {
        INFO(text);
        CHECK(read_whole_number(text) == 0);
    }
    CHECK(read_2_42({"MALLOC_TOP_PAD_="})[tunable::top_pad] == 0);
}

TEST_CASE("2.42 has no number for what is too large, and all those that are not") {
    CHECK_FALSE(read_whole_number("18446744073709551616"));
    CHECK_FALSE(read_whole_number("-18446744073709551616"));
    CHECK_FALSE(read_whole_number("99999999999999999999"));
    CHECK_FALSE(read_whole_number("0x10000000000000000"));
    CHECK_FALSE(read_whole_number("02000000000000000000000"));
    CHECK(read_whole_number("18446744073709551614") == UINT64_MAX - 1);
    CHECK(read_whole_number("18446744073709551610") == UINT64_MAX - 5);
    CHECK(read_whole_number("-18446744073709551615") == 1);
}

TEST_CASE("2.42 leaves unset what is no number") {
    CHECK(count_set(read_2_42({"MALLOC_TOP_PAD_=5abc", "MALLOC_PERTURB_=abc"})) == 0);
    ptm::settings s =
        read_2_42({"GLIBC_TUNABLES=glibc.malloc.perturb=5:glibc.malloc.top_pad=x:glibc.malloc.mmap_max=7"});
    CHECK(count_set(s) == 2);
    CHECK(s[tunable::perturb] == 5);
    CHECK(s[tunable::mmap_max] == 7);
    CHECK(read_2_42({"MALLOC_PERTURB_=9", "GLIBC_TUNABLES=glibc.malloc.perturb=x"})[tunable::perturb] == 9);
    CHECK(read_2_42({"MALLOC_PERTURB_=9", "GLIBC_TUNABLES=glibc.malloc.perturb=256"})[tunable::perturb] == 9);
}

TEST_CASE("2.42 takes the low 32 bits of an int") {
    CHECK(read_2_42({"MALLOC_PERTURB_=4294967298"})[tunable::perturb] == 2);
    CHECK(read_2_42({"MALLOC_PERTURB_=0x1000000ff"})[tunable::perturb] == 255);
    CHECK(read_2_42({"MALLOC_MMAP_MAX_=-4294967295"})[tunable::mmap_max] == 1);
    CHECK(count_set(read_2_42({"MALLOC_MMAP_MAX_=2147483648", "MALLOC_PERTURB_=-1", "MALLOC_CHECK_=4"})) == 0);
}

TEST_CASE("2.42 goes by the last one, within bounds or not") {
    CHECK(read_2_42({"MALLOC_TOP_PAD_=1", "MALLOC_TOP_PAD_=2"})[tunable::top_pad] == 2);
    CHECK(read_2_42({"MALLOC_TOP_PAD_=x", "MALLOC_TOP_PAD_=2"})[tunable::top_pad] == 2);
    CHECK(count_set(read_2_42({"MALLOC_TOP_PAD_=1", "MALLOC_TOP_PAD_=x"})) == 0);
    CHECK(count_set(read_2_42({"MALLOC_PERTURB_=7", "MALLOC_PERTURB_=256"})) == 0);
    CHECK(read_2_42({"GLIBC_TUNABLES=glibc.malloc.top_pad=7:glibc.malloc.top_pad=8"})[tunable::top_pad] == 8);
    CHECK(count_set(read_2_42({"GLIBC_TUNABLES=glibc.malloc.top_pad=7:glibc.malloc.top_pad=x"})) == 0);
    CHECK(count_set(read_2_42({"GLIBC_TUNABLES=glibc.malloc.perturb=7:glibc.malloc.perturb=256"})) == 0);
}

TEST_CASE("2.42 goes over one GLIBC_TUNABLES after the other") {
    const char* first = "GLIBC_TUNABLES=glibc.malloc.top_pad=1";
    CHECK(read_2_42({first, "GLIBC_TUNABLES=glibc.malloc.top_pad=2"})[tunable::top_pad] == 2);
    CHECK(read_2_42({first, "GLIBC_TUNABLES=glibc.malloc.top_pad=x"})[tunable::top_pad] == 1);
    CHECK(read_2_42({first, "GLIBC_TUNABLES=junk"})[tunable::top_pad] == 1);
    CHECK(count_set(read_2_42({first, "GLIBC_TUNABLES=glibc.malloc.perturb=2"})) == 2);
    CHECK(read_2_42({first, "MALLOC_TOP_PAD_=2"})[tunable::top_pad] == 1);
}

TEST_CASE("2.42 takes a list with colons whole or not at all") {
    for (const char* list :
         {"glibc.malloc.top_pad=6:", "glibc.malloc.top_pad=6:junk",
          "glibc.malloc.top_pad=6:==", "glibc.malloc.top_pad=6:glibc.malloc.perturb",
          "glibc.malloc.perturb=5=6:glibc.malloc.top_pad=6", "a=b=c:glibc.malloc.top_pad=6", "junk", ""}) {
        INFO(list);
        CHECK(count_set(read_2_42({("GLIBC_TUNABLES=" + std::string(list)).c_str()})) == 0);
    }
    for (const char* list : {"junk:glibc.malloc.top_pad=6", "::glibc.malloc.top_pad=6", "=:glibc.malloc.top_pad=6",
                             "glibc.malloc.top_pad=6:a=", "glibc.malloc.unknown=3:glibc.malloc.top_pad=6"}) {
        INFO(list);
        ptm::settings s = read_2_42({("GLIBC_TUNABLES=" + std::string(list)).c_str()});
        CHECK(count_set(s) == 1);
        CHECK(s[tunable::top_pad] == 6);
    }
}

TEST_CASE("2.42 can name mappings") {
    CHECK(read_2_42({"GLIBC_TUNABLES=glibc.mem.decorate_maps=1"})[tunable::decorate_maps] == 1);
    CHECK(count_set(read_2_42({"GLIBC_TUNABLES=glibc.mem.decorate_maps=2"})) == 0);
    CHECK(count_set(read_2_42({"GLIBC_TUNABLES=glibc.malloc.decorate_maps=1:glibc.mem.top_pad=1"})) == 0);
    CHECK(count_set(read({"GLIBC_TUNABLES=glibc.mem.decorate_maps=1"})) == 0);
}

// ---- the reader ----------------------------------------------------------------------------------------------------

TEST_CASE("settings can be read while compiling") {
    constexpr std::uint64_t pad = [] {
        const char* const environment[] = {"HOME=/", "MALLOC_TOP_PAD_=0x10", nullptr};
        return ptm::read_settings(environment)[tunable::top_pad].value();
    }();
    CHECK(pad == 16);
}

TEST_CASE("the process's own environment is read") {
    ptm_test::ending end = ptm_test::in_child([] {
        clearenv();
        setenv("MALLOC_PERTURB_", "77", 1);
        setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=3", 1);
        ptm::settings s = ptm::read_process_settings();
        CHILD_CHECK(s[tunable::perturb] == 77);
        CHILD_CHECK(s[tunable::tcache_count] == 3);
        CHILD_CHECK(!s[tunable::top_pad]);
    });
    CHECK(end.errors == "");
    CHECK(end.exited_with(0));
}
