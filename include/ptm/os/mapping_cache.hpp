// os/mapping_cache.hpp - mapping_cache<B>: a backend that keeps some of the runs that it gets back, for what is asked
// next.
//
//   give_back() -> kept, oldest first:  +-----+--------+---+------------+ -> the system: beyond the budget, too old,
//                                       | run | run    |run| run        |    or one more than there are slots for
//                                       +-----+--------+---+------------+
//   obtain()    <- a run at most 1/8 larger  <- the front of a larger one; its end stays  <- a smaller one, grown
//   remap()     <- the first two, and what the run had is copied there; else its pages move
//
// Choose it for the mapped backend of a heap whose large blocks come and go, with `adaptive = false` in its tuning: the
// pages of a run that is used again need no fault. Sixteen blocks of 256 KiB to 8 MiB, freed and allocated again in
// turn, each page touched, take 0.09 of the processor time that they take over mmap_backend, with 0.085 of the faults
// and 1.09 of the memory at the peak; in two threads 0.08, 0.07 and 1.15; from calloc 0.21, 0.085 and 1.09; one block
// that grows by halves up to 32 MiB by realloc, again and again, 0.77, 0.71 and 1.08 (getrusage, medians; a virtual
// machine).
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
    // Never more than this. Bytes. Sixteen blocks of 64 KiB to 32 MiB take 0.13 of the time of mmap_backend with 128
    // MiB, 0.24 with 64 MiB, 0.4 with 32 MiB.
    std::size_t most = 64_MiB;

    // Kept and used bytes together: the most that was in use, a share of it, and this. Bytes. With a share of 1/2 churn
    // takes half the time that it takes with 1/16, and 1.4 times the memory.
    unsigned share = 16;
    std::size_t slack = 1_MiB;

    // Runs at most; a search looks at each. 64 blocks in turn fault half as often with 64 slots as with 32, and as
    // often with 128.
    unsigned slots = 64;

    // A smaller run is not kept. Bytes.
    std::size_t least = 16_KiB;

    // A run may be larger than what is asked by 1/waste of itself; where it is larger still, it is cut.
    unsigned waste = 8;

    // A smaller run is grown if it has `closeness` sixteenths of what is asked for, or, where there is none to cut,
    // `least_part`: moving pages costs less than faults.
    unsigned closeness = 12;
    unsigned least_part = 2;

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
    static_assert(K.share > 0 && K.waste > 0 && K.copies_for > 0,
                  "mapping_cache: share, waste and copies_for are divisors");

    static constexpr bool cuts = has(B::able, can::split), grows = has(B::able, can::remap);

    using table = detail::kept_runs<K.slots>;

    std::atomic<bool> taken_ = false; // what is kept, by one thread at a time
    bool held_by_fork_ = false;
    std::atomic<unsigned> moves_ = 0;
    table kept_;
    relaxed<std::size_t> kept_bytes_ = 0;
    relaxed<std::size_t> in_use_ = 0;
    relaxed<std::size_t> most_in_use_ = 0;
    relaxed<std::size_t> explicit_page_ = 0; // the smallest that was asked for; 0: none was
    [[no_unique_address]] B inner_;

