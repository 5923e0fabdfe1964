// thread/front_cache.hpp - stacks by size in the thread's own storage, which trade batches with a transfer cache.
//
//   list:   +--------+------+----------+     newest --> chunk --> chunk --> nullptr
//           | newest | room | capacity |     room: so many more may come; capacity - room: so many are here
//           +--------+------+----------+
//
// All that a hit reads and writes is one list, 16 bytes, and the block: no pointer to the cache, no count of bytes, no
// lock. What bounds the bytes is how much capacity lists are granted: all together the thread's budget, and besides
// that two batches of each list in any case and what came as one batch. A free into a full list asks for more capacity,
// which is taken from the budget or from lists that do not use theirs; where there is none, a batch of the list goes to
// the transfer cache, and the budget grows a little, as somebody is busy here. A miss takes a batch from there, or has
// the arena cut one: one chunk the first time, then twice as many as before, up to some KiB. Of a size that shares a
// cache line with others, the first time two lines are cut up, in which no other thread's chunks lie; a thread that
// frees a chunk of such a size before it had any gets its two lines then, and hands that chunk out last: a neighbour
// may be in use elsewhere.
//
// There is a list for each of the 64 smallest sizes, and eight for every doubling above them. A request for one of
// those gets a chunk of the smallest size of the list, so that every chunk of a list serves every request of it.
//
// Nothing here looks for a double free: this is the quickest cache, not the hardest. A malloc and free of up to 1 KiB
// take 36 instructions, calls included, where budget_cache takes 82 and array_cache 77 (bench/instructions).
//
// Against other ways of doing it, processor time (bench/, two processors, few runs): a list that may always hold two
// batches, whatever the budget says, 0.5 on free_fifo and free_shuffled and 0.7 on churn, as a spent budget otherwise
// breaks batches up into single chunks; batches that wait without a limit until an arena would have to grow, instead of
// 1 MiB of them, 0.8 on threads_churn, 0.7 on tides with 0.6 of the memory. Asking for the next chunk's line
// ahead, an instruction: 0.9 on free_shuffled and free_lifo, 1.0 elsewhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <ptm/core/address.hpp>
#include <ptm/core/config.hpp>
#include <ptm/core/relaxed.hpp>
#include <ptm/thread/cache.hpp>
#include <ptm/thread/size_lists.hpp>
#include <ptm/thread/transfer_cache.hpp>

namespace ptm {

namespace detail {

template <bin_context C, std::size_t MostRequest>
class front_block {
    using header = typename C::header;
    using chunk = chunk_in<C>;
    using links = cached_links<C>;
    using table = size_lists<header, MostRequest, 8>;

    struct list {
        void* newest = nullptr;
        std::int32_t room = 0;
        std::int32_t capacity = 0;

        unsigned count() const noexcept { return static_cast<unsigned>(capacity - room); }
    };

    // The first has nothing and takes nothing: requests that are smaller than the smallest chunk's look there.
    list lists_[table::count + 1]{};
    std::size_t granted_ = 0; // bytes that all capacities stand for
    std::size_t budget_ = 0;  // bytes that may be granted now
    unsigned hand_ = 0;       // the list that is asked next to give up room

    static constexpr unsigned before_smallest = bytes(header::smallest) / header::alignment - 1;

public:
    static constexpr unsigned lists = table::count + 1;
    static constexpr std::size_t most_request = table::smallest_of[table::count - 1] - header::overhead;
    static constexpr std::size_t most_stacked_request = bytes(table::largest_stacked) - header::overhead;
    static constexpr std::size_t most_batch_bytes = 4 * 1024;
    static constexpr unsigned most_batch = 64;
    static constexpr unsigned most_looked_at = 16; // for an aligned one
    static constexpr std::size_t first_budget = 64 * 1024;

    struct limits {
        relaxed<std::size_t> budget = 0; // bytes that are granted, at most

        // set - t.cache_budget.
        void set(const tuning& t) noexcept { budget = t.cache_budget; }
    };

    constexpr front_block() noexcept = default;

    // nobody - a block that nobody fills: nothing to get, no room for anything.
    static constexpr front_block* nobody() noexcept { return &nobody_; }

    // get_stacked - a chunk for `request`, if that is neither above the 64 sizes nor below the smallest.
    PTM_ALWAYS_INLINE void* get_stacked(std::size_t request) noexcept {
        if (request > most_stacked_request) [[unlikely]]
            return nullptr;
        return pop_if_any(lists_[list_of_request(request)]);
    }

