// os/mapping_cache.hpp - mapping_cache<B>: a backend that keeps some of the runs that it gets back, for what is asked
// next.
//
//   give_back() -> kept, oldest first:  +-----+--------+---+------------+ -> the system: beyond the budget, too old,
//                  neighbours joined    | run | run    |run| run        |    or one more than there are slots for
//                                       +-----+--------+---+------------+
//   obtain()    <- the front of one; its end stays  <- several, moved together  <- a smaller one, grown
//   remap()     <- the first, and what the run had is copied there; else its pages move
//
// Choose it for the mapped backend of a heap whose large blocks come and go, with `adaptive = false` in its tuning: the
// pages of a run that is used again need no fault. Sixteen blocks of 256 KiB to 8 MiB, freed and allocated again in
// turn, each page touched, take 0.03 of the processor time that they take over mmap_backend, with 0.025 of the faults
// and 1.08 of the memory at the peak; in two threads 0.05, 0.025 and 1.08; from calloc 0.09, 0.02 and 1.08; one block
// that grows by halves up to 32 MiB by realloc, again and again, 0.77, 0.71 and 1.08 (getrusage, medians; a virtual
// machine, where a fault takes two microseconds).
//
// What B takes only as it gave it, and cannot cut, is handed out whole, up to 1/8 larger than asked for.
//
// Invariants: what is kept belongs to nobody. Its contents are as its user left them, and it is exposed to tools that
// watch memory: they do not see a use after free there. Kept bytes and those in use together are at most the most that
// was ever in use, 1/share of that, and `slack`; but for what other threads do at the same time, and what B refuses.
//
// Thread-safe if B is: a call that finds another one inside for long goes to B, past what is kept. That holds for a
// child of fork, too, whose other threads are gone. Constant-initialised, and without a destructor: what is kept at the
// end of an object stays mapped, unless drop_kept() was called.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include <sched.h>
#include <time.h>

#include <ptm/core/address.hpp>
#include <ptm/core/bits.hpp>
#include <ptm/core/config.hpp>
#include <ptm/core/errno_guard.hpp>
#include <ptm/core/relaxed.hpp>
#include <ptm/os/backend.hpp>
#include <ptm/os/clock.hpp>
#include <ptm/os/kept_runs.hpp>
#include <ptm/os/mmap.hpp>

namespace ptm {

// keeping - how much a mapping_cache keeps, and for how long. The numbers were chosen by churn, as above.
struct keeping {
    // Never more than this. Bytes. Sixteen blocks of 64 KiB to 32 MiB take 0.05 of the time of mmap_backend with 128
    // MiB, 0.15 with 64 MiB, 0.3 with 32 MiB.
    std::size_t most = 64_MiB;

    // Kept and used bytes together: the most that was in use, a share of it, and this. Bytes. With a share of 1/2 churn
    // takes 0.6 of the time that it takes with 1/16, and 1.17 times the memory.
    unsigned share = 16;
    std::size_t slack = 1_MiB;

    // Runs at most; a search looks at each. 64 blocks in turn fault 0.7 times as often with 64 slots as with 32, and as
    // often with 128.
    unsigned slots = 64;

    // A smaller run is not kept. Bytes.
    std::size_t least = 16_KiB;

    // A run may be larger than what is asked by 1/waste of itself where it cannot be cut, or less than `least` remains.
    unsigned waste = 8;

    // Where none is large enough, one is grown that has 1/least_part of what is asked for: moving pages costs less than
    // faults. If two or more have `least_moved` bytes, they are moved together, as far as B can: sixteen blocks of 64
    // KiB to 32 MiB take 0.43 of the time with 128 MiB kept, and 0.98 of the memory. With pieces of 512 KiB blocks of 1
    // to 2 MiB take four times as long: what was moved hardly ever has neighbours again, and each move stops the other
    // processors. Bytes.
    unsigned least_part = 8;
    std::size_t least_moved = 2_MiB;

    // What is to read as zero is cleared by hand up to this size; larger ones are fresh from B, as their users may
    // touch little of them. Bytes. Clearing 4 MiB takes 54 microseconds, the faults of one page in eight 180, of each
    // 1790.
    std::size_t most_cleared = 8_MiB;