public:
    static constexpr can able =
        (B::able & (can::remap | can::discard | can::advise | can::huge | can::split)) | can::clears | can::keep;
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

    // keep_newest, take - the caller has the turn.
    void keep_newest(pages run, std::uint64_t now) noexcept {
        kept_.add({run, now});
        kept_bytes_ = kept_.bytes();
    }
    pages take(unsigned i) noexcept {
        pages run = kept_.take(i);
        kept_bytes_ = kept_.bytes();
        return run;
    }

    // expire - takes out what is beyond the budget or too old.
    void expire(batch& old, std::size_t budget, std::uint64_t now) noexcept {
        while (!old.full() && kept_.count() != 0 && (kept_.bytes() > budget || now - kept_[0].since > K.age))
            old.add(take(0));
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
        if (mine && !kept_.full()) keep_newest(run, Clock::now());
    }

    // put_aside - keeps a run that comes back; false: the caller gives it to B.
    bool put_aside(pages run) noexcept {
        batch old;
        bool keeps = false;
        {
            detail::turn mine(taken_);
            if (!mine) return false;
            std::uint64_t now = Clock::now();
            std::size_t room = budget(0);
            keeps = run.bytes <= room;
            expire(old, keeps ? room - run.bytes : room, now);
            if (kept_.full() && !old.full()) old.add(take(0));
            keeps = keeps && !kept_.full() && kept_.bytes() <= room - run.bytes;
            if (keeps) keep_newest(run, now);
        }
        give_back_all(old);
        return keeps;
    }

    // put_away - a run that nobody uses is kept, or goes to B; false: B does not take it.
    bool put_away(pages run, bool keeps) noexcept { return (keeps && put_aside(run)) || inner_.give_back(run); }

    // pick - where to take `whole` bytes from; none: from B. What is close costs few faults, and a run that is cut is
    // used whole; the rest of both is for the next.
    unsigned pick(std::size_t whole) const noexcept {
        unsigned above = kept_.smallest_of(whole);
        if (above != table::none && fits(kept_[above].run.bytes, whole)) return above;
        unsigned below = grows ? kept_.largest_below(whole) : table::none;
        std::size_t part = below != table::none ? kept_[below].run.bytes / (whole / 16) : 0; // sixteenths
        if (part >= K.closeness) return below;
        if (cuts && above != table::none) return above;
        return part >= K.least_part ? below : table::none;
    }
    static bool fits(std::size_t bytes, std::size_t whole) noexcept { return bytes - whole <= bytes / K.waste; }

    // take_for - the run at i; what it has beyond `whole` stays, or goes to B if it is not worth a slot.
    pages take_for(unsigned i, std::size_t whole, std::uint64_t now, batch& old) noexcept {
        pages run = take(i);
        if (run.bytes <= whole || fits(run.bytes, whole)) return run;
        pages rest{run.data + whole, run.bytes - whole};
        if (rest.bytes >= K.least)
            keep_newest(rest, now);
        else
            old.add(rest);
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
            run = take_for(i, whole, now, old);
            expire(old, budget(more), now);
        }
        give_back_all(old);
        return run;
    }

    // reuse - `whole` bytes or a little more of what is kept; {}: it does not do.
    reused reuse(std::size_t whole) noexcept {
        pages run = take_kept(whole, whole, [&] { return pick(whole); });
        if (!run || run.bytes >= whole) return {run, run.bytes};
        if (pages grown = grow(run, whole)) return {grown, run.bytes};
        if (!inner_.give_back(run)) keep_after_all(run);
        return {};
    }

    // copied - a kept run with the contents of one that is to grow, which is put away then; {}: there is none, or the
    // pages that would be new cost less than to copy the others.
    pages copied(pages run, std::size_t whole) noexcept {
        if (whole <= run.bytes || run.bytes > K.most_copied || whole - run.bytes < run.bytes / K.copies_for) return {};
        pages copy = take_kept(whole, whole - run.bytes, [&] {
            unsigned above = kept_.smallest_of(whole);
            return cuts || above == table::none || fits(kept_[above].run.bytes, whole) ? above : table::none;
        });
        if (!copy) return {};
        std::memcpy(copy.data, run.data, run.bytes);
        bool keeps = worth_keeping(run);
        count(run.bytes, copy.bytes);
        if (!put_away(run, keeps)) keep_after_all(run);
        return copy;
    }

    // make_room - before B is asked for so many bytes, what is kept shrinks to what may be kept then.
    void make_room(std::size_t more) noexcept {
        for (bool again = true; again;) {
            batch old;
            take_out(old, more);
            again = give_back_all(old) != 0 && old.full();
        }
    }
    void take_out(batch& old, std::size_t more) noexcept {
        detail::turn mine(taken_);
        if (mine) expire(old, budget(more), Clock::now());
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

    // move - the addresses that a run leaves may be those that another one comes to in another thread. The system puts
    // that in order; the counter tells so to tools that do not know.
    pages move(pages run, std::size_t whole) noexcept {
        moves_.fetch_add(1, std::memory_order_release);
        pages moved = inner_.remap(run, whole);
        moves_.fetch_add(1, std::memory_order_acquire);
        advise_if_large(moved, run.bytes);
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
        return grow(run, whole);
    }
};

static_assert(backend_policy<mapping_cache<>> && backend_policy<mapping_cache<no_backend>>);
static_assert(std::is_trivially_destructible_v<mapping_cache<>>, "a heap is used until the very end");

} // namespace ptm
