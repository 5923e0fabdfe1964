// thread/window_pool.hpp - windows of one size out of one stretch of reserved addresses, each with a record and a mark.
//
//   windows:   | 0 | 1 | 2 |  ...  | not committed yet ...      begins at base, a multiple of the window's size
//   records:   [ 0 ] [ 1 ] [ 2 ]  ...                           elsewhere: as many
//   marks:     ... 2 1 0                                        16 bits each, that of the last window first
//
// Whether an address lies in a window, and which mark that one has, is found by one subtraction, one compare and one
// look at a table: that is what an allocator needs to tell blocks without a header from others. (How far an address is
// from the end takes an instruction less than how far from the base.) Windows are committed as they are needed, from
// the lowest address on, a few for each processor. Of those that came back to a processor the lowest is handed out
// next; they keep their pages until drop() gives them to the system, and their addresses for ever.
//
// Where the addresses cannot be reserved there are no windows, nor where the process has a limit of those
// (RLIMIT_AS): what is only reserved counts there, and what is reserved already is counted no more. A program that sets
// itself such a limit later gets no more windows, and give_up() lets go the addresses that none of them has. From then
// on others may have memory there, which no window holds.
//
// Thread-safe after prepare(); those who ask for a mark take no lock. errno survives.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <sys/mman.h>
#include <sys/resource.h>

#include <ptm/core/address.hpp>
#include <ptm/core/bits.hpp>
#include <ptm/core/config.hpp>
#include <ptm/core/errno_guard.hpp>
#include <ptm/core/relaxed.hpp>
#include <ptm/os/backend.hpp>
#include <ptm/os/page.hpp>
#include <ptm/sync/lock.hpp>
#include <ptm/thread/busy.hpp>
#include <ptm/thread/shelves_by_place.hpp>

namespace ptm::detail {

// window_set - of windows, by their numbers, from 0 to N - 1, a multiple of 64. To add one is O(1); to take the lowest,
// too, but for a look at every 64 numbers that were taken since the last one was added below them.
template <std::size_t N>
class window_set {
    static constexpr std::size_t word_bits = 64;
    static_assert(N % word_bits == 0 && N > 0, "window_set: a multiple of 64");

    std::uint64_t words_[N / word_bits] = {};
    std::size_t lowest_ = 0; // no word before it has any
    std::size_t end_ = 0;    // none from it on

public:
    // run - windows side by side.
    struct run {
        std::size_t first = 0, count = 0;

        explicit operator bool() const noexcept { return count != 0; }
    };

    constexpr window_set() noexcept = default;

    void add(run some) noexcept {
        for (std::size_t k = some.first; k < some.first + some.count; ++k) add(k);
    }

    // take - the lowest, and those that lie side by side with it, n together at most; {}: there is none.
    run take(std::size_t n = 1) noexcept {
        run some{next(0), 0};
        if (some.first == end_ * word_bits) return lowest_ = end_ = 0, run{};
        lowest_ = some.first / word_bits;
        some.count = length(some.first, n);
        remove(some);
        return some;
    }

    // take_last - the highest; {}: there is none. Costs as take().
    run take_last() noexcept {
        while (end_ > lowest_ && words_[end_ - 1] == 0) --end_;
        if (end_ <= lowest_) return lowest_ = end_ = 0, run{};
        run one{end_ * word_bits - 1 - static_cast<std::size_t>(std::countl_zero(words_[end_ - 1])), 1};
        remove(one);
        return one;
    }

    // take_run - the first `least` ones or more, `most` at most, that lie side by side from number `from` on; {}: there
    // are none.
    //   cost  O(1) for every 64 numbers, and for every run, from there to that one
    static constexpr std::size_t most = 1024;
    run take_run(std::size_t least = 1, std::size_t from = 0) noexcept {
        for (std::size_t k = next(from); k < end_ * word_bits;) {
            run some{k, length(k, most)};
            if (some.count >= least) return remove(some), some;
            k = next(k + some.count);
        }
        return {};
    }

private:
    void add(std::size_t k) noexcept {
        std::size_t w = k / word_bits;
        words_[w] |= std::uint64_t{1} << k % word_bits;
        if (w < lowest_) lowest_ = w;
        if (w >= end_) end_ = w + 1;
    }