    // A run of up to `most_copied` bytes that grows by 1/copies_for or more is copied to a kept one, if there is any:
    // three pages are copied in the time of one fault, and what it had is kept for the next (bench/large_blocks: 0.9 of
    // the time). Bytes.
    std::size_t most_copied = 32_MiB;
    unsigned copies_for = 3;

    // For runs of at least so many bytes that come from B, or grow there, huge pages are asked for; 0: never. Bytes.
    // Not for what is to read as zero: who asks for that may mean to touch little of it.
    std::size_t huge = 0;

    // Whoever calls next gives back what is older. Milliseconds.
    std::uint32_t age = 1000;
};

namespace detail {

// turn - one byte for those who take turns, and a scope that has it, or has not got it in the time that others need.
class [[nodiscard]] turn {
    std::atomic<bool>& taken_;
    bool mine_ = false;

public:
    static constexpr unsigned patience = 200;

    explicit turn(std::atomic<bool>& taken) noexcept : taken_(taken) {
        for (unsigned i = 0; i < patience && !(mine_ = try_take(taken_)); ++i) PTM_CPU_RELAX();
    }
    turn(const turn&) = delete;
    ~turn() {
        if (mine_) taken_.store(false, std::memory_order_release);
    }
    explicit operator bool() const noexcept { return mine_; }

    static bool try_take(std::atomic<bool>& taken) noexcept {
        return !taken.load(std::memory_order_relaxed) && !taken.exchange(true, std::memory_order_acquire);
    }
};

} // namespace detail

template <backend_policy B = mmap_backend, keeping K = keeping{}, tells_milliseconds Clock = coarse_clock>
class mapping_cache {
    static_assert(!has(B::able, can::grow), "mapping_cache: a backend with a frontier has no runs to keep");
    static_assert(K.share > 0 && K.waste > 0 && K.least_part > 0 && K.copies_for > 0,
                  "mapping_cache: share, waste, least_part and copies_for are divisors");

    static constexpr bool cuts = has(B::able, can::split), grows = has(B::able, can::remap),
                          joins = has(B::able, can::join), moves = has(B::able, can::move);

    using table = detail::kept_runs<K.slots>;

    std::atomic<bool> taken_ = false; // what is kept, by one thread at a time
    bool held_by_fork_ = false;
    relaxed<bool> may_move_ = true; // until B refuses once
    std::atomic<unsigned> moves_ = 0;
    table kept_;
    relaxed<std::size_t> kept_bytes_ = 0;
    relaxed<std::size_t> in_use_ = 0;
    relaxed<std::size_t> most_in_use_ = 0;
    relaxed<std::size_t> explicit_page_ = 0; // the smallest that was asked for; 0: none was
    [[no_unique_address]] B inner_;

public:
    static constexpr can able =
        (B::able & (can::remap | can::discard | can::advise | can::huge | can::split | can::join)) | can::clears
        | can::keep;
    static constexpr std::size_t page_bytes() noexcept { return B::page_bytes(); }

    constexpr mapping_cache() noexcept = default;

    // from - whatever B is made from.
    template <class... From>
        requires(sizeof...(From) > 0 && std::is_constructible_v<B, From...>)
    constexpr explicit mapping_cache(From&&... from) noexcept : inner_(std::forward<From>(from)...) {}

    // obtain - `bytes`, rounded up to pages, and up to 1/8 of the run more.
    // cost     O(slots); and B's, where what is kept does not do
    pages obtain(std::size_t bytes) noexcept {
        errno_guard keep;
        std::size_t whole = whole_bytes(bytes);
        pages run = whole != 0 ? reuse(whole).run : no_pages();
        if (!run && whole != 0) advise_if_large(run = fresh(whole), 0);
        if (!run) keep.dismiss();
        return handed_out(run);
    }

    // obtain_cleared - the same, and all of it reads as zero.
    pages obtain_cleared(std::size_t bytes) noexcept {
        errno_guard keep;
        std::size_t whole = whole_bytes(bytes);
        reused old = whole != 0 && whole <= K.most_cleared ? reuse(whole) : reused{};
        pages run = old.run;
        if (!run) run = whole != 0 ? fresh(whole) : no_pages();
        if (!run) keep.dismiss();
        std::size_t worn = old.run || has(B::able, can::zeroed) ? old.worn : run.bytes;
        if (worn != 0) std::memset(run.data, 0, worn);
        return handed_out(run);
    }

