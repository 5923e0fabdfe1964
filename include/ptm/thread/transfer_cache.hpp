// thread/transfer_cache.hpp - where threads leave batches of free chunks for one another, by size.
//
//   thread A's front_cache --- a batch too many --->  +---------+
//                                                     | newest  | --> batch --> batch --> ...   for each size
//   thread B's front_cache <--- a batch too few ----  +---------+
//                                                          | when an arena would have to grow; what nobody has wanted
//                                                          v for a while; when much is left and a thread ends
//                                                     the arenas, under their locks
//
// There are such shelves at several places, and a thread goes to the one for the processor that it runs on. It looks at
// the others when that has nothing, and leaves one batch there: so blocks go back to the threads that had them, which
// may be on the same processor still, and a producer is served by what its consumers leave elsewhere. Two threads that
// churn 3,000 blocks of 16 to 512 bytes each have 30 cache lines with blocks of both after four million steps; with
// one place, 1,700. A thread that brings back much of what it takes looks into its arena first: two threads with up to
// 24,000 blocks each of 1 to 1,000 bytes, 8,000 bytes of a size at a time, take 0.6 of the time then, with 1.15 of the
// memory; where every thread does so, a producer takes 1.7 times as long.
//
// A batch is a chain of cached chunks. It changes hands whole: a put and a take cost one lock and a few words, however
// many chunks there are, and nobody asks which arena a chunk is from. That makes a thread that only frees and one that
// only allocates cheap, and it puts off merging: chunks that are wanted again soon, in whichever thread, never merge.
// How long it is put off is up to the heap: there is no limit here. Thread-safe; one object for a heap.
//
// A heap leaves any number of small ones, but no more large ones here than tuning's exchange_most, or exchange_share
// in a large heap, and none that travel alone: in four threads with 32 MiB each of blocks of 16 to 8,000 bytes,
// 0.54 of the time. Of chunks of 1 KiB and more with 32 KiB on a shelf instead of no limit, memory: aligned_blocks
// 0.61, json_trees 0.95, text_index 0.94, churn 0.94, sqlite3, lua, z3, gxx 1.00; time the same. With such a limit for
// chunks from 256 bytes on, tides takes 1.12 of the memory, as what goes home one by one is cut up for other sizes;
// with one for all, free_shuffled takes 1.5 times as long.
//
// Against lists by owner, where each batch is taken apart and each chunk goes to the shelf of the arena that it is
// from: on two processors no difference beyond the noise, in larson, producer_consumer, short_threads and
// threads_churn. This is the simpler one, and touches no chunk of a batch but the first.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <ptm/core/address.hpp>
#include <ptm/core/config.hpp>
#include <ptm/core/relaxed.hpp>
#include <ptm/sync/lock.hpp>
#include <ptm/thread/batch.hpp>
#include <ptm/thread/busy.hpp>
#include <ptm/thread/shelves_by_place.hpp>

namespace ptm {

namespace detail {

template <bin_context C, lock_policy Lock>
struct transfer_shelf : lockable_shelf<Lock> {
    relaxed<unsigned> count = 0; // batches; looked at without the lock
    unsigned unused = 0;         // of them, since the period began: so many were never missed
    batch_stack<C> waiting;
};

template <bin_context C, lock_policy Lock, unsigned Lists>
class transfer_lists : public shelves_by_place<transfer_shelf<C, Lock>, Lists> {
    using shelf = transfer_shelf<C, Lock>;
    using base = typename transfer_lists::shelves_by_place;
    using corner = typename base::corner;
    using base::at;

    std::atomic<std::uint64_t> period_ = 0;

public:
    using base::places;

    constexpr transfer_lists() noexcept = default;

    // held - bytes, counted by the smallest size of each list.
    std::size_t held() const noexcept { return base::all_bytes(); }

    // put - a batch of list i, whose chunks have at least `each` bytes. near: the processor that this runs on.
    void put(unsigned i, batch b, std::size_t each, unsigned near = 0) noexcept {
        corner& to = at(near);
        shelf& s = to.shelves[i];
        busy::at_shelf hold(s.lock);
        s.waiting.push(b);
        s.count = s.count + 1;
        to.bytes.add(b.count * each);
    }

    // take_near, take_elsewhere - the newest batch of list i at that place, or at another; {}: there is none. What the
    // threads of another processor may want back soon, one batch, they keep.
    batch take_near(unsigned i, std::size_t each, unsigned near) noexcept { return take_beyond(0, at(near), i, each); }
    batch take_elsewhere(unsigned i, std::size_t each, unsigned near) noexcept {
        batch b;
        for (unsigned k = 1; k < places && !b; ++k) b = take_beyond(1, at(near + k), i, each);
        return b;
    }

    // any_elsewhere - has take_elsewhere something to take, or had it a moment ago?
    bool any_elsewhere(unsigned i, unsigned near) const noexcept {
        for (unsigned k = 1; k < places; ++k)
            if (batches(i, near + k) > 1) return true;
        return false;
    }

    // batches - of list i that wait at a place, or did a moment ago.
    std::size_t batches(unsigned i, unsigned near = 0) const noexcept { return at(near).shelves[i].count; }

    // take_any - a batch of list i, wherever there is one.
    batch take_any(unsigned i, std::size_t each) noexcept {
        batch b;
        for (unsigned k = 0; k < places && !b; ++k) b = take_beyond(0, at(k), i, each);
        return b;
    }

    // take_unused - a batch of list i that was not wanted at that place in the present period; {}: there is none, and
    // the next one begins.
    batch take_unused(unsigned i, std::size_t each, unsigned place = 0) noexcept {
        corner& from = at(place);
        shelf& s = from.shelves[i];
        busy::at_shelf hold(s.lock);
        if (s.unused == 0) return s.unused = s.count, batch{};
        --s.unused;
        return pop(from, s, each);
    }

    // period_over - have `length` milliseconds gone by since this was true the last time? True for one thread only.
    bool period_over(std::uint64_t now, std::uint64_t length) noexcept {
        std::uint64_t begun = period_.load(std::memory_order_relaxed);
        if (now < begun + length) return false; // another thread's clock may have been ahead
        return period_.compare_exchange_strong(begun, now, std::memory_order_relaxed);
    }

    // begin_period - now, or somewhat later.
    void begin_period(std::uint64_t when) noexcept { period_.store(when, std::memory_order_relaxed); }

private:
    // take_beyond - a batch, if there are more than `left`. The first look is at how many there were a moment ago:
    // whoever puts a batch there at the same time may be too late.
    batch take_beyond(unsigned left, corner& from, unsigned i, std::size_t each) noexcept {
        shelf& s = from.shelves[i];
        if (s.count <= left) return {};
        busy::at_shelf hold(s.lock);
        if (s.count <= left) return {};
        batch b = pop(from, s, each);
        if (s.count < s.unused) s.unused = s.count;
        return b;
    }

    static batch pop(corner& from, shelf& s, std::size_t each) noexcept {
        batch b = s.waiting.pop();
        if (!b) return b;
        s.count = s.count - 1;
        from.bytes.subtract(b.count * each);
        return b;
    }
};

} // namespace detail

} // namespace ptm