    // get - a chunk for any request.
    void* get(std::size_t request, const limits&) noexcept {
        return request <= most_request ? get_from(list_for(request)) : nullptr;
    }

    // get_from - the newest of list i, if it has any.
    void* get_from(unsigned i) noexcept { return pop_if_any(lists_[i]); }

    // accept_in - a chunk that list i has room for; false: it has none, or there is no cache yet.
    bool accept_in(unsigned i, chunk* c) noexcept { return push_if_room(lists_[i], c); }

    // knows - does this size have a list of its own?
    static constexpr bool knows(chunk_size n) noexcept { return n <= table::largest_stacked; }

    template <chunk_size N>
    PTM_ALWAYS_INLINE void* get_known() noexcept {
        return pop_if_any(lists_[table::stack_of(N) + 1]);
    }

    template <chunk_size N, tuning>
    PTM_ALWAYS_INLINE bool accept_known(chunk* c, const limits&) noexcept {
        return push_if_room(lists_[table::stack_of(N) + 1], c);
    }

    // accept_stacked - a chunk being freed, of the size that its word says; false: no room, or none of the 64 sizes. Of
    // no mapping.
    PTM_ALWAYS_INLINE bool accept_stacked(chunk* c, std::size_t word) noexcept {
        std::size_t n = align_down(bytes(header::size_in(word)), header::alignment); // it is; one instruction less
        if (n > bytes(table::largest_stacked)) [[unlikely]]
            return false;
        return push_if_room(lists_[n / header::alignment - before_smallest], c);
    }

    // get_aligned - the newest in its list that is aligned; not too many are looked at.
    void* get_aligned(std::size_t request, std::size_t alignment, const limits&) noexcept {
        if (request > most_request) return nullptr;
        list& l = lists_[list_for(request)];
        void* before = nullptr;
        void* p = l.newest;
        for (unsigned k = 0; p && k < most_looked_at; ++k, before = p, p = links::below(p)) {
            if (!is_aligned(p, alignment)) continue;
            void* after = links::below(p);
            before ? links::lead(before, after) : void(l.newest = after);
            ++l.room;
            return p;
        }
        return nullptr;
    }

    // accept, has_room, put, take - of any size, as far as the budget goes; not for the usual path.
    bool accept(chunk* c, chunk_size n, const limits& bounds) noexcept {
        if (!has_room(n, bounds)) return false;
        put(c, n, bounds);
        return true;
    }
    bool suspects(chunk*, const limits&) noexcept { return false; }
    bool accept_plain(chunk* c, chunk_size n, const limits& bounds) noexcept { return accept(c, n, bounds); }
    bool has_room(chunk_size n, const limits&) noexcept {
        if (!cacheable(n)) return false;
        unsigned i = list_of(n);
        return lists_[i].room > 0 || granted_ + bytes(size_in(i)) <= budget_;
    }
    void put(chunk* c, chunk_size n, const limits&) noexcept {
        unsigned i = list_of(n);
        if (lists_[i].room == 0) grant(i, 1);
        push(i, c);
    }
    chunk* take(chunk_size n) noexcept { return header::from_user(pop(lists_[list_of(n)])); }

    // drain - by size, newest first; nothing is granted any more.
    void drain(auto&& visit) noexcept {
        for (list& l : lists_) {
            while (l.newest) visit(header::from_user(pop(l)));
            l.room = l.capacity = 0;
        }
        granted_ = 0;
    }

    // list_for - the list that serves a request; request <= most_request. list_of - the one that a chunk belongs to;
    // only if cacheable.
    static unsigned list_for(std::size_t request) noexcept {
        chunk_size n = header::size_for(request);
        if (n <= table::largest_stacked) return table::stack_of(n) + 1;
        return table::class_of(chunk_size{bytes(n) - 1}) + 2;
    }
    static unsigned list_of(chunk_size n) noexcept { return table::of(n) + 1; }
    static bool cacheable(chunk_size n) noexcept {
        return bytes(n) - bytes(header::smallest) <= bytes(table::largest) - bytes(header::smallest);
    }

    // size_in - what an arena is to cut for list i.
    static chunk_size size_in(unsigned i) noexcept { return chunk_size{table::smallest_of[i - 1]}; }

    // batch_of - chunks of list i that change hands together.
    static unsigned batch_of(unsigned i) noexcept { return batches[i - 1]; }