    // next - the first from k on; end_ * 64: there is none.
    std::size_t next(std::size_t k) const noexcept {
        if (k < lowest_ * word_bits) k = lowest_ * word_bits;
        while (k < end_ * word_bits) {
            std::uint64_t from_k = words_[k / word_bits] >> k % word_bits;
            if (from_k != 0) return k + static_cast<std::size_t>(std::countr_zero(from_k));
            k = (k / word_bits + 1) * word_bits;
        }
        return end_ * word_bits;
    }

    // length - how many lie side by side from k on, `enough` at most.
    std::size_t length(std::size_t k, std::size_t enough) const noexcept {
        std::size_t n = 0;
        for (std::size_t more = 1; more != 0 && n < enough && k + n < end_ * word_bits; n += more) {
            std::size_t at = (k + n) % word_bits;
            more = static_cast<std::size_t>(std::countr_one(words_[(k + n) / word_bits] >> at));
        }
        return n < enough ? n : enough;
    }

    void remove(run some) noexcept {
        for (std::size_t k = some.first; k < some.first + some.count; ++k)
            words_[k / word_bits] &= ~(std::uint64_t{1} << k % word_bits);
    }
};

// window_pool - Window: bytes, a power of two. Record: what is kept of one; all zero at first. Windows, Records: where
// the memory of both comes from.
template <class Record, std::size_t Window, lock_policy Lock, backend_policy Windows, backend_policy Records>
class window_pool {
    static_assert(has(Windows::able, can::locate) && has(Windows::able, can::discard) && has(Windows::able, can::grow),
                  "window_pool: windows must come from a stretch of addresses, such as reserve_backend");
    static_assert(has(Records::able, can::locate) && has(Records::able, can::zeroed) && has(Records::able, can::grow),
                  "window_pool: records must come from a stretch of addresses, such as reserve_backend");
    static_assert(std::has_single_bit(Window) && Windows::reserved_bytes >= 64 * Window,
                  "window_pool: the stretch must have room for 64 windows, of a power of two");

public:
    static constexpr std::size_t most_windows = Windows::reserved_bytes / Window;

    // few - windows whose pages are worth a call of the system of their own, though others may be dropped soon. Each
    // interrupts all processors that threads run on.
    static constexpr std::size_t few = 64;

    static_assert(Records::reserved_bytes / sizeof(Record) >= most_windows, "window_pool: too few records");

private:
    using set = window_set<most_windows>;
    using run = typename set::run;

    // apart - so many windows share a lock of the system's.
    static constexpr std::size_t apart = Window < 2 * 1024 * 1024 ? 2 * 1024 * 1024 / Window : 1;

    // What every free looks at comes first, apart from what changes with each window that comes or goes. All is zero at
    // first: so large a table is not to be in a file.
    std::uint16_t marks_[most_windows] = {}; // read and written by atomic operations only
    relaxed<std::uintptr_t> last_ = 0;       // byte of the last window
    std::uintptr_t base_ = 0;
    Record* records_ = nullptr;
    relaxed<std::size_t> committed_ = 0; // windows
    relaxed<bool> gave_up_ = false;

    // ready - windows of one place that nobody uses, with pages, in cache lines that other processors do not write to.
    struct alignas(apart_bytes) ready : lockable_shelf<Lock> {
        relaxed<std::size_t> count = 0;
        relaxed<std::size_t> unused = 0; // of those, since the period began: so many were never missed
        set windows;
    };
    ready ready_[places];

    // What changes with each window that is new, or that nobody has any more, side by side.
    alignas(apart_bytes) lockable_shelf<Lock> guard_;
    relaxed<std::size_t> held_bytes_ = 0;
    std::size_t used_ = 0; // windows that were ever handed out, or are a place's
    run fresh_[places];    // nobody has had those yet
    set dropped_;          // that nobody uses, without pages
    [[no_unique_address]] Windows window_memory_;
    [[no_unique_address]] Records record_memory_;

public:
    constexpr window_pool() noexcept = default;

    // prepare - reserves the addresses: once, before anything else is called; again if there was no memory.
    void prepare() noexcept {
        errno_guard keep;
        if (base_ != 0 || is_limited() || !commit_more()) return;
        base_ = address_of(window_memory_.base());
        records_ = reinterpret_cast<Record*>(record_memory_.base());
        last_ = base_ + most_windows * Window - 1;
    }

    // number_of - of the window that p lies in, counted from the last one on. holds - is there one? mark_of - its mark,
    // 0 at first. As long as there are no windows, nullptr and nothing else seems to lie in one, which has mark 0.
    PTM_ALWAYS_INLINE std::size_t number_of(const void* p) const noexcept { return (last_ - address_of(p)) / Window; }
    static constexpr bool holds(std::size_t number) noexcept { return number < most_windows; }
    PTM_ALWAYS_INLINE std::uint16_t mark_of(std::size_t number) const noexcept {
        return __atomic_load_n(&marks_[number], __ATOMIC_RELAXED);
    }