    // obtain_huge - explicit huge pages are not kept: others may wait for them.
    pages obtain_huge(std::size_t bytes, std::size_t page_bytes) noexcept
        requires(has(B::able, can::huge))
    {
        pages run = inner_.obtain_huge(bytes, page_bytes);
        if (run && (explicit_page_ == 0 || page_bytes < explicit_page_)) explicit_page_ = page_bytes;
        return handed_out(run);
    }

    bool give_back(pages run) noexcept {
        errno_guard keep;
        bool keeps = worth_keeping(run);
        in_use_.subtract(run.bytes); // first: as soon as it is back, another thread may have it
        if (put_away(run, keeps)) return true;
        in_use_.add(run.bytes);
        return keep.dismiss(), false;
    }

    // remap - a tail that is cut off comes back as a run does.
    pages remap(pages run, std::size_t bytes) noexcept
        requires(grows)
    {
        errno_guard keep;
        std::size_t whole = whole_bytes(bytes);
        if (cuts && whole != 0 && whole < run.bytes) {
            if (give_back({run.data + whole, run.bytes - whole})) return {run.data, whole};
            return keep.dismiss(), pages{};
        }
        if (pages copy = copied(run, whole)) return copy;
        pages moved = whole == 0 ? no_pages() : resized(run, whole);
        if (moved)
            count(run.bytes, moved.bytes);
        else
            keep.dismiss();
        return moved;
    }

    bool discard(pages run) noexcept
        requires(has(B::able, can::discard))
    {
        return inner_.discard(run);
    }

    void advise_huge(pages run) noexcept
        requires(has(B::able, can::advise))
    {
        inner_.advise_huge(run);
    }

    // kept - bytes that belong to nobody. in_use - bytes that are handed out.
    std::size_t kept() const noexcept { return kept_bytes_; }
    std::size_t in_use() const noexcept { return in_use_; }

    // drop_kept - all of it goes back to B. errno survives.
    //   returns  bytes that went
    std::size_t drop_kept() noexcept { return drop_beyond(0); }

    // drop_beyond - what is older than keeping::age goes back, and the oldest until no more than `bytes` are kept.
    std::size_t drop_beyond(std::size_t bytes) noexcept {
        errno_guard keep;
        std::size_t went = 0;
        for (;;) {
            batch old;
            {
                detail::turn mine(taken_);
                if (mine) expire(old, bytes, Clock::now());
            }
            std::size_t some = give_back_all(old);
            went += some;
            if (some == 0) return went; // there is no more, or B does not take it
        }
    }

