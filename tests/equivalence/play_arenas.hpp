// play_arenas.hpp - names of places in arenas other than the main one.
//
// Such an arena lies in sub-heaps, reservations of 64 MiB at multiples of 64 MiB (of four pages each, where those are
// explicit huge pages). What a sub-heap begins with is read:
//
//   base ->  +---------------------------+
//            | address of the arena      |   the structure itself lies in the arena's first sub-heap
//            +---------------------------+
//            | base of the sub-heap      |   0 in the first one
//            | before this one           |
//            +---------------------------+
//
// `a2+b70` is b70 bytes into the first sub-heap of the arena that was the second to appear in the log, `a2.1+40` is in
// the sub-heap behind that one. An arena never goes away, so its number is for ever. Its sub-heaps are a stack: of all
// that exist, the place in it tells one from every other. That a later one goes away and comes again at another
// address, as the kernel pleases, changes no name; that it is another one, or not the newest, always does.
//
// `a?` is a place that none of this fits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "play_log.hpp"

namespace play {

std::uintptr_t sub_heap_size = std::uintptr_t{64} << 20; // --sub-heap changes it before anything is named

class arena_names {
public:
    // name - writes the place of `block`, whose size word says that it is not the main arena's.
    void name(log_file& log, std::uintptr_t block) {
        const std::uintptr_t base = base_of(block);
        const std::uintptr_t arena = head_of(base)->arena;
        const int before = sub_heaps_before(base, arena);
        log.text("a");
        if (before < 0) return static_cast<void>(log.text("?"));
        log.number(number_of(arena));
        if (before > 0) log.text(".").number(static_cast<unsigned>(before));
        log.offset(static_cast<std::intptr_t>(block - base));
    }

private:
    struct sub_heap_head {
        std::uintptr_t arena, before;
    };

    static constexpr int most_sub_heaps = 1024; // more than the player's address space has room for
    static constexpr unsigned most_arenas = 1024;

    static std::uintptr_t base_of(std::uintptr_t place) { return place / sub_heap_size * sub_heap_size; }

    static const sub_heap_head* head_of(std::uintptr_t base) { return reinterpret_cast<const sub_heap_head*>(base); }

    // How many sub-heaps of this arena are older than the one at `base`; -1 if they do not lead to the arena.
    static int sub_heaps_before(std::uintptr_t base, std::uintptr_t arena) {
        for (int count = 0; count < most_sub_heaps && base == base_of(base); ++count) {
            const sub_heap_head* head = head_of(base);
            if (head->arena != arena) return -1;
            if (head->before == 0) return base_of(arena) == base ? count : -1;
            base = head->before;
        }
        return -1;
    }

    // Counted from 1: the main arena is nobody's second.
    unsigned number_of(std::uintptr_t arena) {
        for (unsigned i = 0; i < count_; ++i) {
            if (arenas_[i] == arena) return i + 1;
        }
        if (count_ < most_arenas) arenas_[count_++] = arena;
        return count_;
    }

    std::uintptr_t arenas_[most_arenas] = {};
    unsigned count_ = 0;
};

} // namespace play
