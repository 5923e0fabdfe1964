// thread/slab.hpp - chunks of one size that lie side by side in an aligned window of memory, which of them are free,
// and which slab an address lies in.
//
//   window:   | chunk | chunk | chunk | ... | chunk | not cut yet ...              | too small for one more |
//             begin                                   begin + cut * each             begin + capacity * each
//   free:       1 1 0 1 0 0 ...                       1 1 1 ...                      0 0
//
// To the arena that the window is from every chunk is an ordinary used one, with an ordinary header, and what is not
// cut yet is one more. So a free needs to know nothing of slabs, a walk through the arena goes on from chunk to chunk,
// and a window whose chunks are all free goes back as a single one, however many they are.
//
// Blocks without headers lie in a window of their own kind, which no arena knows of (thread/window_pool.hpp): the
// window is theirs from its first byte on, and nothing is cut. Pages that nobody has one of them in may go back to the
// system.
//
// Free chunks are bits, not a chain: they come back in any order, and are handed out in the order of their addresses.
// That is what slabs are for. A list that is last in, first out gets more and more scattered, until each of its chunks
// is a cache line and a page of its own: trees that are built and felled (bench/binary_trees) take 0.2 to 0.6 of the
// time that they take with such lists alone, blocks of one size after another (bench/phases) 0.4 to 0.7, sqlite3, lua
// and python3 0.9. With the free ones in a chain, in the order in which they came back, free_shuffled takes 1.4 times
// as long as with bits: its links lead anywhere within the window.
//
// What a slab is, how many are free and on which row it stands is said under its shelf's lock: thread/slab_shelves.hpp.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <ptm/bin/context.hpp>
#include <ptm/check/check_set.hpp>
#include <ptm/core/address.hpp>
#include <ptm/core/config.hpp>
#include <ptm/core/relaxed.hpp>
#include <ptm/os/mmap.hpp>
#include <ptm/os/page.hpp>
#include <ptm/thread/cached_lists.hpp>

namespace ptm::detail {

// slab_cut - how a window is cut into chunks of one size.
struct slab_cut {
    std::uint32_t each = 0;       // bytes
    std::uint32_t capacity = 0;   // chunks
    std::uint32_t reciprocal = 0; // 2^32 / each, rounded up: exact for what is divided here

    constexpr slab_cut() noexcept = default;

    // headerless - blocks that lie side by side without headers.
    static constexpr slab_cut headerless(std::size_t window, std::size_t each) noexcept {
        return {window, chunk_size{each}, chunk_size{0}};
    }

    // What is left of the window is nothing, or enough for a chunk of its own.
    constexpr slab_cut(std::size_t window, chunk_size n, chunk_size smallest) noexcept
        : each(static_cast<std::uint32_t>(bytes(n))),
          capacity(static_cast<std::uint32_t>(window / each)),
          reciprocal(static_cast<std::uint32_t>((std::uint64_t{1} << 32) / each + 1)) {
        if (window % each != 0 && window % each < bytes(smallest)) --capacity;
    }

    // quotient - of bytes ahead in the window and a chunk's bytes: index_in says which chunk that is, and begins_in
    // whether it begins there. What a division leaves is in the lower half, which is small only if that is nothing.
    constexpr std::uint64_t quotient(std::size_t ahead) const noexcept { return std::uint64_t{ahead} * reciprocal; }
    static constexpr unsigned index_in(std::uint64_t q) noexcept { return static_cast<unsigned>(q >> 32); }
    constexpr bool begins_in(std::uint64_t q) const noexcept { return static_cast<std::uint32_t>(q) < reciprocal; }

    constexpr unsigned index_of(std::size_t ahead) const noexcept { return index_in(quotient(ahead)); }
};

// slab - of a window of Window bytes, a power of two. One that is all zero is none. Headerless: of blocks, not chunks.
template <bin_context C, std::size_t Window, bool Headerless = false>
class alignas(cache_line_bytes) slab {
    using header = typename C::header;
    using chunk = chunk_in<C>;
    using word = std::uint64_t;

