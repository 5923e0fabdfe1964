// cover/covering.hpp - a covering array: few rows, each with one level of every slot, so that each two levels of two
// slots meet in at least one row.
//
// Greedy, and the same on every machine: a row begins with the level that lacks most partners, and takes the level that
// meets most new ones, until each slot has one. Levels are numbered through, slot by slot.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace cover {

// level_set - of levels 0 .. 127.
class level_set {
    std::uint64_t words_[2] = {};

public:
    static constexpr unsigned most = 128;

    constexpr void insert(unsigned i) { words_[i / 64] |= std::uint64_t{1} << i % 64; }
    constexpr void remove(unsigned i) { words_[i / 64] &= ~(std::uint64_t{1} << i % 64); }
    constexpr bool has(unsigned i) const { return (words_[i / 64] >> i % 64 & 1) != 0; }
    constexpr int count() const { return std::popcount(words_[0]) + std::popcount(words_[1]); }

    // Not by value: GCC 12 takes a parameter of a constant expression for what it was copied from.
    constexpr level_set operator&(const level_set& o) const {
        level_set both;
        for (int w : {0, 1}) both.words_[w] = words_[w] & o.words_[w];
        return both;
    }
    constexpr level_set operator|(const level_set& o) const {
        level_set any;
        for (int w : {0, 1}) any.words_[w] = words_[w] | o.words_[w];
        return any;
    }
    constexpr bool within(const level_set& o) const { return (*this & o).count() == count(); }
};

// design - what is to be covered. Slots of these sizes, and pairs of levels that must not meet.
template <std::size_t Slots>
struct design {
    std::array<unsigned, Slots + 1> begin{}; // the first level of each slot, and one past the last level
    std::array<level_set, level_set::most> apart{};
    std::size_t pairs = 0;           // that can meet
    std::size_t forbidden_pairs = 0; // that must not

    constexpr explicit design(const std::array<unsigned, Slots>& sizes) {
        for (std::size_t s = 0; s < Slots; ++s) begin[s + 1] = begin[s] + sizes[s];
        for (std::size_t s = 0; s < Slots; ++s) pairs += sizes[s] * begin[s];
        if (levels() > level_set::most) throw "cover: more levels than a level_set has bits";
    }

    constexpr unsigned levels() const { return begin[Slots]; }

    constexpr void forbid(unsigned a, unsigned b) {
        apart[a].insert(b);
        apart[b].insert(a);
        --pairs;
        ++forbidden_pairs;
    }

    constexpr level_set levels_of(std::size_t slot) const {
        level_set all;
        for (unsigned i = begin[slot]; i < begin[slot + 1]; ++i) all.insert(i);
        return all;
    }
};

template <std::size_t Slots>
struct covering {
    static constexpr std::size_t most_rows = 160;
    using row = std::array<unsigned, Slots>; // the level of each slot, counted from 0 within the slot

    std::array<row, most_rows> rows{};
    std::size_t count = 0;
};

// coverer - makes the rows.
template <std::size_t Slots>
class coverer {
    const design<Slots>& d_;
    std::array<level_set, level_set::most> missing_{}; // partners that a level has not met

    // The row in the making.
    level_set chosen_{}, blocked_{};
    std::array<bool, Slots> filled_{};
    typename covering<Slots>::row row_{};

public:
    explicit coverer(const design<Slots>& d) : d_(d) {
        for (std::size_t s = 0; s < Slots; ++s)
            for (unsigned i = d.begin[s]; i < d.begin[s + 1]; ++i) missing_[i] = partners(s, i);
    }

    covering<Slots> run() {
        covering<Slots> all;
        for (int left = missing(); left > 0;) {
            all.rows.at(all.count++) = make_row();
            int now = missing();
            if (now == left) throw "cover: two levels can never meet: forbid that";
            left = now;
        }
        return all;
    }

private:
    int missing() const {
        int sum = 0;
        for (const level_set& m : missing_) sum += m.count();
        return sum;
    }

    level_set partners(std::size_t slot, unsigned level) const {
        level_set all;
        for (unsigned i = 0; i < d_.levels(); ++i)
            if ((i < d_.begin[slot] || i >= d_.begin[slot + 1]) && !d_.apart[level].has(i)) all.insert(i);
        return all;
    }

    typename covering<Slots>::row make_row() {
        chosen_ = {};
        blocked_ = {};
        filled_ = {};
        for (std::size_t n = 0; n < Slots; ++n) take_best();
        for (unsigned i = 0; i < d_.levels(); ++i)
            if (chosen_.has(i)) strike(i);
        return row_;
    }

    void strike(unsigned level) {
        for (unsigned i = 0; i < d_.levels(); ++i)
            if (chosen_.has(i)) missing_[level].remove(i);
    }

    void take_best() {
        std::size_t slot = Slots;
        unsigned level = 0;
        int most = -1;
        for (std::size_t s = 0; s < Slots; ++s)
            for (unsigned i = d_.begin[s]; !filled_[s] && i < d_.begin[s + 1]; ++i)
                if (int now = worth(i); now > most && fits(s, i)) {
                    most = now;
                    slot = s;
                    level = i;
                }
        if (slot == Slots) throw "cover: no level is left for a slot";
        fill(slot, level);
    }

    // worth - new partners in this row first, then those that are still to be met elsewhere.
    int worth(unsigned level) const { return (missing_[level] & chosen_).count() * 1000 + missing_[level].count(); }

    // fits - and every other slot keeps a level that does.
    bool fits(std::size_t slot, unsigned level) const {
        if (blocked_.has(level)) return false;
        if (d_.apart[level].count() == 0) return true;
        level_set blocked = blocked_ | d_.apart[level];
        for (std::size_t s = 0; s < Slots; ++s)
            if (s != slot && !filled_[s] && d_.levels_of(s).within(blocked)) return false;
        return true;
    }

    void fill(std::size_t slot, unsigned level) {
        filled_[slot] = true;
        row_[slot] = level - d_.begin[slot];
        chosen_.insert(level);
        blocked_ = blocked_ | d_.apart[level];
    }
};

// pairs_in - how many different pairs meet in the rows, counted without the help of who made them.
template <std::size_t Slots>
std::size_t pairs_in(const design<Slots>& d, const covering<Slots>& c) {
    std::array<level_set, level_set::most> met{};
    for (std::size_t r = 0; r < c.count; ++r)
        for (std::size_t s = 0; s < Slots; ++s)
            for (std::size_t t = 0; t < s; ++t) met[d.begin[s] + c.rows[r][s]].insert(d.begin[t] + c.rows[r][t]);
    std::size_t sum = 0;
    for (const level_set& m : met) sum += static_cast<std::size_t>(m.count());
    return sum;
}

// forbidden_in - is there a row with a pair that must not be?
template <std::size_t Slots>
bool forbidden_in(const design<Slots>& d, const covering<Slots>& c) {
    for (std::size_t r = 0; r < c.count; ++r)
        for (std::size_t s = 0; s < Slots; ++s)
            for (std::size_t t = 0; t < s; ++t)
                if (d.apart[d.begin[s] + c.rows[r][s]].has(d.begin[t] + c.rows[r][t])) return true;
    return false;
}

} // namespace cover
