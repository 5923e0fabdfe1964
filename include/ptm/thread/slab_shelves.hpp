// thread/slab_shelves.hpp - the slabs of a heap, by size and place: where threads get chunks that lie side by side, and
// where chunks go that a thread's lists have no room for.
//
//   shelf of a size, at a place:   partial: slab <--> slab <--> ...     some of their chunks are free
//                                  whole:   slab <--> slab <--> ...     all of them are
//
// A slab without a free chunk stands in no row; the first that comes back brings it to the front. Chunks are taken from
// partial slabs first, so that others become whole: those are what an arena gets back when it would have to grow, and
// what nobody wants for a while goes home, too.
//
// There are shelves at several places, and a thread takes from the one of the processor that it runs on. A slab stays
// at its place, and a chunk goes back to its slab, whoever frees it: threads on two processors do not come to share
// cache lines, and a producer finds what its consumers free. How a chunk finds its slab: by its address, in a map.
//
// Slabs are made of chunks, or of blocks without a header. A block's list is known by the mark of its window: a free of
// one looks at nothing else, and not at the block (holds, scaled_list_of).
//
// Which chunks there are is up to the caller: those that are of no slab are handed back by put. Thread-safe; one object
// for a heap. Each batch takes a lock once for every place that its chunks are of, and nobody holds two.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <ptm/check/verifier.hpp>
#include <ptm/core/address.hpp>
#include <ptm/core/config.hpp>
#include <ptm/core/relaxed.hpp>
#include <ptm/os/reserve.hpp>
#include <ptm/sync/lock.hpp>
#include <ptm/thread/batch.hpp>
#include <ptm/thread/busy.hpp>
#include <ptm/thread/cached_lists.hpp>
#include <ptm/thread/shelves_by_place.hpp>
#include <ptm/thread/size_lists.hpp>
#include <ptm/thread/slab.hpp>
#include <ptm/thread/window_pool.hpp>

namespace ptm {

// chunk_slabs - slabs of ordinary chunks, in windows of an arena's memory.
struct chunk_slabs {
    static constexpr bool headerless = false;
};

// headerless_slabs - slabs of blocks without a header: each takes one unit of alignment less than a chunk, or none less
// if its request ends within the last half of one. They lie in windows of a stretch of addresses of their own, which an
// arena knows nothing of: 16 GiB, as Valgrind reserves no more. When they are used up, or cannot be had, small blocks
// are chunks.
//
//   Windows  where those are from: a backend that can::locate
//   Records  the same for what is kept of each, about a hundredth of it
template <backend_policy Windows = reserve_backend<(std::size_t{16} << (sizeof(void*) == 8 ? 30 : 20))>,
          backend_policy Records = reserve_backend<(std::size_t{1} << (sizeof(void*) == 8 ? 28 : 20))>>
struct headerless_slabs {
    static constexpr bool headerless = true;
    using windows = Windows;
    using records = Records;
};

} // namespace ptm

namespace ptm::detail {

// slab_row - of slabs, from the front.
template <class Slab>
struct slab_row {
    Slab* first = nullptr;

    void push(Slab* s) noexcept {
        s->before = nullptr;
        s->after = first;
        if (first) first->before = s;
        first = s;
    }
    void remove(Slab* s) noexcept {
        (s->before ? s->before->after : first) = s->after;
        if (s->after) s->after->before = s->before;
    }
};

template <lock_policy Lock, class Slab>
struct slab_shelf : lockable_shelf<Lock> {
    relaxed<unsigned> standing = 0; // slabs in both rows; looked at without the lock
    relaxed<unsigned> free = 0;     // chunks in them; the same
    relaxed<unsigned> wholes = 0;   // whole ones; the same
    unsigned unused = 0;            // of the whole ones, since the period began: so many were never missed
    slab_row<Slab> partial, whole;
};

// slab_finder - where the slab of an address is looked up. What a free looks at of it comes first in the shelves.
template <class Slab, std::size_t Window, lock_policy Lock, class Kind>
struct slab_finder {
    slab_map<Slab, Window> map_;
};
template <class Slab, std::size_t Window, lock_policy Lock, class Kind>
    requires(Kind::headerless)
struct slab_finder<Slab, Window, Lock, Kind> {
    using pool = window_pool<Slab, Window, Lock, typename Kind::windows, typename Kind::records>;
    pool map_;

