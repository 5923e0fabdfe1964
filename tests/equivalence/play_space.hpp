// play_space.hpp - the player's address space: made the same in every run, and the names the log gives to places in it.
//
// Two runs can only be compared if nothing but the allocator decides where blocks lie. Before the first allocation
//   - the process runs without address randomisation (the player executes itself again if it has to),
//   - the program break moves up to a multiple of 64 MiB: the heap's start. What memalign returns for an alignment
//     above the page size depends on that address, which otherwise depends on the size of the player's binary,
//   - every hole between the loaded libraries is filled, and the area below them is reserved down to a multiple of
//     64 MiB, so each later mapping lands below that, however large the libraries are,
//   - the address space is limited, so that an impossible request fails on large machines too.
//
// Places, in the log: `h+2a0` lies 2a0 (hexadecimal) bytes after the heap's start; `m+10` is a mapping of its own and
// lies 10 bytes into a page; `x1+22300` lies in the second region the main arena took from mmap because the break
// could not move; `a1+b70` lies in another arena than the main one (play_arenas.hpp); `-` is a null pointer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <unistd.h>

#include "play_arenas.hpp"
#include "play_log.hpp"

namespace play {

constexpr std::size_t page_size = 4096;
constexpr std::uintptr_t base_alignment = std::uintptr_t{64} << 20;
constexpr rlim_t address_space_limit = rlim_t{12} << 30;

inline std::uintptr_t address_of(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }
inline std::uintptr_t round_up(std::uintptr_t a, std::uintptr_t to) { return (a + to - 1) / to * to; }
inline std::uintptr_t program_break() { return address_of(::sbrk(0)); }

// The size word in front of a block; its low three bits are flags.
inline std::size_t header_of(const void* block) {
    std::size_t word;
    __builtin_memcpy(&word, static_cast<const char*>(block) - sizeof word, sizeof word);
    return word;
}

inline bool is_mapped(const void* block) { return (header_of(block) & 2) != 0; }
inline bool is_in_other_arena(const void* block) { return (header_of(block) & 4) != 0; }

// run_without_randomisation - returns in a process whose addresses are not randomised, or false if the system refuses.
inline bool run_without_randomisation(char** arguments) {
    const int now = ::personality(0xffffffff);
    if (now == -1) return false;
    if ((now & ADDR_NO_RANDOMIZE) != 0) return true;
    if (::personality(static_cast<unsigned long>(now) | ADDR_NO_RANDOMIZE) == -1) return false;
    ::execv("/proc/self/exe", arguments);
    return false;
}

class address_space {
public:
    // Returns false if the break cannot be moved; the mapping area is settled as well as the system allows.
    bool prepare() {
        settle_mappings();
        limit_address_space();
        const std::uintptr_t now = program_break();
        start_ = round_up(now, base_alignment);
        if (::sbrk(static_cast<std::intptr_t>(start_ - now)) == reinterpret_cast<void*>(-1)) return false;
        return program_break() == start_;
    }

    std::uintptr_t break_offset() const { return program_break() - start_; }

    // block_break - a page nobody may touch lies right behind the break, so the break cannot grow.
    bool block_break() {
        void* wanted = reinterpret_cast<void*>(round_up(program_break(), page_size));
        void* got = ::mmap(wanted, page_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (got == MAP_FAILED) return false;
        if (blocked_) ::munmap(blocker_, page_size);
        blocker_ = got;
        blocked_ = watch_regions_ = true;
        note_arena();
        return true;
    }

    bool unblock_break() {
        if (!blocked_) return false;
        ::munmap(blocker_, page_size);
        blocked_ = false;
        return true;
    }

    // note_arena - to be called before a step: a region's size is what mallinfo2().arena grows by.
    void note_arena() {
        if (watch_regions_) arena_before_ = ::mallinfo2().arena;
    }

    // name - writes the place of `block`. `reach`: how far into a new region alignment may have moved the block.
    void name(log_file& log, const void* block, std::size_t reach) {
        if (block == nullptr) {
            log.text("-");
        } else if (address_of(block) >= start_ && address_of(block) < program_break()) {
            log.text("h").offset(static_cast<std::intptr_t>(address_of(block) - start_));
        } else if (is_mapped(block)) {
            log.text("m").offset(static_cast<std::intptr_t>(address_of(block) % page_size));
        } else if (is_in_other_arena(block)) {
            arenas_.name(log, address_of(block));
        } else {
            name_in_region(log, address_of(block), reach);
        }
    }

private:
    struct region {
        std::uintptr_t begin, end; // as far as the first block seen tells
        std::uintptr_t lowest;     // alignment may have hidden this much before it
    };

    void name_in_region(log_file& log, std::uintptr_t at, std::size_t reach) {
        int found = find(at, false);
        if (found < 0) found = find(at, true);
        if (found < 0) found = add_region(at, reach);
        const auto distance = at - regions_[found].begin;
        log.text("x").number(static_cast<unsigned>(found)).offset(static_cast<std::intptr_t>(distance));
    }

    int find(std::uintptr_t at, bool before_it_too) const {
        for (int i = region_count_ - 1; i >= 0; --i) {
            const region& r = regions_[i];
            if (at >= (before_it_too ? r.lowest : r.begin) && at < r.end) return i;
        }
        return -1;
    }

    int add_region(std::uintptr_t at, std::size_t reach) {
        if (region_count_ == max_regions) --region_count_;
        const std::size_t grown = ::mallinfo2().arena - arena_before_;
        const std::uintptr_t begin = at / page_size * page_size;
        regions_[region_count_] = region{begin, begin + grown, begin - reach};
        return region_count_++;
    }

    static void* reserve(std::size_t size) {
        return ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }

    static void settle_mappings() {
        void* area = reserve(4 * base_alignment);
        if (area == MAP_FAILED) return;
        const std::uintptr_t bottom = address_of(area);
        for (std::size_t size = 2 * base_alignment; size >= page_size; size /= 2) fill_holes(size, bottom);
        const std::uintptr_t aligned = bottom / base_alignment * base_alignment;
        if (aligned != bottom) {
            ::mmap(reinterpret_cast<void*>(aligned), bottom - aligned, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
        }
    }

    // Mappings go to the highest hole that is large enough; one that lands below `bottom` shows that none is left.
    static void fill_holes(std::size_t size, std::uintptr_t bottom) {
        for (;;) {
            void* hole = reserve(size);
            if (hole == MAP_FAILED) return;
            if (address_of(hole) < bottom) {
                ::munmap(hole, size);
                return;
            }
        }
    }

    static void limit_address_space() {
        rlimit limit{};
        ::getrlimit(RLIMIT_AS, &limit);
        limit.rlim_cur = limit.rlim_max < address_space_limit ? limit.rlim_max : address_space_limit;
        ::setrlimit(RLIMIT_AS, &limit);
    }

    static constexpr int max_regions = 1024;

    std::uintptr_t start_ = 0;
    arena_names arenas_;
    region regions_[max_regions] = {};
    int region_count_ = 0;
    std::size_t arena_before_ = 0;
    void* blocker_ = nullptr;
    bool blocked_ = false;
    bool watch_regions_ = false;
};

} // namespace play