    // begin - the thread begins to cache.
    void begin(const limits& bounds) noexcept {
        budget_ = first_budget < bounds.budget ? first_budget : std::size_t{bounds.budget};
    }

    // end - nothing is taken any more; only after all_of every list.
    void end() noexcept { budget_ = 0; }

    // wanted - chunks of list i to get after a miss, where they are made one by one.
    unsigned wanted(unsigned i) const noexcept {
        unsigned had = static_cast<unsigned>(lists_[i].capacity), most = batch_of(i);
        return had == 0 ? 1 : had < most ? had : most;
    }

    // refill - takes what an arena cuts, behind one another; the list is empty.
    class refill {
        front_block& b_;
        list& l_;
        void* last_ = nullptr;
        unsigned i_;

    public:
        refill(front_block& b, unsigned i) noexcept : b_(b), l_(b.lists_[i]), i_(i) {}

        void operator()(chunk* c) noexcept {
            void* user = header::to_user(c);
            if (l_.room == 0) b_.grant(i_, 1);
            --l_.room;
            (last_ ? links::lead(last_, user) : void(l_.newest = user));
            links::lead(user, nullptr);
            last_ = user;
        }
    };

    // is_new - has list i never had anything? is_shared - may two of its chunks lie in a cache line?
    bool is_new(unsigned i) const noexcept { return lists_[i].capacity == 0; }
    static bool is_shared(unsigned i) noexcept { return bytes(size_in(i)) <= cache_line_bytes; }

    // push_last - a chunk that is to be handed out after all others.
    void push_last(unsigned i, chunk* c) noexcept {
        list& l = lists_[i];
        if (l.room == 0) grant(i, 1);
        if (!l.newest) return push(i, c);
        void* last = l.newest;
        while (void* below = links::below(last)) last = below;
        links::lead(header::to_user(c), nullptr);
        links::lead(last, header::to_user(c));
        --l.room;
    }

    // grow_after_miss - so that a list that is emptied again and again gets longer.
    void grow_after_miss(unsigned i) noexcept {
        list& l = lists_[i];
        unsigned had = static_cast<unsigned>(l.capacity), most = batch_of(i);
        if (had < most) grant(i, had == 0 ? 1 : had < most - had ? had : most - had);
    }

    // add - a batch for list i, which is empty; returns one of it.
    void* add(unsigned i, batch b) noexcept {
        list& l = lists_[i];
        if (l.room < static_cast<std::int32_t>(b.count)) grant(i, b.count - static_cast<unsigned>(l.room));
        l.room -= static_cast<std::int32_t>(b.count);
        l.newest = b.first;
        return pop(l);
    }

    // make_room - for one more chunk in list i.
    //   returns  false: a batch has to leave first
    bool make_room(unsigned i) noexcept {
        list& l = lists_[i];
        if (l.room > 0) return true;
        unsigned more = batch_of(i);
        if (l.capacity < floor_of(i)) return grant(i, more), true;
        if (grant_if_any(i, more)) return true;
        reclaim();
        return grant_if_any(i, more);
    }

    // leaving - the newest chunks of list i, a batch of them as far as there are so many; the list is not empty. The
    // budget grows by as much: chunks come faster than they go.
    batch leaving(unsigned i, const limits& bounds) noexcept {
        list& l = lists_[i];
        unsigned n = batch_of(i) < l.count() ? batch_of(i) : l.count();
        batch b{l.newest, n};
        void* last = l.newest;
        for (unsigned k = 1; k < n; ++k) last = links::below(last);
        l.newest = links::below(last);
        links::lead(last, nullptr);
        l.room += static_cast<std::int32_t>(n);
        budget_ += n * bytes(size_in(i));
        if (budget_ > bounds.budget) budget_ = bounds.budget;
        return b;
    }

    // all_of - the whole list i, which is empty then, and grants nothing any more.
    batch all_of(unsigned i) noexcept {
        list& l = lists_[i];
        batch b{l.newest, l.count()};
        granted_ -= static_cast<std::size_t>(l.capacity) * bytes(size_in(i));
        l = list{};
        return b;
    }

    bool holds_any(unsigned i) const noexcept { return lists_[i].newest != nullptr; }

    // push - only after make_room said yes, or a batch has left.
    void push(unsigned i, chunk* c) noexcept { push_if_room(lists_[i], c); }

    // cached - chunks in the list for size n; granted - bytes that may be cached.
    unsigned cached(chunk_size n) const noexcept { return lists_[list_of(n)].count(); }
    std::size_t granted() const noexcept { return granted_; }

