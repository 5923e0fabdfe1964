// preload/workload.hpp - random requests to all of malloc's functions, by blocks whose contents are verified.
//
//     preload::workload work(preload::seed());
//     work.run(5000);
//     work.free_all();
//
// Every byte of a block is looked at before the block is resized or freed. A request that is refused must say ENOMEM,
// and ends the program unless may_fail() was called. A workload allocates nothing for itself and has no destructor: it
// may belong to a thread that outlives main, or go on in the child of fork. One thread at a time.
//
// PTM_SEED in the environment replays a run, as far as threads let it; addresses repeat under `setarch -R`.
#pragma once

#include "preload/check.hpp"
#include "support/live_blocks.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <random>

#include <malloc.h>
#include <sys/random.h>

namespace preload {

// seed - that of the whole process, printed when it is first asked for.
inline std::uint64_t seed() {
    static const std::uint64_t chosen = [] {
        std::uint64_t s = 0;
        if (const char* text = std::getenv("PTM_SEED"); text && *text)
            s = std::strtoull(text, nullptr, 0);
        else
            EXPECT(getrandom(&s, sizeof s, 0) == sizeof s);
        dprintf(STDERR_FILENO, "random run: PTM_SEED=%ju replays it\n", std::uintmax_t{s});
        return s;
    }();
    return chosen;
}

class workload {
public:
    // largest - bytes of the largest request.
    workload() = default;
    explicit workload(std::uint64_t seed, std::size_t largest = 1 << 20)
        : random_(static_cast<std::uint32_t>(seed ^ seed >> 32)), largest_(largest) {
        random_.discard(16); // neighbouring seeds begin alike
    }

    // may_fail - from now on a request may be refused.
    void may_fail() { may_fail_ = true; }
    std::size_t refused() const { return refused_; }

    void step() {
        block& b = blocks_[random(blocks_.size())];
        if (!b.at)
            b = make();
        else if (random(3) == 0)
            resize(b);
        else
            discard(b);
    }

    void run(std::size_t steps) {
        for (std::size_t i = 0; i < steps; ++i) step();
    }

    // fill - no slot stays empty, unless a request is refused.
    void fill() {
        for (block& b : blocks_)
            if (!b.at) b = make();
    }

    void free_all() {
        for (block& b : blocks_)
            if (b.at) discard(b);
    }

private:
    struct block {
        void* at;
        std::size_t bytes;
        std::uint8_t tag;
    };

    std::minstd_rand random_; // small: there are threads with small stacks
    std::size_t largest_ = 1 << 20;
    std::size_t refused_ = 0;
    bool may_fail_ = false;
    std::array<block, 128> blocks_{};

    std::size_t random(std::size_t below) { return random_() % below; }

    // Mostly small; one in sixteen may be as large as it gets.
    std::size_t size() {
        constexpr std::size_t most[16] = {300,  300,  300,  300,  300,    300,    300,    300,
                                          1100, 5000, 5000, 5000, 70'000, 70'000, 200'000};
        std::size_t m = most[random(16)];
        return random((m != 0 && m < largest_ ? m : largest_) + 1);
    }

    // granted - was it? A success leaves errno alone.
    bool granted(const void* p) {
        if (p) {
            EXPECT(errno == 0 || any_malloc());
            EXPECT(errno != EINTR);
            return true;
        }
        EXPECT(may_fail_ && errno == ENOMEM);
        ++refused_;
        return false;
    }

    static void* by_posix_memalign(std::size_t alignment, std::size_t bytes) {
        void* p = nullptr;
        int error = posix_memalign(&p, alignment, bytes);
        if (error != 0) errno = error;
        return p;
    }

    void* aligned(std::size_t bytes) {
        std::size_t alignment = std::size_t{16} << random(13);
        std::size_t way = random(3);
        void* p = way == 0 ? by_posix_memalign(alignment, bytes)
            : way == 1     ? memalign(alignment, bytes)
                           : std::aligned_alloc(alignment, bytes);
        EXPECT(reinterpret_cast<std::uintptr_t>(p) % alignment == 0);
        return p;
    }

    static void* zeroed(std::size_t bytes) {
        void* p = std::calloc(1, bytes);
        EXPECT(!p || ptm_test::reads_as_zero(p, bytes));
        return p;
    }

    void* request(std::size_t bytes) {
        errno = 0;
        switch (random(8)) {
        case 0:
        case 1: return zeroed(bytes);
        case 2: return aligned(bytes);
        case 3: return std::realloc(nullptr, bytes);
        default: return std::malloc(bytes);
        }
    }

    block painted(void* p, std::size_t bytes) {
        EXPECT(reinterpret_cast<std::uintptr_t>(p) % alignof(std::max_align_t) == 0);
        EXPECT(malloc_usable_size(p) >= bytes);
        auto tag = static_cast<std::uint8_t>(random(256));
        ptm_test::paint(p, bytes, tag);
        return {p, bytes, tag};
    }

    block make() {
        std::size_t bytes = size();
        void* p = request(bytes);
        return granted(p) ? painted(p, bytes) : block{};
    }

    // A block that cannot grow stays as it is.
    void resize(block& b) {
        std::size_t bytes = size() + 1; // none is freed here
        errno = 0;
        void* p = std::realloc(b.at, bytes);
        bool moved = granted(p);
        EXPECT(ptm_test::painted(moved ? p : b.at, moved && bytes < b.bytes ? bytes : b.bytes, b.tag));
        if (moved) b = painted(p, bytes);
    }

    void discard(block& b) {
        EXPECT(ptm_test::painted(b.at, b.bytes, b.tag));
        errno = 4711;
        std::free(b.at);
        EXPECT(errno == 4711);
        b = {};
    }
};

} // namespace preload