    static constexpr unsigned word_bits = 64;
    static constexpr std::size_t smallest = Headerless ? header::alignment : bytes(header::smallest);
    static constexpr unsigned words = Window / smallest / word_bits;
    static_assert(std::has_single_bit(Window) && words > 0, "slab: the window must be a power of two, 4 KiB or more");
    static_assert(Window <= 64 * 1024, "slab: the window is too large for the numbers that are kept of it");

public:
    relaxed<std::uint16_t> home = 0; // the shelf that it belongs to, as slab_shelves numbers them; 0: it is no slab

private:
    std::uint16_t free_ = 0;    // chunks
    std::uint16_t cut_ = 0;     // chunks
    std::uint16_t dropped_ = 0; // headerless: pages that the system has, a bit for each; others mean nothing

public:
    bool in_row = false; // of its shelf: it has a free chunk
    slab* after = nullptr;
    slab* before = nullptr;

private:
    std::byte* begin_ = nullptr;
    std::size_t whole_ = 0; // bytes
    word is_free_[words] = {};

public:
    // begin - makes a slab of a used chunk whose user pointer is a multiple of Window; all of its chunks, two at least,
    // are free. Two are cut at once: when what lies before a slab is freed, the arena looks at the first chunk's header
    // and, for whether that is in use, at the second one's. It looks at no others.
    //   thread  the caller holds the arena's lock
    void begin(chunk* c, const slab_cut& cut) noexcept {
        begin_ = static_cast<std::byte*>(static_cast<void*>(header::to_user(c)));
        whole_ = bytes(header::size_of(c));
        begin_free(cut);
        cut_ = 0;
        cut_up_to(2, cut);
    }

    // begin - the same, of a window that nobody uses, for blocks without headers. anew: nobody has touched it yet.
    void begin(std::byte* window, const slab_cut& cut, bool anew = false) noexcept
        requires(Headerless)
    {
        begin_ = window;
        whole_ = Window;
        dropped_ = anew ? UINT16_MAX : 0;
        begin_free(cut);
    }

    // drop_pages - those that nobody has a block in: discard(pages) for each run of them that the system has not got
    // back yet. It says whether that went well.
    //   page  bytes, a power of two; what is as large as the window is not dropped
    void drop_pages(std::size_t page, const slab_cut& cut, auto&& discard) noexcept
        requires(Headerless)
    {
        std::size_t pages = Window / page, first = 0;
        for (std::size_t k = 0; k <= pages; ++k) {
            if (k < pages && (dropped_ >> k & 1) == 0 && is_free_from(k * page, page, cut)) continue;
            if (k > first && discard(ptm::pages{begin_ + first * page, (k - first) * page}))
                dropped_ = static_cast<std::uint16_t>(dropped_ | ((1u << (k - first)) - 1) << first);
            first = k + 1;
        }
    }

    // free_chunks - as counted; marked_free - the same, as marked.
    unsigned free_chunks() const noexcept { return free_; }
    unsigned marked_free() const noexcept {
        int n = 0;
        for (word w : is_free_) n += std::popcount(w);
        return static_cast<unsigned>(n);
    }
    std::size_t whole_bytes() const noexcept { return whole_; }
    chunk* first() const noexcept { return header::from_user(begin_); }

    // mark_free - the chunks of a chain, from the user pointer p on, which lies in its window, as long as they do; p:
    // the first that does not.
    //   returns  how many
    //   faults   double_free_not_prev: one is free already; double_free_out: without headers, no block begins there
    PTM_ALWAYS_INLINE unsigned mark_free(void*& p, const slab_cut& cut) noexcept {
        unsigned n = 0, row = long_row;
        for (std::size_t i = index_of(p, cut); i != outside;) {
            if (row >= long_row) n += row = mark_row_at(p, i, cut);
            if (row < long_row && i != outside) n += mark_some(p, i, cut);
        }
        free_ = static_cast<std::uint16_t>(free_ + n);
        return n;
    }