    // find - the record of the window that p lies in; nullptr: there is none.
    PTM_ALWAYS_INLINE Record* find(const void* p) const noexcept {
        std::size_t k = number_of(p);
        return holds(k) && from_base(k) < committed_ ? records_ + from_base(k) : nullptr;
    }

    // gave_up - may an address that has no mark be others'?
    bool gave_up() const noexcept { return gave_up_; }

    // give_up - lets go what has not been committed, if the process has a limit of addresses and this was not done yet;
    // false: it did nothing.
    bool give_up() noexcept {
        if (base_ == 0 || gave_up_ || !is_limited()) return false;
        errno_guard keep;
        busy::at_shelf hold(guard_.lock);
        if (gave_up_) return false;
        gave_up_ = true;
        pages rest = pages_of({committed_, most_windows - committed_});
        return rest.bytes != 0 && munmap(rest.data, rest.bytes) == 0;
    }

    // window_of - of a record. mark - says what mark_of returns from now on.
    pages window_of(const Record* r) const noexcept { return pages_of({index_of(r), 1}); }
    void mark(const Record* r, std::uint16_t m) noexcept {
        __atomic_store_n(&marks_[from_base(index_of(r))], m, __ATOMIC_RELAXED);
    }

    // held_bytes - of windows whose pages the system has not got back. ready_bytes - of those that nobody uses.
    std::size_t held_bytes() const noexcept { return held_bytes_; }
    std::size_t ready_bytes() const noexcept { return sum_of(&ready::count) * Window; }

    // take_ready - the lowest of those that a place had last; nullptr: there is none. take_far - the highest of what
    // another place had: as that takes its lowest ones itself, the others are the coldest in its processor's cache.
    Record* take_ready(unsigned place) noexcept {
        return take_of(ready_[place % places], [](set& s) { return s.take(); });
    }
    Record* take_far(unsigned place) noexcept {
        for (unsigned k = 1; k < places; ++k)
            if (Record* r = take_of(ready_[(place + k) % places], [](set& s) { return s.take_last(); })) return r;
        return nullptr;
    }

    // take_anew - another one, whose pages are new and read as zero; nullptr: the system refuses. place: the processor
    // that this runs on; windows that several processors take lie apart, as the system has a lock for every 2 MiB.
    Record* take_anew(unsigned place) noexcept {
        run one = take_new(place, 1);
        return one ? records_ + one.first : nullptr;
    }

    // populate - up to `most` new ones, side by side, get their pages in one call of the system, gained(pages); then
    // they are ready at that place, as if nobody there used them any more.
    //   returns  false: there are none
    bool populate(unsigned place, std::size_t most, auto&& gained) noexcept {
        run some = take_new(place, most);
        if (!some) return false;
        ptm::populate(pages_of(some)); // if it is refused, those who write to the pages get them
        gained(pages_of(some));
        add_ready(ready_[place % places], some);
        return true;
    }

    // put - nobody uses it any more.
    //   place    that had it last
    //   forking  the calling thread forks and holds all locks
    void put(Record* r, unsigned place, bool forking = false) noexcept {
        add_ready(ready_[place % places], {index_of(r), 1}, forking);
    }

    // drop - the pages of those that nobody uses go back to the system, where `least` of them or more lie side by side:
    // dropped(pages) for each run of them. Others may take and put meanwhile. drop_unused - of all, if some were not
    // wanted since that was done last; otherwise where few or more lie side by side.
    //   cost  one call of the system for each run, and for 1024 windows of one
    void drop(auto&& dropped, std::size_t least = 1) noexcept {
        errno_guard keep;
        for (ready& from : ready_)
            if (!drop_of(from, dropped, least)) return;
    }
    void drop_unused(auto&& dropped) noexcept {
        drop(dropped, sum_of(&ready::unused) != 0 ? 1 : few);
        for (ready& each : ready_) each.unused = std::size_t{each.count};
    }