    static constexpr bool holds(std::size_t number) noexcept { return pool::holds(number); }
};

// slab_shelves - for lists 1 .. Lists, of the smallest chunk size and those that follow. Kind: chunk_slabs or
// headerless_slabs; blocks without a header have one unit of alignment less, so that the smallest is one unit.
template <bin_context C, lock_policy Lock, unsigned Lists, std::size_t Window, class Kind = chunk_slabs>
class slab_shelves : slab_finder<slab<C, Window, Kind::headerless>, Window, Lock, Kind>,
                     public shelves_by_place<slab_shelf<Lock, slab<C, Window, Kind::headerless>>, Lists + 1> {
    static constexpr bool headerless = Kind::headerless;
    using header = typename C::header;
    using chunk = chunk_in<C>;
    using links = cached_links<C>;
    using base = typename slab_shelves::shelves_by_place;
    using corner = typename base::corner;
    using base::at;

public:
    using base::places;
    using slab = ptm::detail::slab<C, Window, headerless>;

    static constexpr chunk_size size_in(unsigned i) noexcept { return chunk_size{stacked_size<header>(i - 1)}; }

    // block_bytes - of a headerless block of list i.
    static constexpr std::size_t block_bytes(unsigned i) noexcept { return i * header::alignment; }

private:
    using shelf = slab_shelf<Lock, slab>;
    using row = slab_row<slab>;
    using run = typename slab::run;
    static_assert(Lists < 256, "slab_shelves: too many lists");
    static_assert(bytes(size_in(Lists)) * 2 <= Window, "slab_shelves: a slab must have two chunks at least");

    static constexpr auto cuts = [] {
        std::array<slab_cut, Lists + 1> all{};
        for (unsigned i = 1; i <= Lists; ++i)
            all[i] = headerless ? slab_cut::headerless(Window, block_bytes(i))
                                : slab_cut(Window, size_in(i), header::smallest);
        return all;
    }();
    static constexpr bool divides_right() noexcept {
        for (unsigned i = 1; i <= Lists; ++i)
            for (unsigned k = 0; k < cuts[i].capacity; ++k)
                if (cuts[i].index_of(std::size_t{k} * cuts[i].each) != k) return false;
        return true;
    }
    static_assert(divides_right());

    using slab_shelves::slab_finder::map_;

    // A window's mark is 16 times the number of its blocks' list: how far into the lists of a cache that one's front
    // is.
    static constexpr unsigned scale = 16;

    static constexpr std::uint16_t home_of(unsigned place, unsigned i) noexcept {
        return static_cast<std::uint16_t>(place << 8 | i);
    }
    static constexpr unsigned list_in(std::uint16_t home) noexcept { return home & 0xff; }
    static constexpr unsigned place_in(std::uint16_t home) noexcept { return home >> 8; }

public:
    static constexpr unsigned most_in_batch = 256;

    constexpr slab_shelves() noexcept = default;

    // whole_bytes - of slabs whose chunks are all free, at all places, or at one. free_bytes - in slabs of list i at a
    // place, or in all; O(shelves).
    std::size_t whole_bytes() const noexcept { return base::all_bytes(); }
    std::size_t whole_bytes(unsigned place) const noexcept { return at(place).bytes; }
    std::size_t free_bytes(unsigned i, unsigned place) const noexcept {
        return std::size_t{at(place).shelves[i].free} * cuts[i].each;
    }
    std::size_t free_bytes() const noexcept {
        std::size_t sum = 0;
        for (unsigned place = 0; place < places; ++place)
            for (unsigned i = 1; i <= Lists; ++i) sum += free_bytes(i, place);
        return sum;
    }

    // spare_bytes - what is free in partial slabs of list i at a place, if threads of other places may take it: it is
    // more than one slab, and more than 1/spare_share of those slabs; 0 otherwise. What is less is wanted where it is,
    // and who had it elsewhere would share its cache lines for good, as a cache hands out again what it got. Where a
    // thousandth of the heap was enough, two threads that replaced 10,000 small blocks each took 1.05 times as long as
    // one of them, and twice as long where their processors are far from each other. Nobody takes more memory for it
    // but a thread that changes its processor again and again: 1.01 times.
    static constexpr unsigned spare_share = 4;
    std::size_t spare_bytes(unsigned i, unsigned place) const noexcept {
        const shelf& s = at(place).shelves[i];
        const std::size_t capacity = cuts[i].capacity;
        const std::size_t standing = s.standing, wholes = s.wholes, free = s.free; // of about the same time
        if (standing <= wholes || free <= (wholes + 1) * capacity) return 0;
        const std::size_t spare = free - wholes * capacity;
        return spare > (standing - wholes) * capacity / spare_share ? spare * cuts[i].each : 0;
    }

    // Headerless only.
    //
    // number_of - of a window, for an address that may lie in one. holds - does it? Then scaled_list_of is 16 times the
    // number of its blocks' list, and 0 where nobody has a block.
    PTM_ALWAYS_INLINE std::size_t number_of(const void* p) const noexcept { return map_.number_of(p); }
    static constexpr bool holds(std::size_t number) noexcept { return slab_shelves::slab_finder::holds(number); }
    PTM_ALWAYS_INLINE std::size_t scaled_list_of(std::size_t number) const noexcept { return map_.mark_of(number); }
    unsigned list_of(const void* p) const noexcept { return map_.mark_of(map_.number_of(p)) / scale; }

    // windows - where they come from. begin - a slab of list i in one of those; anew: nobody has touched it yet.
    auto& windows() noexcept { return map_; }
    slab* begin(unsigned i, slab* s, bool anew = false) noexcept
        requires(headerless)
    {
        s->begin(map_.window_of(s).data, cuts[i], anew);
        return s;
    }

    // drop_pages - those of partial slabs that nobody has a block in go back to the system. Blocks there are as free as
    // before.
    //   cost  O(partial slabs), and a call of the system for each run of such pages
    void drop_pages() noexcept
        requires(headerless)
    {
        for (unsigned place = 0; place < places; ++place)
            for (unsigned i = 1; i <= Lists; ++i) drop_pages_of(at(place).shelves[i], i);
    }

    // owns - is a chunk, which the caller owns, of a slab? The same for one that belongs to list i.
    bool owns(const void* user) const noexcept {
        const slab* s = map_.find(user);
        return s && s->home != 0;
    }
    bool owns(const void* user, unsigned i) const noexcept { return slab_of(user, i) != nullptr; }

    // add - makes a slab for list i of a used chunk, whose user pointer is a multiple of Window.
    //   returns  nullptr: the system refuses memory for it, and the chunk is as it was
    //   thread   the caller holds the arena's lock
    slab* add(unsigned i, chunk* c) noexcept
        requires(!headerless)
    {
        slab* s = map_.make(header::to_user(c));
        if (s) s->begin(c, cuts[i]);
        return s;
    }

    // ample - chunks of list i to take at that place, where `most` would do: up to twice as many, as long as it is a
    // small part of what is free there. A trade costs as much as a dozen chunks: bench/phases takes 0.86 of the time,
    // and no program more memory.
    unsigned ample(unsigned i, unsigned most, unsigned near) const noexcept {
        constexpr unsigned part = 8;
        return std::clamp(at(near).shelves[i].free / part, most, std::min(2 * most, most_in_batch));
    }

    // take_first - up to `most` chunks of a slab that was just added, or came from take_whole; it goes to the shelf at
    // that place.
    batch take_first(unsigned i, slab* s, unsigned most, unsigned near) noexcept {
        run runs[most_in_batch], *end = runs;
        s->take(end, most, cuts[i]);
        stand(i, s, near % places);
        return chained(runs, end, cuts[i].each);
    }

    // take - up to `most` chunks of list i at that place, most_in_batch at most; {}: there is none. take_partial - the
    // same, but no slab that is whole.
    batch take(unsigned i, unsigned most, unsigned near) noexcept { return take_of(i, most, near, true); }
    batch take_partial(unsigned i, unsigned most, unsigned place) noexcept { return take_of(i, most, place, false); }

    // put - each chunk of a batch of list i to its slab. forking: the calling thread forks and holds all locks.
    //   returns  those that are of no slab
    //   faults   double_free_not_prev
    batch put(unsigned i, batch b, bool forking = false) noexcept {
        batch loose;
        for (void* p = b.first; p;) {
            if (const slab* s = slab_of(p, i)) {
                p = put_some(s->home, p, forking);
                continue;
            }
            void* next = links::below(p);
            links::lead(p, loose.first);
            loose = {p, loose.count + 1};
            p = next;
        }
        return loose;
    }

    // take_whole - a slab whose chunks are all free, and which stands on no shelf then; nullptr: there is none.
    // take_unused - the same, if it was not wanted at that place in the present period; nullptr: there is none, and the
    // next one begins. What is to go back to its arena is forgotten first.
    slab* take_whole(unsigned i, unsigned place) noexcept {
        corner& here = at(place);
        shelf& s = here.shelves[i];
        if (s.standing == 0) return nullptr;
        busy::at_shelf hold(s.lock);
        return s.whole.first ? take_away(here, i) : nullptr;
    }
    slab* take_unused(unsigned i, unsigned place) noexcept {
        corner& here = at(place);
        shelf& s = here.shelves[i];
        busy::at_shelf hold(s.lock);
        if (s.unused == 0) return s.unused = unsigned{s.wholes}, nullptr;
        --s.unused;
        return take_away(here, i);
    }

    // verify - nullptr, or what does not hold of what slabs, rows and shelves say of one another; each shelf under its
    // lock.
    //   cost  O(slabs that have a free chunk)
    const char* verify() noexcept {
        verifier v;
        for (unsigned place = 0; place < places; ++place)
            for (unsigned i = 1; i <= Lists; ++i) verify_shelf(place, i, v);
        return v.verdict();
    }

private:
    void verify_shelf(unsigned place, unsigned i, verifier& v) noexcept {
        shelf& s = at(place).shelves[i];
        busy::at_shelf hold(s.lock);
        unsigned standing = 0, free = 0, wholes = 0;
        auto look = [&](slab* each, bool whole) {
            ++standing, free += each->free_chunks(), wholes += whole;
            verify_slab(each, home_of(place, i), whole, v);
        };
        for (slab* each = s.partial.first; each && !v.gave_up(); each = each->after) look(each, false);
        for (slab* each = s.whole.first; each && !v.gave_up(); each = each->after) look(each, true);
        v.must(standing == s.standing, "a shelf knows how many slabs stand on it");
        v.must(free == s.free, "a shelf knows how many chunks are free there");
        v.must(wholes == s.wholes, "a shelf knows how many of its slabs are whole");
        v.must(s.unused <= s.wholes, "unused slabs are whole ones");
    }

    void verify_slab(const slab* s, std::uint16_t home, bool whole, verifier& v) const noexcept {
        unsigned i = list_in(home);
        v.must(s->home == home && s->in_row, "a slab on a shelf knows that");
        v.must(!s->before || s->before->after == s, "neighbours in a row of slabs point back");
        v.must(s->free_chunks() == s->marked_free(), "a slab has as many free chunks as it has marked");
        v.must((s->free_chunks() == cuts[i].capacity) == whole && s->free_chunks() != 0,
               "a slab stands in a row if some of its chunks are free, in that of the whole ones if all are");
        if constexpr (headerless)
            v.must(map_.mark_of(map_.number_of(map_.window_of(s).data)) == i * scale, "a window's mark says its list");
    }

    PTM_ALWAYS_INLINE slab* slab_of(const void* user, unsigned i) const noexcept {
        slab* s = map_.find(user);
        return s && list_in(s->home) == i ? s : nullptr;
    }

    // chained - the links are written when no lock is held: they may miss the processor's cache, and letting a lock go
    // waits for that.
    static batch chained(const run* r, const run* end, std::size_t each) noexcept {
        if (r == end) return {};
        batch b{r->first, 0};
        for (; r != end; ++r) {
            std::byte* p = r->first;
            for (unsigned k = 1; k < r->count; ++k, p += each) links::lead(p, p + each);
            links::lead(p, r + 1 != end ? r[1].first : nullptr);
            b.count += r->count;
        }
        return b;
    }

    void drop_pages_of(shelf& s, unsigned i) noexcept {
        if (s.standing == 0) return;
        busy::at_shelf hold(s.lock);
        for (slab* one = s.partial.first; one; one = one->after)
            one->drop_pages(system_page_bytes(), cuts[i], [](pages some) { return drop_contents(some); });
    }

    PTM_ALWAYS_INLINE batch take_of(unsigned i, unsigned most, unsigned place, bool opens_whole) noexcept {
        corner& here = at(place);
        if (here.shelves[i].standing == 0) return {};
        run runs[most_in_batch], *end = runs;
        take_locked(here, i, end, most, opens_whole);
        return chained(runs, end, cuts[i].each);
    }
    PTM_ALWAYS_INLINE void take_locked(corner& here, unsigned i, run*& end, unsigned most, bool opens_whole) noexcept {
        shelf& s = here.shelves[i];
        busy::at_shelf hold(s.lock);
        unsigned taken = 0;
        while (taken < most) {
            if (!s.partial.first && !(opens_whole && open_whole(here, s))) break;
            slab* from = s.partial.first;
            taken += from->take(end, most - taken, cuts[i]);
            if (from->free_chunks() == 0) leave_row(s, s.partial, from);
        }
        s.free = s.free - taken;
    }

    // open_whole - a whole slab becomes a partial one; false: there is none.
    bool open_whole(corner& here, shelf& s) noexcept {
        slab* from = s.whole.first;
        if (!from) return false;
        leave_whole(here, s, from);
        s.partial.push(from);
        return true;
    }

    void leave_whole(corner& here, shelf& s, slab* from) noexcept {
        s.whole.remove(from);
        s.wholes = s.wholes - 1;
        if (s.wholes < s.unused) s.unused = s.wholes;
        here.bytes.subtract(from->whole_bytes());
    }

    static void leave_row(shelf& s, row& r, slab* from) noexcept {
        r.remove(from);
        from->in_row = false;
        s.standing = s.standing - 1;
    }

    // take_away - the first whole one, which is there.
    slab* take_away(corner& here, unsigned i) noexcept {
        shelf& s = here.shelves[i];
        slab* from = s.whole.first;
        open_whole(here, s);
        leave_row(s, s.partial, from);
        s.free = s.free - from->free_chunks();
        home_is(from, 0);
        return from;
    }

    void stand(unsigned i, slab* s, unsigned place) noexcept {
        shelf& to = at(place).shelves[i];
        busy::at_shelf hold(to.lock);
        home_is(s, home_of(place, i));
        if (s->free_chunks() == 0) return;
        enter_row(to, s);
        to.free = to.free + s->free_chunks();
    }

    void home_is(slab* s, std::uint16_t home) noexcept {
        s->home = home;
        if constexpr (headerless) map_.mark(s, static_cast<std::uint16_t>(list_in(home) * scale));
    }

    static void enter_row(shelf& to, slab* s) noexcept {
        to.partial.push(s);
        s->in_row = true;
        to.standing = to.standing + 1;
    }

    // put_some - chunks from p on, as long as they are of slabs of that shelf.
    //   returns  the first that is not
    PTM_NOINLINE void* put_some(std::uint16_t home, void* p, bool forking) noexcept {
        corner& here = at(place_in(home));
        shelf& to = here.shelves[list_in(home)];
        busy::at_shelf hold(to.lock, forking);
        unsigned count = 0;
        for (slab* s; p && (s = map_.find(p)) && s->home == home;) count += put_into(here, to, *s, p);
        to.free = to.free + count;
        return p;
    }

    // put_into - chunks from p on, as long as they lie in the window of s; p: the first that does not.
    //   returns  how many
    PTM_ALWAYS_INLINE unsigned put_into(corner& here, shelf& to, slab& s, void*& p) noexcept {
        const slab_cut cut = cuts[list_in(s.home)];
        unsigned n = s.mark_free(p, cut);
        if (!s.in_row) enter_row(to, &s);
        if (s.free_chunks() == cut.capacity) become_whole(here, to, &s);
        return n;
    }

    PTM_NOINLINE void become_whole(corner& here, shelf& to, slab* s) noexcept {
        to.partial.remove(s);
        to.whole.push(s);
        to.wholes = to.wholes + 1;
        here.bytes.add(s->whole_bytes());
    }
};

} // namespace ptm::detail
