// generator.cpp - the characters of traces.
//
// A character is a row of a table: which sizes it asks for, how often it does other things than malloc and free, how
// much may be live, and a burst: a pattern of many steps written now and then, which reaches what single random steps
// hardly ever reach. Tides of some hundred steps favour either malloc or free, and an order of freeing. Characters with
// threads also say how many there are, how long they live and have the turn, and whose blocks they free.
#include "generator.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "script.hpp"

namespace equivalence {
namespace {

constexpr std::size_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;
constexpr std::size_t size_max = SIZE_MAX, ptrdiff_max = SIZE_MAX / 2;

// ---- sizes

// Around these something changes: chunk classes, fast bins, tcache, small and large bins, the threshold's first value.
constexpr std::size_t edges[] = {0,    24,   25,   40,   120,   128,   152,   160,   168,   1000,   1016,
                                 1032, 1033, 3128, 3129, 10744, 12280, 40952, 65528, 98296, 131040, 131056};

std::size_t near_edge(random_numbers& r) {
    const std::size_t edge = r.any_of(edges);
    return edge < 8 ? edge : edge - 8 + r.below(17);
}

std::size_t tiny(random_numbers& r) { return r.below(r.one_in(3) ? 200 : 70); }
std::size_t fast(random_numbers& r) { return r.below(176); }
std::size_t small(random_numbers& r) { return r.below(1100); }
std::size_t mixed(random_numbers& r) { return r.one_in(8) ? near_edge(r) : r.spread(0, 100 * kib); }
std::size_t large(random_numbers& r) { return r.one_in(4) ? r.spread(1000, 130 * kib) : r.between(1025, 20000); }
std::size_t moderate(random_numbers& r) { return r.spread(1, 20000); }

// Few different sizes, in large bins of every width, so bins hold runs of equals.
std::size_t recurring(random_numbers& r) {
    constexpr std::size_t sizes[] = {1040, 1104, 1500, 2000, 2008, 3200, 3500, 5000, 9000, 20000, 45000, 70000};
    const std::size_t size = r.any_of(sizes);
    return size + (r.one_in(3) ? 16 * r.below(4) : 0);
}

// A chunk of whole pages leaves the top's size as it was, a page further on.
std::size_t whole_pages(random_numbers& r) { return r.one_in(3) ? 4096 * r.between(1, 6) - 8 : r.between(200, 8000); }

std::size_t mappable(random_numbers& r) {
    if (r.one_in(2000)) return r.between(8 * mib, 40 * mib);
    if (r.one_in(40)) return r.spread(256 * kib, 4 * mib);
    if (r.one_in(3)) return 128 * kib - 128 + r.below(256);
    return r.one_in(2) ? r.between(100 * kib, 300 * kib) : r.spread(16, 100 * kib);
}

// With the threshold raised: some dozens of blocks fill a sub-heap of 64 MiB, two of the largest are too many for it.
std::size_t bulky(random_numbers& r) {
    if (r.one_in(60)) return r.between(8 * mib, 36 * mib);
    if (r.one_in(6)) return r.spread(1 * mib, 8 * mib);
    return r.one_in(3) ? r.spread(64 * kib, 1 * mib) : r.spread(16, 64 * kib);
}

std::size_t impossible_size(random_numbers& r) {
    const std::size_t sizes[] = {ptrdiff_max,
                                 ptrdiff_max + 1,
                                 size_max,
                                 size_max - r.below(5000),
                                 ptrdiff_max - r.below(5000),
                                 gib << 10,
                                 gib << 16,
                                 (gib << 14) + r.below(99999),
                                 gib << (7 + r.below(20))};
    return r.any_of(sizes);
}

// ---- one step of the less usual kinds

void resize_some(script& s) {
    if (s.live() == 0) return s.take('R', {s.random.below(200)});
    const std::size_t place = s.random.below(s.live());
    const std::size_t size = s.size_at(place);
    switch (s.random.below(8)) {
    case 0: return s.resize(place, size + s.random.below(64));
    case 1: return s.resize(place, size - s.random.below(size < 64 ? size + 1 : 64));
    case 2: return s.resize(place, size / 2);
    case 3: return s.resize(place, std::min(size + size / 2 + 1, 48 * mib));
    case 4: return s.resize(place, s.random.spread(1, 2000));
    case 5: return s.resize(place, s.random.one_in(4) ? 0 : s.random.spread(1, 200 * kib));
    case 6: return s.resize_to_array(place, 1 + size % 9, s.random.spread(0, 2000));
    default: return s.take('R', {s.random.spread(0, 3000)});
    }
}

void zeroed(script& s, std::size_t size) {
    const std::size_t count = s.random.one_in(2) ? 1 : s.random.between(1, 12);
    s.line('F');
    s.take('c', {count, size / count});
}

char any_page_verb(random_numbers& r) { return r.one_in(2) ? 'v' : 'V'; }

void wrongly_aligned(script& s) {
    constexpr std::size_t bad[] = {0, 3, 4, 12, 24, 48, 100};
    constexpr std::size_t absurd[] = {(size_max >> 1) + 2, size_max, size_max >> 2, std::size_t{1} << 62};
    const char page_verb = any_page_verb(s.random);
    switch (s.random.below(4)) {
    case 0: return s.attempt('p', {s.random.any_of(bad), s.random.below(100)});
    case 1: return s.attempt('a', {s.random.any_of(absurd), s.random.below(100)});
    case 2: return s.attempt('A', {s.random.any_of(absurd), s.random.below(100)});
    default: return s.attempt(page_verb, {size_max - s.random.below(5000)});
    }
}

// memalign and aligned_alloc round an alignment that is no power of two up to one.
void aligned(script& s, std::size_t size, std::size_t most) {
    if (s.random.one_in(20)) return wrongly_aligned(s);
    const std::size_t power = std::size_t{1} << s.random.below(static_cast<std::size_t>(std::bit_width(most)));
    const std::size_t odd = s.random.below(std::min<std::size_t>(most, 5000));
    switch (s.random.below(8)) {
    case 0: return s.take('v', {size});
    case 1: return s.take('V', {size});
    case 2: return s.take('p', {std::max(power, sizeof(void*)), size});
    case 3: return s.take('A', {power, size});
    case 4: return s.take('A', {odd, size});
    case 5: return s.take('a', {odd, size});
    default: return s.take('a', {power, size});
    }
}

// mallopt's parameters, of which 2, 3, 4, 99, 0 and -9 do not exist, with values in and out of range.
void set_something(script& s) {
    constexpr int unknown[] = {2, 3, 4, 99, 0, -9, 1000, -5};
    constexpr int sizes[] = {0, 1, 100, 4096, 65536, 100000, 131072, 131073, 1 << 20, 8 << 20, -1};
    constexpr int thresholds[] = {0, 1, 2000, 65536, 131072, 140000, 1 << 20, 32 << 20, 1000000000, -1};
    constexpr int counts[] = {0, 1, 3, 65536, -1};
    constexpr int arenas[] = {-1, 0, 1, 2, 8};
    random_numbers& r = s.random;
    switch (r.below(8)) {
    case 0: return s.line('o', {r.any_of(unknown), static_cast<int>(r.below(200))});
    case 1: return s.line('o', {-1, r.any_of(sizes)});
    case 2: return s.line('o', {-2, r.any_of(sizes)});
    case 3: return s.line('o', {-3, r.any_of(thresholds)});
    case 4: return s.line('o', {-4, r.any_of(counts)});
    case 5: return s.line('o', {-6, static_cast<int>(r.below(r.one_in(2) ? 1 : 300))});
    case 6: return s.line('o', {r.one_in(2) ? -7 : -8, r.any_of(arenas)});
    default: return s.line('o', {1, static_cast<int>(r.below(170)) - 2});
    }
}

void trim(script& s) {
    constexpr std::size_t pads[] = {0, 1, 4096, 100000, 1 << 20, size_max};
    s.line('t', {s.random.any_of(pads)});
}

void ask_for_counts(script& s) {
    if (s.random.one_in(5)) return s.line('I');
    if (s.random.one_in(20)) return s.line('I', {1});
    if (s.random.one_in(10)) return s.line('S');
    s.line(s.random.one_in(8) ? 'j' : 'i');
}

void move_break(script& s) {
    if (!s.may_block_break) return s.line('s', {s.random.below(20000)});
    if (s.random.one_in(5)) return s.line('b');
    if (s.random.one_in(3)) return s.line('u');
    s.line('s', {4096 * s.random.below(10)});
}

void ask_the_impossible(script& s) {
    random_numbers& r = s.random;
    const std::size_t size = impossible_size(r);
    const char page_verb = any_page_verb(r);
    switch (r.below(8)) {
    case 0: return s.attempt('c', {r.between(1, 3), size});
    case 1: return s.attempt('c', {size, size});
    case 2: return s.attempt('a', {std::size_t{1} << r.below(30), size});
    case 3: return s.attempt('p', {std::size_t{8} << r.below(20), size});
    case 4: return s.attempt(page_verb, {size});
    case 5: return s.live() == 0 ? s.attempt('R', {size}) : s.attempt_resize(r.below(s.live()), size);
    default: return s.attempt('m', {size});
    }
}

// ---- bursts

enum class order { oldest_first, newest_first, every_other, shuffled };

order any_order(random_numbers& r) { return static_cast<order>(r.below(4)); }

// release_from - frees all blocks of the live set from place `first` on, in that order.
void release_from(script& s, std::size_t first, order o) {
    const std::size_t count = s.live() - first;
    if (o == order::oldest_first) {
        // The live set fills a gap with its last block, so the oldest must be last before it is released.
        for (std::size_t i = 0; i < count / 2; ++i) s.swap(first + i, s.live() - 1 - i);
    }
    if (o == order::every_other) {
        for (std::size_t i = 0; i + 1 < count / 2; i += 2) s.swap(first + i, s.live() - 1 - i);
    }
    if (o == order::shuffled) {
        for (std::size_t i = 1; i < count; ++i) s.swap(first + i, first + s.random.below(i + 1));
    }
    while (s.live() > first && !s.full()) s.release(s.live() - 1);
}

// More equal chunks than the tcache has room for, so that fast bins fill, and are emptied into it again.
void fill_fast_bins(script& s) {
    const std::size_t first = s.live(), size = s.random.below(176), count = s.random.between(5, 40);
    for (std::size_t i = 0; i < count; ++i) s.take('m', {size});
    if (s.random.one_in(3)) s.line('o', {1, static_cast<int>(s.random.below(162))});
    release_from(s, first, any_order(s.random));
    if (s.random.one_in(2)) s.take('m', {s.random.between(1025, 70000)}); // consolidates
    const char verb = s.random.one_in(2) ? 'm' : 'R';
    for (std::size_t i = s.random.below(12); i > 0; --i) s.take(verb, {size});
    for (std::size_t i = s.random.below(12); i > 0; --i) s.take('c', {std::size_t{1}, size});
}

void grow_and_free_all(script& s) {
    const std::size_t first = s.random.one_in(3) ? 0 : s.live(), count = s.random.spread(10, 1200);
    std::size_t (*size)(random_numbers&) = s.random.one_in(2) ? small : moderate;
    for (std::size_t i = 0; i < count; ++i) s.take(i % 10 == 9 ? 'R' : 'm', {size(s.random)});
    release_from(s, std::min(first, s.live()), any_order(s.random));
    if (s.random.one_in(4)) s.line('t', {0});
    s.line('i');
}

// A run of equal large chunks, kept apart by small ones, sorted into its bin by a larger request, then taken again.
void fill_large_bin(script& s) {
    const std::size_t first = s.live(), size = recurring(s.random), count = s.random.between(2, 12);
    for (std::size_t i = 0; i < count; ++i) s.take('m', {size + (s.random.one_in(4) ? 16 * s.random.below(3) : 0)});
    for (std::size_t i = 0; i < count; ++i) s.swap(first + i, first + s.random.below(i + 1));
    for (std::size_t i = 0; i < count; ++i) {
        s.take('m', {16});
        s.swap(first + i, s.live() - 1);
        s.release(s.live() - 1);
    }
    s.take('m', {80000 + s.random.below(20000)});
    s.release(s.live() - 1);
    for (std::size_t i = s.random.below(count + 3); i > 0; --i) s.take('m', {size - s.random.below(200)});
}

// Eleven thousand free chunks at once: more than one pass over the unsorted list looks at.
void queue_many(script& s) {
    const std::size_t first = s.live(), count = std::min<std::size_t>(10200, s.wanted() / 4);
    for (std::size_t i = 0; i < count; ++i) {
        s.take('m', {1100 + 16 * s.random.below(4)});
        s.take('m', {24});
    }
    for (std::size_t i = 0; i < count; ++i) s.swap(first + i, first + 2 * i);
    for (std::size_t i = 0; i < count; ++i) {
        s.swap(first + i, s.live() - 1);
        s.release(s.live() - 1);
    }
    s.line('I');
    for (const int size : {100, 5000, 1100, 3000}) {
        s.take('m', {size});
        s.line('I');
    }
}

void grow_top_and_trim(script& s) {
    const std::size_t first = s.live(), count = s.random.between(2, 30);
    for (std::size_t i = 0; i < count; ++i) s.take('m', {s.random.spread(5000, 130000)});
    release_from(s, first, s.random.one_in(2) ? order::newest_first : any_order(s.random));
    trim(s);
}

// Nothing happens between, so the bytes given back are those just taken.
void borrow_break(script& s) {
    const auto bytes = static_cast<long>(s.random.below(10000));
    s.line('s', {bytes});
    s.line('i');
    s.line('s', {-bytes});
}

void block_break_for_a_while(script& s) {
    s.line('b');
    if (s.random.one_in(4)) s.line('o', {-3, 1000000000});
    for (std::size_t i = s.random.between(3, 60); i > 0; --i) s.take('m', {s.random.spread(100, 500 * kib)});
    for (std::size_t i = s.random.below(6); i > 0; --i) aligned(s, s.random.spread(100, 50 * kib), 64 * kib);
    if (s.random.one_in(2)) s.line('u');
    for (std::size_t i = s.random.below(30); i > 0 && s.live() > 0; --i) s.release(s.random.below(s.live()));
}

void disturb_break(script& s) { s.may_block_break ? block_break_for_a_while(s) : borrow_break(s); }

// Frees with a fill pattern, then takes with another or none, from bins, from the cache and from the system.
void perturbed(script& s) {
    s.line('o', {-6, static_cast<int>(s.random.one_in(4) ? 0 : s.random.between(1, 400)) - 10});
    const std::size_t first = s.live();
    for (std::size_t i = s.random.between(5, 30); i > 0; --i) s.take('m', {s.random.spread(16, 5000)});
    release_from(s, first, any_order(s.random));
    if (s.random.one_in(2)) s.line('o', {-6, 0});
    for (std::size_t i = s.random.below(30); i > 0; --i) zeroed(s, s.random.spread(16, 5000));
}

// One thread takes, another frees, into its own cache and into bins of an arena that is not its own, and one of them,
// or a third, takes again.
void hand_over(script& s) {
    const std::size_t first = s.live(), count = s.random.between(3, 40);
    const std::size_t size = s.random.one_in(2) ? s.random.below(176) : s.random.spread(16, 60 * kib);
    for (std::size_t i = 0; i < count; ++i) s.take('m', {size + (s.random.one_in(4) ? 16 : 0)});
    s.pass_turn();
    release_from(s, first, any_order(s.random));
    s.pass_turn();
    for (std::size_t i = s.random.below(count); i > 0; --i) s.take('m', {size});
}

// More than a sub-heap has room for: a newer one comes, and goes when it is empty.
void overflow_sub_heap(script& s) {
    const std::size_t first = s.live(), wanted = s.random.between(40, 160) * mib;
    for (std::size_t before = s.bytes(); s.bytes() < before + wanted && !s.full();) {
        s.take('m', {s.random.spread(64 * kib, 16 * mib)});
    }
    release_from(s, first, any_order(s.random));
}

// Two large blocks leave too little for a third, and what is free behind them is much: the newer sub-heap goes at once.
void defeat_itself(script& s) {
    const std::size_t first = s.live();
    s.take('m', {s.random.between(24, 32) * mib});
    s.take('m', {s.random.between(16, 24) * mib});
    s.take('m', {s.random.between(20, 400) * kib});
    s.release(s.live() - 1);
    s.take('m', {s.random.between(24, 32) * mib - s.random.below(5000)});
    s.take('m', {s.random.spread(100, 20000)});
    if (s.random.one_in(3)) s.pass_turn();
    release_from(s, first, any_order(s.random));
}

void strain_heaps(script& s) { s.random.one_in(2) ? overflow_sub_heap(s) : defeat_itself(s); }

void nothing(script&) {}

// ---- beginnings

// The threshold moves with the first mapped block that is freed; a set one stays, and so does a limit to mappings.
void set_limits(script& s) {
    if (s.random.one_in(3)) s.line('o', {-3, 131072});
    if (s.random.one_in(3)) s.line('o', {-4, s.random.below(40)});
}

// Without padding each growth leaves only what is missing to a page, so the top is often as small as it can be.
void pad_nothing(script& s) {
    s.line('o', {-2, 0});
    if (s.random.one_in(2)) s.line('o', {-1, s.random.below(3) * 4096});
}

// Sub-heaps are for requests below the threshold. What is trimmed decides what goes back to the system, and when.
void raise_limit(script& s) {
    constexpr int thresholds[] = {32 << 20, 48 << 20, 64 << 20, 1000000000};
    constexpr int trim_thresholds[] = {0, 65536, 8 << 20, -1};
    s.line('o', {-3, s.random.any_of(thresholds)});
    if (s.random.one_in(2)) s.line('o', {-1, s.random.any_of(trim_thresholds)});
    if (s.random.one_in(4)) s.line('o', {-2, s.random.below(3) * 500000});
}

// Both matter only until the number of arenas is limited for the first time.
void few_arenas(script& s) {
    constexpr int limits[] = {1, 2, 3, 5, 12, 30};
    if (s.random.one_in(2)) s.line('o', {-7, s.random.any_of(limits)});
    if (s.random.one_in(2)) s.line('o', {-8, s.random.any_of(limits)});
}

// ---- the tables

// How often, in a thousand steps; malloc and free share what is left.
struct habits {
    unsigned resize, zeroed, aligned, set, trim, ask, move_break, impossible;
};

enum class frees { anyones, mostly_own, what_others_take };

// The threads of a trace besides the initial one. A turn, the time between two threads' beginnings and the time between
// two threads' ends are so many steps on average; while `most` live none begins.
struct company {
    std::size_t most = 0, turn = 0, beginning = 0, end = 0;
    frees whose = frees::anyones;
};

struct character {
    const char* name;
    std::size_t (*size)(random_numbers&);
    habits often;
    std::size_t most_blocks, most_bytes, most_alignment;
    void (*burst)(script&);
    std::size_t steps_between_bursts;
    void (*beginning)(script&);
    company together = {};
};

constexpr std::size_t seldom = 3000;

// The columns: name, sizes; how often resize, zeroed, aligned, set, trim, ask, move_break, impossible;
// the most blocks, MiB and alignment; burst, steps between bursts, beginning.
constexpr character characters[] = {
    {"tiny", tiny, {40, 40, 0, 0, 0, 5, 0, 0}, 3000, 64 * mib, 0, nothing, seldom, nothing},
    {"small", small, {40, 60, 5, 0, 1, 5, 0, 0}, 2500, 64 * mib, 256, nothing, seldom, nothing},
    {"mixed", mixed, {80, 60, 10, 0, 2, 5, 0, 0}, 1200, 64 * mib, 4096, nothing, seldom, nothing},
    {"large", large, {40, 60, 5, 0, 2, 5, 0, 0}, 700, 64 * mib, 4096, nothing, seldom, nothing},
    {"threshold", mappable, {60, 40, 0, 0, 4, 5, 0, 0}, 100, 300 * mib, 0, nothing, seldom, set_limits},
    {"realloc_heavy", mixed, {500, 30, 5, 0, 1, 5, 0, 0}, 600, 128 * mib, 256, nothing, seldom, nothing},
    {"alignment_heavy", moderate, {40, 30, 450, 0, 2, 5, 0, 0}, 400, 64 * mib, 64 * kib, nothing, seldom, nothing},
    {"alignment_mapped", mappable, {40, 30, 400, 0, 2, 5, 0, 0}, 60, 200 * mib, 4 * mib, nothing, seldom, set_limits},
    {"parameters", mixed, {60, 60, 10, 25, 10, 9, 0, 0}, 800, 100 * mib, 4096, grow_top_and_trim, 700, nothing},
    {"fast_bins", fast, {30, 120, 3, 2, 2, 8, 0, 0}, 1500, 64 * mib, 64, fill_fast_bins, 120, nothing},
    {"phases", moderate, {20, 30, 2, 0, 1, 3, 0, 0}, 2000, 100 * mib, 256, grow_and_free_all, 500, nothing},
    {"sorted_bins", recurring, {15, 15, 0, 0, 1, 6, 0, 0}, 500, 100 * mib, 0, fill_large_bin, 60, nothing},
    {"unsorted_limit", recurring, {15, 15, 0, 0, 0, 4, 0, 0}, 30000, 200 * mib, 0, nothing, seldom, queue_many},
    {"trimming", moderate, {30, 30, 5, 3, 25, 8, 0, 0}, 300, 100 * mib, 4096, grow_top_and_trim, 150, nothing},
    {"foreign_break", mixed, {60, 60, 10, 1, 4, 8, 12, 0}, 500, 100 * mib, 4096, disturb_break, 1000, nothing},
    {"impossible", mixed, {60, 60, 10, 1, 2, 6, 0, 60}, 600, 64 * mib, 4096, fill_fast_bins, 900, nothing},
    {"perturb", mixed, {60, 120, 10, 1, 1, 5, 0, 1}, 500, 64 * mib, 4096, perturbed, 150, nothing},
    {"everything", mixed, {90, 90, 60, 4, 5, 8, 2, 8}, 900, 100 * mib, 16 * kib, fill_large_bin, 900, nothing},
    {"tight_top", whole_pages, {30, 30, 5, 0, 200, 30, 0, 0}, 200, 64 * mib, 256, grow_top_and_trim, 900, pad_nothing},
};

constexpr company few{3, 5, 100, 8000, frees::mostly_own};
constexpr company crowd{40, 3, 60, 250, frees::anyones}; // more than there may be arenas on two processors
constexpr company chain{7, 8, 150, 3000, frees::what_others_take};
constexpr company brief{14, 4, 12, 12, frees::anyones};
constexpr company some{6, 5, 100, 1000, frees::anyones};
constexpr company four{3, 10, 100, 2000, frees::mostly_own};
constexpr company five{4, 8, 150, 1500, frees::anyones};
constexpr company movers{10, 4, 60, 300, frees::anyones};
constexpr company mob{14, 4, 50, 250, frees::mostly_own};
constexpr company many{24, 4, 50, 200, frees::anyones};

// The same columns, and the company.
constexpr character threaded_characters[] = {
    {"threads_few", mixed, {60, 40, 10, 0, 2, 5, 0, 0}, 1200, 64 * mib, 4096, hand_over, 700, nothing, few},
    {"threads_many", small, {40, 40, 5, 0, 1, 5, 0, 0}, 3000, 64 * mib, 256, hand_over, 400, nothing, crowd},
    {"threads_handing_on", moderate, {30, 40, 5, 0, 1, 5, 0, 0}, 800, 64 * mib, 256, hand_over, 300, nothing, chain},
    {"threads_passing_by", mixed, {40, 40, 5, 0, 1, 5, 0, 0}, 600, 64 * mib, 4096, hand_over, 900, nothing, brief},
    {"threads_fast_bins", fast, {30, 120, 3, 2, 2, 8, 0, 0}, 1500, 64 * mib, 64, fill_fast_bins, 120, nothing, some},
    {"threads_sorted_bins", recurring, {15, 15, 0, 0, 1, 6, 0, 0}, 500, 64 * mib, 0, fill_large_bin, 80, nothing, four},
    {"threads_sub_heaps", bulky, {8, 4, 5, 0, 3, 8, 0, 0}, 150, 400 * mib, 4096, strain_heaps, 250, raise_limit, five},
    {"threads_impossible", mixed, {60, 60, 10, 1, 2, 6, 0, 60}, 600, 64 * mib, 4096, hand_over, 900, nothing, movers},
    {"threads_tuned", mixed, {60, 60, 10, 25, 9, 9, 0, 0}, 800, 64 * mib, 256, grow_top_and_trim, 700, few_arenas, mob},
    {"threads_everything", mixed, {90, 90, 60, 4, 5, 8, 2, 8}, 900, 64 * mib, 4096, hand_over, 500, few_arenas, many},
};

// ---- writing a trace

// What the present stretch of the trace favours.
struct tide {
    std::size_t steps_left;
    unsigned takes;             // of a hundred steps that malloc or free
    std::size_t oldest, newest; // one release in so many goes to the oldest or the newest block; 0: none
};

tide next_tide(random_numbers& r) {
    constexpr unsigned favour[] = {35, 45, 50, 55, 65, 80};
    return {r.spread(50, 2000), r.any_of(favour), r.one_in(3) ? 2u : 50u, r.one_in(3) ? 2u : 9u};
}

std::size_t own_place(script& s) {
    std::size_t place = s.random.below(s.live());
    for (int tries = 0; tries < 12 && !s.is_own(place); ++tries) place = s.random.below(s.live());
    return place;
}

std::size_t place_to_release(script& s, const character& c, const tide& t) {
    if (c.together.whose == frees::mostly_own) return own_place(s);
    if (s.random.one_in(t.newest)) return s.live() - 1;
    return s.random.one_in(t.oldest) ? 0 : s.random.below(s.live());
}

// Of a hundred steps that malloc or free, those that malloc.
unsigned takes(const script& s, const character& c, const tide& t) {
    if (c.together.whose != frees::what_others_take) return t.takes;
    return s.thread() % 2 == 0 ? 95 : 5;
}

bool may_take(const script& s, const character& c) { return s.live() < c.most_blocks && s.bytes() < c.most_bytes; }

void take_or_release(script& s, const character& c, const tide& t) {
    const bool take = s.live() == 0 || (may_take(s, c) && s.random.below(100) < takes(s, c, t));
    if (take) return s.take('m', {c.size(s.random)});
    s.release(place_to_release(s, c, t));
}

// Returns whether the dice fell on this habit; `dice` goes down to those that follow.
bool falls_on(unsigned often, std::size_t& dice) {
    if (dice < often) return true;
    dice -= often;
    return false;
}

void one_step(script& s, const character& c, const tide& t) {
    const habits& h = c.often;
    std::size_t dice = s.random.below(1000);
    if (falls_on(h.set, dice)) return set_something(s);
    if (falls_on(h.trim, dice)) return trim(s);
    if (falls_on(h.ask, dice)) return ask_for_counts(s);
    if (falls_on(h.move_break, dice)) return move_break(s);
    if (falls_on(h.impossible, dice)) return ask_the_impossible(s);
    if (!may_take(s, c)) return s.release(place_to_release(s, c, t));
    if (falls_on(h.resize, dice)) return resize_some(s);
    if (falls_on(h.zeroed, dice)) return zeroed(s, c.size(s.random));
    if (falls_on(h.aligned, dice)) return aligned(s, c.size(s.random), c.most_alignment);
    take_or_release(s, c, t);
}

// A burst may leave more live than the character likes; what is too much goes before the next one.
void burst(script& s, const character& c) {
    while (!may_take(s, c) && !s.full()) s.release(s.random.below(s.live()));
    c.burst(s);
}

// live_together - perhaps a thread begins, one ends, or another one has the turn.
void live_together(script& s, const company& g) {
    if (g.most == 0) return;
    if (s.threads() <= g.most && s.random.one_in(g.beginning)) s.begin_thread();
    if (s.thread() != 0 && s.random.one_in(g.end)) s.end_thread();
    if (s.random.one_in(g.turn)) s.pass_turn();
}

void write(script& s, const character& c) {
    tide t{0, 0, 0, 0};
    s.may_block_break = s.random.one_in(2);
    c.beginning(s);
    while (!s.full()) {
        if (t.steps_left-- == 0) t = next_tide(s.random);
        live_together(s, c.together);
        s.random.one_in(c.steps_between_bursts) ? burst(s, c) : one_step(s, c, t);
    }
}

// A character and the number that seeds its traces: its row, from 100 on in the second table.
struct table_row {
    const character* found = nullptr;
    std::uint64_t number = 0;
};

template <std::size_t N>
table_row find(const character (&table)[N], std::uint64_t first_number, const std::string& name) {
    for (std::size_t i = 0; i < N; ++i) {
        if (name == table[i].name) return {&table[i], first_number + i};
    }
    return {};
}

table_row find(const std::string& name) {
    const table_row single = find(characters, 0, name);
    return single.found != nullptr ? single : find(threaded_characters, 100, name);
}

template <std::size_t N>
std::vector<std::string> names_in(const character (&table)[N]) {
    std::vector<std::string> names;
    for (const character& c : table) names.emplace_back(c.name);
    return names;
}

} // namespace

std::vector<std::string> character_names() { return names_in(characters); }

std::vector<std::string> threaded_character_names() { return names_in(threaded_characters); }

std::string generate(const recipe& r) {
    const table_row row = find(r.character);
    if (row.found == nullptr) return {};
    script s(r.steps, r.seed * 1000003 + row.number);
    s.remark("character " + r.character + ", seed " + std::to_string(r.seed) + ", " + std::to_string(r.steps)
             + " steps");
    write(s, *row.found);
    return s.text();
}

} // namespace equivalence