    // run - free chunks side by side, from the first one's user pointer on.
    struct run {
        std::byte* first;
        unsigned count;
    };

    // take - up to `most` free chunks, those with the lowest addresses, as runs to `end` and on.
    //   returns  how many there were
    unsigned take(run*& end, unsigned most, const slab_cut& cut) noexcept {
        unsigned taken = 0;
        most = smaller(most, free_);
        for (unsigned w = 0; taken < most; ++w)
            while (is_free_[w] != 0 && taken < most) {
                unsigned i = bit_of(w, is_free_[w]), ahead = i % word_bits;
                unsigned k = smaller(static_cast<unsigned>(std::countr_one(is_free_[w] >> ahead)), most - taken);
                is_free_[w] &= ~(low_bits(k) << ahead);
                *end++ = run_at(i, k, cut);
                taken += k;
            }
        free_ = static_cast<std::uint16_t>(free_ - taken);
        return taken;
    }

    // unite - all of its chunks, which are free, become one; it is no slab any more.
    //   thread  the caller holds the arena's lock
    chunk* unite() noexcept {
        header::set_size(first(), chunk_size{whole_});
        return first();
    }

private:
    // index_of - of the chunk of a user pointer; outside: it lies in another window.
    static constexpr std::size_t outside = SIZE_MAX;
    PTM_ALWAYS_INLINE std::size_t index_of(void* user, const slab_cut& cut) const noexcept {
        std::size_t ahead = address_of(user) - address_of(begin_);
        return ahead < Window ? index_in(user, ahead, cut) : outside;
    }

    // index_in - of the chunk of a user pointer, so many bytes ahead of some other chunk, counted from that.
    //   faults  double_free_out: no block begins there
    PTM_ALWAYS_INLINE static std::size_t index_in(void* user, std::size_t ahead, const slab_cut& cut) noexcept {
        std::uint64_t quotient = cut.quotient(ahead);
        if constexpr (Headerless) expect<C, fault::double_free_out>(cut.begins_in(quotient), user);
        return cut.index_in(quotient);
    }

    // Behind a shorter row there is hardly another one in this window. To look for one at every word costs
    // bench/binary_trees a tenth more mispredicted branches, 1.02 of the time.
    static constexpr unsigned long_row = 4;

    // step_from - the chunk at p to the next one of the chain, if that is its neighbour; 0: it is not.
    static std::ptrdiff_t step_from(void* p, const slab_cut& cut) noexcept {
        auto step = static_cast<std::ptrdiff_t>(address_of(cached_links<C>::below(p)) - address_of(p));
        auto each = static_cast<std::ptrdiff_t>(cut.each);
        return step == each || step == -each ? step : 0;
    }

    // mark_row_at - the row that begins at p, which has number i, if one does; p, i: the next.
    PTM_ALWAYS_INLINE unsigned mark_row_at(void*& p, std::size_t& i, const slab_cut& cut) noexcept {
        std::ptrdiff_t step = step_from(p, cut);
        return step != 0 ? mark_row(p, i, step, cut) : 0;
    }

    // mark_row - the chunk at p, which has number i, and those behind it in the chain that lie `step` bytes, a chunk's
    // or minus those, from one another. p, i: the next.
    PTM_ALWAYS_INLINE unsigned mark_row(void*& p, std::size_t& i, std::ptrdiff_t step, const slab_cut& cut) noexcept {
        auto at = static_cast<unsigned>(i);
        unsigned count = row_from(p, step, step > 0 ? cut.capacity - at : at + 1);
        mark(step > 0 ? at : at + 1 - count, count, cut);
        i = index_of(p, cut);
        return count;
    }