    // for_each_in - visit(chunk), which may reuse its memory at once.
    static void for_each_in(batch b, auto&& visit) noexcept {
        for (void* p = b.first; p;) {
            chunk* c = header::from_user(p);
            p = links::below(p);
            visit(c);
        }
    }

private:
    static front_block nobody_;

    static constexpr auto batches = [] {
        std::array<std::uint8_t, table::count> chunks{};
        for (unsigned i = 0; i < table::count; ++i) {
            std::size_t n = most_batch_bytes / table::smallest_of[i];
            chunks[i] = static_cast<std::uint8_t>(n < 1 ? 1 : n < most_batch ? n : most_batch);
        }
        return chunks;
    }();

    // floor_of - chunks that list i may have in any case: one batch may leave, and another one stays.
    static std::int32_t floor_of(unsigned i) noexcept { return 2 * static_cast<std::int32_t>(batch_of(i)); }

    // As size_for rounds, but that it knows no smallest chunk: one compare less.
    PTM_ALWAYS_INLINE static constexpr std::size_t list_of_request(std::size_t request) noexcept {
        return (request + header::overhead + header::alignment - 1) / header::alignment - before_smallest;
    }
    static constexpr bool rounds_alike() noexcept {
        for (std::size_t r = 0; r <= most_stacked_request; ++r) {
            std::size_t i = list_of_request(r), exact = table::stack_of(header::size_for(r)) + 1;
            if (i != exact && !(i == 0 && exact == 1)) return false;
        }
        return true;
    }
    static_assert(rounds_alike(), "front_cache: the header rounds requests in a way of its own");

    PTM_ALWAYS_INLINE static void* pop(list& l) noexcept {
        void* p = l.newest;
        l.newest = links::below(p);
        __builtin_prefetch(l.newest, 1); // it is handed out next; may be nullptr
        ++l.room;
        return p;
    }

    PTM_ALWAYS_INLINE static void* pop_if_any(list& l) noexcept {
        if (!l.newest) [[unlikely]]
            return nullptr;
        return pop(l);
    }

    PTM_ALWAYS_INLINE static bool push_if_room(list& l, chunk* c) noexcept {
        if (--l.room < 0) [[unlikely]] {
            l.room = 0;
            return false;
        }
        void* user = header::to_user(c);
        links::lead(user, l.newest);
        l.newest = user;
        return true;
    }

    void grant(unsigned i, unsigned more) noexcept {
        lists_[i].room += static_cast<std::int32_t>(more);
        lists_[i].capacity += static_cast<std::int32_t>(more);
        granted_ += more * bytes(size_in(i));
    }

    bool grant_if_any(unsigned i, unsigned more) noexcept {
        if (granted_ + more * bytes(size_in(i)) > budget_) return false;
        grant(i, more);
        return true;
    }

    // reclaim - half of the room beyond the floor that the next lists in turn do not use.
    void reclaim() noexcept {
        for (unsigned k = 0; k < 4; ++k) {
            hand_ = hand_ + 1 < lists ? hand_ + 1 : 1;
            list& l = lists_[hand_];
            std::int32_t beyond = l.capacity - floor_of(hand_);
            if (beyond <= 0 || l.room == 0) continue;
            std::int32_t spare = ((l.room < beyond ? l.room : beyond) + 1) / 2;
            l.room -= spare;
            l.capacity -= spare;
            granted_ -= static_cast<std::size_t>(spare) * bytes(size_in(hand_));
        }
    }
};

template <bin_context C, std::size_t MostRequest>
inline constinit front_block<C, MostRequest> front_block<C, MostRequest>::nobody_{};

} // namespace detail

// front_cache - MostRequest: larger requests are not cached, bytes. A thread's budget is tuning's cache_budget.
template <std::size_t MostRequest = 32 * 1024>
struct front_cache {
    static constexpr bool caches = true;
    static constexpr bool made_early = true;
    static constexpr bool serves_all = true;
    static constexpr bool takes_pieces = false;
    static constexpr bool flushes = false;
    static constexpr bool refills = false;
    static constexpr bool knows_sizes = true;
    static constexpr bool exchanges = true;

    template <bin_context C>
    using in = detail::front_block<C, MostRequest>;

    template <bin_context C, lock_policy Lock = typename C::lock>
    using exchange = detail::transfer_lists<C, Lock, in<C>::lists>;
};

} // namespace ptm
