// tune/environment.hpp - the user's settings: GLIBC_TUNABLES and the MALLOC_* variables, read as glibc reads them.
//
// A number is decimal, 0x hexadecimal or 0 octal, with an optional minus that wraps. Out of bounds means not set, and
// GLIBC_TUNABLES wins over a variable. The rest is a matter of versions:
//
//                                  2.33, 2.36                           2.42
//   what follows the digits        is ignored; no digits: 0, and set    makes it no number: not set
//   a number that is too large     is the largest                       is none
//   an int                         is compared in 64 bits               keeps its low 32 bits first
//   a tunable that stands twice    last one within bounds wins          last one decides
//   a variable that stands twice   first one within bounds wins         last one decides
//   an item with two "=", or the   is skipped, or its value cut off     voids all of GLIBC_TUNABLES
//   last item without one
//
// Nothing here allocates; thread-safe if nobody changes the environment meanwhile.
#pragma once

#include <climits>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <sys/auxv.h>
#include <unistd.h>

namespace ptm {

// tunable_rules - which glibc's names, bounds and ways to read; in the order of versions.
enum class tunable_rules { glibc_2_33, glibc_2_36, glibc_2_42 };

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
    check,         // from 2.34 on of use to glibc's debugging library only
    decorate_maps, // names mappings
    count
};

// tunable_name - how a tunable is called: after "glibc.", and as a variable of its own (empty: it has none).
struct tunable_name {
    std::string_view tunable;
    std::string_view variable;
    std::uint64_t least;
    std::uint64_t most;
    bool is_int = false; // a 32-bit number with a sign: bounds are tested as such
    tunable_rules since = tunable_rules::glibc_2_33;
    tunable_rules bounded_since = tunable_rules::glibc_2_33; // before that an int may be any
};