    // lock_for_fork, unlock_after_fork, reset_after_fork - see lockable_shelf.
    void lock_for_fork(auto&& take) noexcept {
        for_each_lock([&](lockable_shelf<Lock>& each) { each.lock_for_fork(take); });
    }
    void unlock_after_fork() noexcept {
        for_each_lock([](lockable_shelf<Lock>& each) { each.unlock_after_fork(); });
    }
    void reset_after_fork() noexcept {
        for_each_lock([](lockable_shelf<Lock>& each) { each.reset_after_fork(); });
    }

private:
    // from_base - a window's number from the other end.
    static constexpr std::size_t from_base(std::size_t number) noexcept { return most_windows - 1 - number; }
    static std::size_t smaller(std::size_t a, std::size_t b) noexcept { return a < b ? a : b; }
    std::size_t index_of(const Record* r) const noexcept { return static_cast<std::size_t>(r - records_); }
    pages pages_of(run some) const noexcept {
        return {reinterpret_cast<std::byte*>(base_ + some.first * Window), some.count * Window};
    }

    void for_each_lock(auto&& visit) noexcept {
        visit(guard_);
        for (ready& each : ready_) visit(each);
    }
    std::size_t sum_of(auto number) const noexcept {
        std::size_t sum = 0;
        for (const ready& each : ready_) sum += each.*number;
        return sum;
    }

    void add_ready(ready& to, run some, bool forking = false) noexcept {
        busy::at_shelf hold(to.lock, forking);
        to.windows.add(some);
        to.count = to.count + some.count;
    }
    void subtract_ready(ready& from, std::size_t count) noexcept {
        from.count = from.count - count;
        if (from.count < from.unused) from.unused = std::size_t{from.count};
    }
    Record* take_of(ready& from, auto choose) noexcept {
        if (from.count == 0) return nullptr;
        busy::at_shelf hold(from.lock);
        run one = choose(from.windows);
        if (!one) return nullptr;
        subtract_ready(from, 1);
        return records_ + one.first;
    }

    // drop_of - what one place had last; false: the system refused, and the rest stays.
    bool drop_of(ready& from, auto& dropped, std::size_t least) noexcept {
        for (run some; (some = take_ready_run(from, least, some.first + some.count));) {
            if (!discard(from, some)) return false;
            dropped(pages_of(some));
        }
        return true;
    }
    run take_ready_run(ready& from, std::size_t least, std::size_t first) noexcept {
        if (from.count == 0) return {};
        busy::at_shelf hold(from.lock);
        run some = from.windows.take_run(least, first);
        subtract_ready(from, some.count);
        return some;
    }

    // discard - no lock is held while the system is at work.
    bool discard(ready& from, run some) noexcept {
        if (!window_memory_.discard(pages_of(some))) return add_ready(from, some), false;
        busy::at_shelf hold(guard_.lock);
        dropped_.add(some);
        held_bytes_ = held_bytes_ - some.count * Window;
        return true;
    }

    // take_new - up to n windows side by side that have no pages.
    run take_new(unsigned place, std::size_t n) noexcept {
        if (base_ == 0) return {};
        errno_guard keep;
        busy::at_shelf hold(guard_.lock);
        run some = dropped_.take(n);
        for (unsigned k = 0; k < places && !some; ++k) some = take_fresh(fresh_[(place + k) % places], n);
        held_bytes_ = held_bytes_ + some.count * Window;
        return some;
    }

    // take_fresh - the first n or fewer of those that a place has for itself, or of more that are committed for it.
    run take_fresh(run& mine, std::size_t n) noexcept {
        if (!mine) {
            if (used_ == committed_ && (gave_up_ || is_limited() || !commit_more())) return {};
            mine = {used_, smaller(align_up(used_ + 1, apart), committed_) - used_};
            used_ += mine.count;
        }
        run some{mine.first, smaller(n, mine.count)};
        mine = {mine.first + some.count, mine.count - some.count};
        return some;
    }

    // commit_more - a few windows at first, then an eighth of what there is, as far as the next ones that are apart;
    // none when the stretch is used up.
    bool commit_more() noexcept {
        constexpr std::size_t fewest = 8, most = 1024;
        std::size_t there = committed_, more = there / 8 < fewest ? fewest : smaller(there / 8, most);
        if (more >= apart / 2) more = align_up(there + more, apart) - there;
        more = smaller(more, most_windows - there);
        pages got = more != 0 ? window_memory_.obtain(more * Window) : pages{};
        if (!got) return false;
        if (!record_memory_.obtain(more * sizeof(Record))) return window_memory_.give_back(got), false;
        committed_ = there + more;
        return true;
    }

    // is_limited - does the process have a limit of addresses? Asked before each larger commitment.
    static bool is_limited() noexcept {
        rlimit limit{};
        return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    }
};

} // namespace ptm::detail