    // row_from - how many chunks from p on, `most` or less, lie `step` bytes from one another; p: the next.
    PTM_ALWAYS_INLINE static unsigned row_from(void*& p, std::ptrdiff_t step, unsigned most) noexcept {
        auto* at = static_cast<std::byte*>(p);
        unsigned count = 1;
        for (p = cached_links<C>::below(at); count < most && is_at(p, at + step); ++count)
            p = cached_links<C>::below(at += step);
        return count;
    }

    // is_at - is p that address? The compiler does not learn that the two are the same then, and looks where `at`
    // leads: the processor need not wait for p, which is far away if its chunk was freed long ago. free_fifo and
    // free_lifo take 0.95 of the time.
    PTM_ALWAYS_INLINE static bool is_at(const void* p, const std::byte* at) noexcept {
        std::uintptr_t off = address_of(p) - address_of(at);
        asm("" : "+r"(off));
        return off == 0;
    }

    void mark(unsigned first, unsigned count, const slab_cut& cut) noexcept {
        all_words(first, first + count, [&](unsigned w, word some) {
            word twice = is_free_[w] & some;
            expect<C, fault::double_free_not_prev>(twice == 0, begin_ + std::size_t{bit_of(w, twice)} * cut.each);
            is_free_[w] |= some;
            return true;
        });
    }

    // mark_some - the chunk at p, which has number i, and those behind it in the chain, as long as their marks are in
    // one word; p, i: the next. The word stays in a register: to wait for each other's stores takes longer than all
    // else. Whether the next one's mark is in it, too, is asked of its address, for which nothing is divided: 14
    // instructions a chunk instead of 22.
    PTM_ALWAYS_INLINE unsigned mark_some(void*& p, std::size_t& i, const slab_cut& cut) noexcept {
        std::size_t w = i / word_bits, begins = w * word_bits * cut.each;
        std::size_t all = smaller(word_bits * cut.each, static_cast<unsigned>(Window - begins)), ahead;
        word free = is_free_[w];
        unsigned n = 0;
        i %= word_bits;
        for (;;) {
            expect<C, fault::double_free_not_prev>((free >> i & 1) == 0, p);
            free |= word{1} << i;
            p = cached_links<C>::below(p);
            ++n;
            ahead = address_of(p) - address_of(begin_ + begins);
            if (ahead >= all) break;
            i = index_in(p, ahead, cut);
        }
        is_free_[w] = free;
        i = index_of(p, cut);
        return n;
    }

    void begin_free(const slab_cut& cut) noexcept {
        for (unsigned w = 0; w < words; ++w)
            is_free_[w] = low_bits(cut.capacity - smaller(w * word_bits, cut.capacity));
        free_ = static_cast<std::uint16_t>(cut.capacity);
    }

    // is_free_from - are all blocks free that lie in these bytes of the window, also in part?
    bool is_free_from(std::size_t ahead, std::size_t n, const slab_cut& cut) const noexcept {
        unsigned end = smaller(cut.index_of(ahead + n - 1) + 1, cut.capacity);
        return all_words(cut.index_of(ahead), end, [&](unsigned w, word some) { return (~is_free_[w] & some) == 0; });
    }

    // touch - somebody will write to n bytes from there on: the system gives what it has of them.
    void touch(std::size_t ahead, std::size_t n) noexcept {
        if (dropped_ == 0) [[likely]]
            return;
        std::size_t page = system_page_bytes(), first = ahead / page, count = (ahead + n - 1) / page - first + 1;
        dropped_ = static_cast<std::uint16_t>(dropped_ & ~(((1u << count) - 1) << first));
    }

    // all_words - is visit(number, bits) true of each word with marks of the chunks from i on, up to `end`?
    static bool all_words(unsigned i, unsigned end, auto&& visit) noexcept {
        for (unsigned k; i < end; i += k) {
            k = smaller(end - i, word_bits - i % word_bits);
            if (!visit(i / word_bits, low_bits(k) << i % word_bits)) return false;
        }
        return true;
    }