    // before_fork, after_fork - in the thread that forks, which waits for the one inside, up to a second: that may be
    // itself, in a signal handler. The latter in the parent and in the child.
    void before_fork() noexcept {
        constexpr unsigned patience = 10'000, yields = 100;
        constexpr timespec tenth_of_millisecond{0, 100'000};
        for (unsigned i = 0; i < patience; ++i) {
            held_by_fork_ = detail::turn::try_take(taken_);
            if (held_by_fork_) return;
            i < yields ? sched_yield() : nanosleep(&tenth_of_millisecond, nullptr);
        }
    }
    void after_fork() noexcept {
        if (!held_by_fork_) return;
        held_by_fork_ = false;
        taken_.store(false, std::memory_order_release);
    }

    // inner - the backend that the memory is from.
    B& inner() noexcept { return inner_; }
    const B& inner() const noexcept { return inner_; }

private:
    // batch - runs on their way to B: nobody else has to wait for that.
    struct batch {
        static constexpr unsigned most = 8;
        pages runs[most];
        unsigned count = 0;

        bool full() const noexcept { return count == most; }
        pages last() const noexcept { return runs[count - 1]; }
        void add(pages run) noexcept { runs[count++] = run; }
    };

    // reused - a run, and how many bytes at its start may not be zero.
    struct reused {
        pages run{};
        std::size_t worn = 0;
    };

    static std::size_t whole_bytes(std::size_t bytes) noexcept {
        std::size_t whole = align_up(bytes, B::page_bytes());
        return whole >= bytes ? whole : 0;
    }

    // ---- books -----------------------------------------------------------------------------------------------------

    pages handed_out(pages run) noexcept {
        count(0, run.bytes);
        return run;
    }

    void count(std::size_t before, std::size_t now) noexcept { most_in_use_.raise_to(in_use_.add(now - before)); }

    // budget - bytes that may be kept when `more` is in use besides.
    std::size_t budget(std::size_t more) const noexcept {
        std::size_t used = in_use_ + more, top = most_in_use_;
        if (top < used) top = used;
        std::size_t room = top - used + top / K.share + K.slack;
        return room < K.most ? room : K.most;
    }

    // What was never handed out is B's to refuse.
    bool worth_keeping(pages run) const noexcept {
        std::size_t page = explicit_page_;
        bool may_be_explicit = page != 0 && is_aligned(address_of(run.data) | run.bytes, page);
        return run.bytes >= K.least && run.bytes <= K.most && run.bytes <= in_use_ && !may_be_explicit;
    }

    // ---- what is kept ----------------------------------------------------------------------------------------------

    // keep_run, take, cut - the caller has the turn. Neighbours become one run, which is as old as the older: what
    // hardly anybody uses does not get younger by what lies beside it.
    void keep_run(detail::kept_run r) noexcept {
        if constexpr (joins)
            for (unsigned i; (i = kept_.beside(r.run)) != table::none;) r = joined(r, i);
        kept_.add(r);
        kept_bytes_ = kept_.bytes();
    }
    detail::kept_run joined(detail::kept_run r, unsigned i) noexcept {
        detail::kept_run other = kept_[i];
        kept_.take(i);
        std::byte* first = other.run.data < r.run.data ? other.run.data : r.run.data;
        return {{first, r.run.bytes + other.run.bytes}, other.since < r.since ? other.since : r.since};
    }
    pages take(unsigned i) noexcept {
        pages run = kept_.take(i);
        kept_bytes_ = kept_.bytes();
        return run;
    }
    pages cut(unsigned i, std::size_t bytes) noexcept {
        pages front = kept_.cut(i, bytes);
        kept_bytes_ = kept_.bytes();
        return front;
    }

    // expire - takes out what is beyond the budget or too old, as far as there is room for it; true: there is more.
    bool expire(batch& old, std::size_t budget, std::uint64_t now) noexcept {
        while (kept_.count() != 0) {
            bool too_old = now - kept_[0].since > K.age;
            if (!too_old && kept_.bytes() <= budget) return false;
            if (old.full()) return true;
            old.add(too_old ? take(0) : take_of_oldest(kept_.bytes() - budget));
        }
        return false;
    }

    // take_of_oldest - at least so many bytes of it, or all that it has.
    pages take_of_oldest(std::size_t bytes) noexcept {
        std::size_t whole = align_up(bytes, B::page_bytes());
        return cuts && whole + K.least <= kept_[0].run.bytes ? cut(0, whole) : take(0);
    }

    // give_back_all - to B; what it does not take is kept, as the youngest. Returns the bytes that went.
    std::size_t give_back_all(batch& old) noexcept {
        std::size_t went = 0;
        for (unsigned i = 0; i < old.count; ++i)
            if (inner_.give_back(old.runs[i]))
                went += old.runs[i].bytes;
            else
                keep_after_all(old.runs[i]);
        return went;
    }

    // Without a slot for it the memory is lost.
    PTM_COLD void keep_after_all(pages run) noexcept {
        detail::turn mine(taken_);
        if (mine && !kept_.full()) keep_run({run, Clock::now()});
    }

    // put_aside - keeps a run that comes back, or what may be kept of it; false: the caller gives it to B.
    bool put_aside(pages run) noexcept {
        batch old;
        bool more = false;
        {
            detail::turn mine(taken_);
            std::size_t room = budget(0);
            if (!mine || (!cuts && run.bytes > room)) return false;
            if (kept_.full()) old.add(take(0));
            std::uint64_t now = Clock::now();
            keep_run({run, now});
            more = expire(old, room, now);
        }
        if (give_back_all(old) != 0 && more) make_room(0);
        return true;
    }

    // put_away - a run that nobody uses is kept, or goes to B; false: B does not take it.
    bool put_away(pages run, bool keeps) noexcept { return (keeps && put_aside(run)) || inner_.give_back(run); }

    // pick - where to take `whole` bytes from; none: from B. A larger run comes before one that would have to grow:
    // faults cost more than anything else here.
    unsigned pick(std::size_t whole) const noexcept {
        if (unsigned above = larger(whole); above != table::none) return above;
        unsigned below = grows ? kept_.largest_below(whole) : table::none;
        return below != table::none && kept_[below].run.bytes >= whole / K.least_part ? below : table::none;
    }
    unsigned larger(std::size_t whole) const noexcept {
        unsigned above = kept_.smallest_of(whole);
        return cuts || above == table::none || fits(kept_[above].run.bytes, whole) ? above : table::none;
    }

    // fits - is a run of so many bytes used whole? What can be cut is, down to what is worth a slot.
    static bool fits(std::size_t bytes, std::size_t whole) noexcept {
        return bytes - whole <= bytes / K.waste && (!cuts || bytes - whole < K.least);
    }

    // take_for - the run at i; what it has beyond `whole` stays, or goes to B if it is not worth a slot.
    pages take_for(unsigned i, std::size_t whole, batch& old) noexcept {
        std::size_t has = kept_[i].run.bytes;
        if (has <= whole || fits(has, whole)) return take(i);
        if (has - whole >= K.least) return cut(i, whole);
        pages run = take(i);
        old.add({run.data + whole, has - whole});
        return {run.data, whole};
    }

    // take_kept - what `picked()` picks of what is kept for `whole` bytes, of which `more` are not in use yet.
    pages take_kept(std::size_t whole, std::size_t more, auto picked) noexcept {
        batch old;
        pages run;
        {
            detail::turn mine(taken_);
            if (!mine) return {};
            std::uint64_t now = Clock::now();
            unsigned i = picked();
            if (i == table::none) return {};
            run = take_for(i, whole, old);
            expire(old, budget(more), now);
        }
        give_back_all(old);
        return run;
    }

    // reuse - `whole` bytes or a little more of what is kept; {}: it does not do.
    reused reuse(std::size_t whole) noexcept {
        if (pages run = gathered(whole)) return {run, run.bytes};
        pages run = take_kept(whole, whole, [&] { return pick(whole); });
        if (!run || run.bytes >= whole) return {run, run.bytes};
        if (pages grown = grow(run, whole)) return {grown, run.bytes};
        let_go(run, false);
        return {};
    }

    static bool grows_much(pages run, std::size_t whole) noexcept {
        return whole > run.bytes && whole - run.bytes >= run.bytes / K.copies_for;
    }

    // copied - a kept run with the contents of one that is to grow, which is put away then; {}: there is none, or the
    // pages that would be new cost less than to copy the others.
    pages copied(pages run, std::size_t whole) noexcept {
        if (run.bytes > K.most_copied || !grows_much(run, whole)) return {};
        pages copy = take_kept(whole, whole - run.bytes, [&] { return larger(whole); });
        if (!copy) return {};
        std::memcpy(copy.data, run.data, run.bytes);
        bool keeps = worth_keeping(run);
        count(run.bytes, copy.bytes);
        let_go(run, keeps);
        return copy;
    }

    // ---- moved together ---------------------------------------------------------------------------------------------

    // gathered - `whole` bytes, to which several kept runs have moved, where none is as large; what is missing is
    // fresh. {}: there are no two that are worth it, or the system does not do that: it is not asked again.
    pages gathered(std::size_t whole) noexcept {
        batch parts = parts_of(whole);
        if (parts.count == 0) return {};
        make_room(whole);
        pages run = inner_.obtain(whole);
        if (run) return moved_in(parts, run) ? run : pages{};
        let_go(parts, 0);
        return {};
    }

    // parts_of - the largest runs, two or more; the last one is cut if less of it will do.
    batch parts_of(std::size_t whole) noexcept {
        batch parts;
        if (!moves || !may_move_ || whole < K.least_moved) return parts;
        detail::turn mine(taken_);
        if (!mine || kept_.smallest_of(whole) != table::none || kept_.count_of(K.least_moved) < 2) return parts;
        while (whole != 0 && !parts.full()) {
            unsigned i = kept_.largest_below(SIZE_MAX);
            if (i == table::none || kept_[i].run.bytes < K.least_moved) break;
            parts.add(kept_[i].run.bytes > whole ? cut(i, whole) : take(i));
            whole -= parts.last().bytes;
        }
        return parts;
    }

    // moved_in - are the parts at the beginning of a fresh run now, one behind the other?
    bool moved_in(batch& parts, pages run) noexcept {
        std::byte* at = run.data;
        for (unsigned i = 0; i < parts.count; at += parts.runs[i++].bytes)
            if (!moves_to(parts.runs[i], at)) return stop_moving(parts, i, run, at), false;
        return true;
    }

    // stop_moving - the part at i was refused, and what was at its place may be somebody else's by now: what is around
    // it is let go, and the other parts. It itself is where it was only if the system saw at once that it could not.
    void stop_moving(batch& parts, unsigned i, pages run, std::byte* at) noexcept {
        bool intact = errno == EFAULT;
        may_move_ = false;
        std::byte* behind = at + parts.runs[i].bytes;
        let_go({run.data, bytes_between(run.data, at)}, true);
        let_go({behind, bytes_between(behind, run.end())}, true);
        let_go(parts, intact ? i : i + 1);
    }

    void let_go(batch& some, unsigned from) noexcept {
        for (unsigned i = from; i < some.count; ++i) let_go(some.runs[i], true);
    }
    void let_go(pages run, bool keeps) noexcept {
        if (run.bytes != 0 && !put_away(run, keeps)) keep_after_all(run);
    }

    // ---- room -------------------------------------------------------------------------------------------------------

    // make_room - before B is asked for so many bytes, what is kept shrinks to what may be kept then.
    void make_room(std::size_t more) noexcept {
        for (bool again = true; again;) {
            batch old;
            bool left = take_out(old, more);
            again = give_back_all(old) != 0 && left;
        }
    }
    bool take_out(batch& old, std::size_t more) noexcept {
        detail::turn mine(taken_);
        return mine && expire(old, budget(more), Clock::now());
    }

    // ---- B ---------------------------------------------------------------------------------------------------------

    // fresh, grow - when there is no memory, all that is kept goes back, and B is asked once more.
    pages fresh(std::size_t whole) noexcept {
        make_room(whole);
        pages run = inner_.obtain(whole);
        return run || drop_kept() == 0 ? run : inner_.obtain(whole);
    }
    pages grow(pages run, std::size_t whole) noexcept {
        if constexpr (grows) {
            pages moved = move(run, whole);
            return moved || errno != ENOMEM || drop_kept() == 0 ? moved : move(run, whole);
        }
        return {};
    }

    // move, moves_to - the addresses that a run leaves may be those that another one comes to in another thread. The
    // system puts that in order; the counter tells so to tools that do not know.
    pages move(pages run, std::size_t whole) noexcept {
        moves_.fetch_add(1, std::memory_order_release);
        pages moved = inner_.remap(run, whole);
        moves_.fetch_add(1, std::memory_order_acquire);
        advise_if_large(moved, run.bytes);
        return moved;
    }
    bool moves_to(pages run, std::byte* to) noexcept {
        bool moved = false;
        if constexpr (moves) {
            moves_.fetch_add(1, std::memory_order_release);
            moved = inner_.move_to(run, to);
            moves_.fetch_add(1, std::memory_order_acquire);
        }
        return moved;
    }

    // advise_if_large - a run that had `before` bytes; one that was large then has been asked for.
    void advise_if_large(pages run, std::size_t before) noexcept {
        if constexpr (has(B::able, can::advise))
            if (K.huge != 0 && run.bytes >= K.huge && before < K.huge) inner_.advise_huge(run);
    }

    // resized - by B.
    pages resized(pages run, std::size_t whole) noexcept {
        if (whole == run.bytes) return run;
        if (whole < run.bytes) return inner_.remap(run, whole);
        make_room(whole - run.bytes);
        pages grown = grow(run, whole);
        return grown || !joins || errno != EFAULT ? grown : renewed(run, whole);
    }

    // renewed - a run that was joined from several mappings, which the system does not remap as one, copied to what is
    // kept, or to a mapping of its own if it grows by little: it may go on so. To move it instead was dangerous: a
    // system that fails half way through leaves its contents at two places.
    pages renewed(pages run, std::size_t whole) noexcept {
        pages other = grows_much(run, whole) ? reuse(whole).run : pages{};
        if (!other) other = fresh(whole);
        if (!other) return {};
        std::memcpy(other.data, run.data, run.bytes);
        let_go(run, worth_keeping(run));
        return other;
    }
};

static_assert(backend_policy<mapping_cache<>> && backend_policy<mapping_cache<no_backend>>);
static_assert(std::is_trivially_destructible_v<mapping_cache<>>, "a heap is used until the very end");

} // namespace ptm
