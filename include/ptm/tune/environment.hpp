// tune/environment.hpp - the user's settings: GLIBC_TUNABLES and the MALLOC_* variables, read as glibc 2.36 reads them.
//
// A number is decimal, 0x hexadecimal or 0 octal, with an optional minus that wraps. What follows the digits is
// ignored, and a text without digits is 0 - and is set. Out of bounds means not set. In GLIBC_TUNABLES the last
// occurrence wins, of a variable that stands twice the first, and GLIBC_TUNABLES wins over a variable. Nothing here
// allocates; thread-safe if nobody changes the environment meanwhile.
#pragma once

#include <climits>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <sys/auxv.h>
#include <unistd.h>

namespace ptm {

enum class tunable : unsigned {
    top_pad,
    perturb,
    mmap_threshold,
    trim_threshold,
    mmap_max,
    arena_max,
    arena_test,
    tcache_max,
    tcache_count,
    tcache_unsorted_limit,
    mxfast,
    hugetlb,
    count
};

// tunable_name - how a tunable is called: after "glibc.malloc.", and as a variable of its own (empty: it has none).
struct tunable_name {
    std::string_view tunable;
    std::string_view variable;
    std::uint64_t least;
    std::uint64_t most;
    bool is_int; // a 32-bit number with a sign: bounds are tested as such
};

// The order is glibc's order of applying them.
inline constexpr tunable_name tunable_names[] = {
    {"top_pad", "MALLOC_TOP_PAD_", 0, UINT64_MAX, false},
    {"perturb", "MALLOC_PERTURB_", 0, 255, true},
    {"mmap_threshold", "MALLOC_MMAP_THRESHOLD_", 0, UINT64_MAX, false},
    {"trim_threshold", "MALLOC_TRIM_THRESHOLD_", 0, UINT64_MAX, false},
    {"mmap_max", "MALLOC_MMAP_MAX_", 0, INT_MAX, true},
    {"arena_max", "MALLOC_ARENA_MAX", 1, UINT64_MAX, false},
    {"arena_test", "MALLOC_ARENA_TEST", 1, UINT64_MAX, false},
    {"tcache_max", "", 0, UINT64_MAX, false},
    {"tcache_count", "", 0, UINT64_MAX, false},
    {"tcache_unsorted_limit", "", 0, UINT64_MAX, false},
    {"mxfast", "", 0, UINT64_MAX, false},
    {"hugetlb", "", 0, UINT64_MAX, false},
};
static_assert(sizeof(tunable_names) / sizeof(tunable_names[0]) == static_cast<unsigned>(tunable::count));

namespace detail {

constexpr int digit_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 99;
}

// before, after - the parts of `text` around position i; without the exception that substr() could throw.
constexpr std::string_view before(std::string_view text, std::size_t i) noexcept { return {text.data(), i}; }
constexpr std::string_view after(std::string_view text, std::size_t i) noexcept {
    text.remove_prefix(i + 1);
    return text;
}

// take_base - removes the prefix that tells the base, and returns the base.
constexpr int take_base(std::string_view& text) noexcept {
    if (!text.starts_with('0')) return 10;
    if (text.size() > 2 && (text[1] == 'x' || text[1] == 'X') && digit_value(text[2]) < 16) {
        text.remove_prefix(2);
        return 16;
    }
    return 8;
}

// digits - the number at the start of `text`; the largest number if it does not fit.
constexpr std::uint64_t digits(std::string_view text, int base) noexcept {
    std::uint64_t n = 0;
    for (char c : text) {
        if (digit_value(c) >= base) break;
        const auto value = std::uint64_t(digit_value(c));
        if (n >= (UINT64_MAX - value) / std::uint64_t(base)) return UINT64_MAX;
        n = n * std::uint64_t(base) + value;
    }
    return n;
}

} // namespace detail

// read_number - the number that glibc reads from `text`.
constexpr std::uint64_t read_number(std::string_view text) noexcept {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    int base = detail::take_base(text);
    std::uint64_t n = detail::digits(text, base);
    return negative && n != UINT64_MAX ? -n : n; // what does not fit is the largest number, whatever its sign
}

static_assert(read_number("0x10") == 16 && read_number("010") == 8 && read_number("12abc") == 12);
static_assert(read_number("abc") == 0 && read_number("-1") == UINT64_MAX);

// settings - what the user set; nothing for what was not set or is out of bounds.
class settings {
    std::optional<std::uint64_t> values_[static_cast<unsigned>(tunable::count)];

public:
    constexpr std::optional<std::uint64_t> operator[](tunable t) const noexcept {
        return values_[static_cast<unsigned>(t)];
    }

    // read_entry - takes over one "NAME=value" of the environment.
    constexpr void read_entry(std::string_view entry, bool tunables) noexcept {
        std::size_t equals = entry.find('=');
        if (equals == entry.npos) return;
        std::string_view name = detail::before(entry, equals), value = detail::after(entry, equals);
        if (tunables && name == "GLIBC_TUNABLES") read_tunables(value);
        if (!tunables) read_variable(name, value);
    }

private:
    static constexpr bool within(const tunable_name& name, std::uint64_t n) noexcept {
        if (!name.is_int) return n >= name.least && n <= name.most;
        auto small = static_cast<std::int64_t>(n);
        return small >= static_cast<std::int64_t>(name.least) && small <= static_cast<std::int64_t>(name.most);
    }

    constexpr void set(unsigned i, std::string_view value) noexcept {
        std::uint64_t n = read_number(value);
        if (within(tunable_names[i], n)) values_[i] = n;
    }

    constexpr void read_variable(std::string_view name, std::string_view value) noexcept {
        for (unsigned i = 0; i < static_cast<unsigned>(tunable::count); ++i)
            if (!tunable_names[i].variable.empty() && name == tunable_names[i].variable && !values_[i]) set(i, value);
    }

    constexpr void read_tunable(std::string_view name, std::string_view value) noexcept {
        constexpr std::string_view prefix = "glibc.malloc.";
        if (!name.starts_with(prefix)) return;
        name.remove_prefix(prefix.size());
        for (unsigned i = 0; i < static_cast<unsigned>(tunable::count); ++i)
            if (name == tunable_names[i].tunable) set(i, value);
    }

    // name=value:name=value...; an item without '=' is skipped.
    constexpr void read_tunables(std::string_view text) noexcept {
        while (!text.empty()) {
            std::size_t colon = text.find(':');
            std::string_view item = detail::before(text, colon == text.npos ? text.size() : colon);
            text.remove_prefix(colon == text.npos ? text.size() : colon + 1);
            if (std::size_t equals = item.find('='); equals != item.npos)
                read_tunable(detail::before(item, equals), detail::after(item, equals));
        }
    }
};

// read_settings - from an environment as main() gets it: pointers to "NAME=value", nullptr at the end.
constexpr settings read_settings(const char* const* environment) noexcept {
    settings s;
    for (bool tunables : {false, true}) // GLIBC_TUNABLES last: it wins
        for (const char* const* entry = environment; entry && *entry; ++entry) s.read_entry(*entry, tunables);
    return s;
}

// read_process_settings - from this process's environment; none for a program that runs with raised privileges.
inline settings read_process_settings() noexcept {
    if (getauxval(AT_SECURE) != 0) return {};
    return read_settings(environ);
}

} // namespace ptm