    // bit_of - the number of the chunk that the lowest bit set in a word's value stands for.
    static unsigned bit_of(unsigned w, word value) noexcept {
        return w * word_bits + static_cast<unsigned>(std::countr_zero(value));
    }
    static unsigned smaller(unsigned a, unsigned b) noexcept { return a < b ? a : b; }
    static word low_bits(unsigned n) noexcept { return n >= word_bits ? ~word{0} : (word{1} << n) - 1; }

    run run_at(unsigned i, unsigned k, const slab_cut& cut) noexcept {
        if constexpr (Headerless)
            touch(std::size_t{i} * cut.each, std::size_t{k} * cut.each);
        else if (cut_ < i + k)
            cut_up_to(i + k, cut);
        return {begin_ + std::size_t{i} * cut.each, k};
    }

    // cut_up_to - n chunks, from what is not cut yet. The rest gets its header first, then the new ones from the last
    // to the first: whoever walks through the arena meanwhile finds one chunk or all of them.
    void cut_up_to(unsigned n, const slab_cut& cut) noexcept {
        auto at = [&](unsigned k) { return header::at(first(), std::size_t{k} * cut.each); };
        chunk* c = at(cut_);
        std::size_t left = whole_ - std::size_t{n} * cut.each;
        bool of_side = header::of_side_arena_in(header::peek(c));
        if (left != 0) header::set_used(at(n), chunk_size{left}, of_side);
        for (unsigned k = n - 1; k > cut_; --k) header::set_used(at(k), chunk_size{cut.each}, of_side);
        header::set_size(c, chunk_size{cut.each});
        cut_ = static_cast<std::uint16_t>(n);
    }
};

// slab_map - the slab whose window an address lies in. A tree of two levels: the leaves, of 1 GiB of addresses with
// windows of 32 KiB, are mapped when they are needed and stay. Readers take no lock.
template <class Slab, std::size_t Window>
class slab_map {
    static constexpr unsigned window_bits = std::countr_zero(Window), leaf_bits = 15;
    static constexpr unsigned address_bits = sizeof(void*) == 4 ? 32 : 47; // what Linux gives on x86-64
    static constexpr unsigned root_bits = address_bits - window_bits - leaf_bits;
    static constexpr std::size_t leaves = std::size_t{1} << root_bits, leaf_size = std::size_t{1} << leaf_bits;

    std::atomic<Slab*> leaves_[leaves] = {};

public:
    constexpr slab_map() noexcept = default;

    // find - nullptr: there never was a slab anywhere near.
    PTM_ALWAYS_INLINE Slab* find(const void* at) const noexcept {
        std::uintptr_t i = address_of(at) >> window_bits, root = i >> leaf_bits;
        if (root >= leaves) return nullptr;
        Slab* leaf = leaves_[root].load(std::memory_order_acquire);
        return leaf ? leaf + (i & (leaf_size - 1)) : nullptr;
    }

    // make - the same, with a leaf for it; nullptr: the system refuses memory for that. errno may have changed.
    Slab* make(const void* at) noexcept {
        std::uintptr_t root = address_of(at) >> window_bits >> leaf_bits;
        if (root >= leaves) return nullptr;
        if (!leaves_[root].load(std::memory_order_acquire) && !add_leaf(leaves_[root])) return nullptr;
        return find(at);
    }

private:
    static bool add_leaf(std::atomic<Slab*>& place) noexcept {
        mmap_backend system;
        pages run = system.obtain(leaf_size * sizeof(Slab));
        if (!run) return false;
        Slab *none = nullptr, *leaf = reinterpret_cast<Slab*>(run.data); // zeros, which are no slabs
        if (!place.compare_exchange_strong(none, leaf, std::memory_order_acq_rel)) system.give_back(run);
        return true;
    }
};

} // namespace ptm::detail