// The order is glibc's order of applying them; the last two are not the allocator's to apply.
inline constexpr tunable_name tunable_names[] = {
    {"malloc.top_pad", "MALLOC_TOP_PAD_", 0, UINT64_MAX},
    {"malloc.perturb", "MALLOC_PERTURB_", 0, 255, true},
    {"malloc.mmap_threshold", "MALLOC_MMAP_THRESHOLD_", 0, UINT64_MAX},
    {"malloc.trim_threshold", "MALLOC_TRIM_THRESHOLD_", 0, UINT64_MAX},
    {"malloc.mmap_max", "MALLOC_MMAP_MAX_", 0, INT_MAX, true, tunable_rules::glibc_2_33, tunable_rules::glibc_2_36},
    {"malloc.arena_max", "MALLOC_ARENA_MAX", 1, UINT64_MAX},
    {"malloc.arena_test", "MALLOC_ARENA_TEST", 1, UINT64_MAX},
    {"malloc.tcache_max", "", 0, UINT64_MAX},
    {"malloc.tcache_count", "", 0, UINT64_MAX},
    {"malloc.tcache_unsorted_limit", "", 0, UINT64_MAX},
    {"malloc.mxfast", "", 0, UINT64_MAX},
    {"malloc.hugetlb", "", 0, UINT64_MAX, false, tunable_rules::glibc_2_36},
    {"malloc.check", "MALLOC_CHECK_", 0, 3, true},
    {"mem.decorate_maps", "", 0, 1, true, tunable_rules::glibc_2_42},
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

// take_minus - removes blanks and the sign, and returns whether it was a minus.
constexpr bool take_minus(std::string_view& text) noexcept {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    return negative;
}

// take_base - removes the prefix that tells the base, and returns the base.
constexpr int take_base(std::string_view& text) noexcept {
    if (!text.starts_with('0')) return 10;
    if (!text.starts_with("0x") && !text.starts_with("0X")) return 8;
    text.remove_prefix(2);
    return 16;
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

// read_number - the number that glibc 2.33 and 2.36 read from `text`.
constexpr std::uint64_t read_number(std::string_view text) noexcept {
    bool negative = detail::take_minus(text);
    int base = detail::take_base(text);
    std::uint64_t n = detail::digits(text, base);
    return negative && n != UINT64_MAX ? -n : n; // what does not fit is the largest number, whatever its sign
}

// read_whole_number - the number that glibc 2.42 reads from `text`; nothing if there is more in it than a number. Of
// what makes a number anything may be missing: "", "-" and "0x" are 0.
constexpr std::optional<std::uint64_t> read_whole_number(std::string_view text) noexcept {
    bool negative = detail::take_minus(text);
    auto base = static_cast<unsigned>(detail::take_base(text));
    std::uint64_t n = 0;
    for (char c : text) {
        auto value = static_cast<unsigned>(detail::digit_value(c));
        if (value >= base || __builtin_mul_overflow(n, base, &n) || __builtin_add_overflow(n, value, &n))
            return std::nullopt;
    }
    return negative ? -n : n;
}

static_assert(read_number("0x10") == 16 && read_number("010") == 8 && read_number("12abc") == 12);
static_assert(read_number("abc") == 0 && read_number("-1") == UINT64_MAX);
static_assert(read_whole_number("0x10") == 16 && !read_whole_number("12abc") && read_whole_number("-1") == UINT64_MAX);

namespace detail {
class settings_reader;
}

// settings - what the user set; nothing for what was not set or is out of bounds.
class settings {
    std::optional<std::uint64_t> values_[static_cast<unsigned>(tunable::count)];
    friend class detail::settings_reader;

public:
    // An int with a minus is as it wraps in 64 bits.
    constexpr std::optional<std::uint64_t> operator[](tunable t) const noexcept {
        return values_[static_cast<unsigned>(t)];
    }
};

namespace detail {

// settings_reader - goes over an environment: first over all variables, then over every GLIBC_TUNABLES.
class settings_reader {
    static constexpr unsigned count = static_cast<unsigned>(tunable::count);

    settings& into_;
    tunable_rules rules_;
    std::string_view last_[count]; // where the last one decides: how it stands there; no data: not seen

public:
    constexpr settings_reader(settings& into, tunable_rules rules) noexcept : into_(into), rules_(rules) {}

    constexpr void read(const char* const* environment) noexcept {
        for (const char* const* entry = environment; entry && *entry; ++entry) read_variable(*entry);
        settle();
        for (const char* const* entry = environment; entry && *entry; ++entry) read_tunables(*entry);
    }

private:
    constexpr bool is_strict() const noexcept { return rules_ >= tunable_rules::glibc_2_42; }

    constexpr bool within(const tunable_name& name, std::uint64_t n) const noexcept {
        if (!name.is_int) return n >= name.least && n <= name.most;
        auto small = static_cast<std::int64_t>(n);
        if (rules_ < name.bounded_since) return small >= INT_MIN && small <= INT_MAX;
        return small >= static_cast<std::int64_t>(name.least) && small <= static_cast<std::int64_t>(name.most);
    }

    constexpr std::optional<std::uint64_t> number_in(std::string_view text, bool is_int) const noexcept {
        if (!is_strict()) return read_number(text);
        auto n = read_whole_number(text);
        if (n && is_int) n = static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(*n)});
        return n;
    }

    constexpr void set(unsigned i, std::string_view text) noexcept {
        auto n = number_in(text, tunable_names[i].is_int);
        if (n && within(tunable_names[i], *n)) into_.values_[i] = n;
    }

    // Takes over what was put off until the last one was seen.
    constexpr void settle() noexcept {
        for (unsigned i = 0; i < count; ++i) {
            if (last_[i].data()) set(i, last_[i]);
            last_[i] = {};
        }
    }

    // The tunable that is called so; count if there is none.
    constexpr unsigned find(std::string_view tunable_name::* as, std::string_view name) const noexcept {
        for (unsigned i = 0; i < count; ++i)
            if (tunable_names[i].*as == name && rules_ >= tunable_names[i].since) return i;
        return count;
    }

    constexpr void read_variable(std::string_view entry) noexcept {
        std::size_t equals = entry.find('=');
        if (equals == entry.npos || equals == 0) return; // without a name are those that have no variable
        unsigned i = find(&tunable_name::variable, before(entry, equals));
        if (i == count) return;
        if (is_strict()) last_[i] = after(entry, equals);
        if (!is_strict() && !into_.values_[i]) set(i, after(entry, equals));
    }

    constexpr void read_tunable(std::string_view name, std::string_view value) noexcept {
        constexpr std::string_view prefix = "glibc.";
        if (!name.starts_with(prefix)) return;
        name.remove_prefix(prefix.size());
        unsigned i = find(&tunable_name::tunable, name);
        if (i == count) return;
        if (is_strict()) last_[i] = value;
        if (!is_strict()) set(i, value);
    }

    // take_item - removes the next item and its colon from name=value:name=value...
    static constexpr std::string_view take_item(std::string_view& text) noexcept {
        std::size_t colon = text.find(':');
        std::string_view item = before(text, colon == text.npos ? text.size() : colon);
        text.remove_prefix(colon == text.npos ? text.size() : colon + 1);
        return item;
    }

    // No item has two equals signs, and the last one has one; an item without in the middle is nothing.
    static constexpr bool is_well_formed(std::string_view text) noexcept {
        std::string_view item;
        bool more = true;
        while (more) {
            more = text.find(':') != text.npos;
            item = take_item(text);
            if (item.find('=') != item.rfind('=')) return false;
        }
        return item.find('=') != item.npos;
    }

    constexpr void read_tunables(std::string_view text) noexcept {
        constexpr std::string_view name = "GLIBC_TUNABLES=";
        if (!text.starts_with(name)) return;
        text.remove_prefix(name.size());
        if (is_strict() && !is_well_formed(text)) return;
        while (!text.empty()) {
            std::string_view item = take_item(text);
            if (std::size_t equals = item.find('='); equals != item.npos)
                read_tunable(before(item, equals), after(item, equals));
        }
        settle();
    }
};

} // namespace detail

// read_settings - from an environment as main() gets it: pointers to "NAME=value", nullptr at the end.
constexpr settings read_settings(const char* const* environment,
                                 tunable_rules rules = tunable_rules::glibc_2_36) noexcept {
    settings s;
    detail::settings_reader(s, rules).read(environment);
    return s;
}

// read_process_settings - from this process's environment; none for a program that runs with raised privileges.
inline settings read_process_settings(tunable_rules rules = tunable_rules::glibc_2_36) noexcept {
    if (getauxval(AT_SECURE) != 0) return {};
    return read_settings(environ, rules);
}

} // namespace ptm
