// thread/front_cache.hpp - stacks by size in the thread's own storage, which trade batches with a transfer cache.
//
//   front:    +--------+------+----------+     newest --> chunk --> chunk --> nullptr
//             | newest | room | capacity |     room: so many more may come; capacity - room: so many are here
//             +--------+------+----------+
//   behind it:  full fronts, batches of a stack     newest --> batch --> batch --> nullptr
//
// All that a hit reads and writes is the front of a list, 16 bytes, and the block: no pointer to the cache, no count of
// bytes, no lock. When the front is full it goes behind whole, and the next begins; when it is empty, the newest batch
// from behind comes to the front. No chunk is looked at for that but the first. Of the 64 sizes, that is: a batch of
// larger chunks is few, and a front that ends so soon makes every third call look for more. So theirs gets longer, up
// to four batches, and then its older half goes behind: neither end is near (against fronts of one batch, 0.95 of the
// time on churn, 0.93 on aligned_blocks, 0.9 on threads_medium, 0.77 where 4,000 blocks of 1 to 8 KiB are replaced at
// random; realloc_growth 1.06 of the memory). What bounds the bytes is what is granted to fronts and to what is behind
// them: a budget for sizes that slabs have and one for the others, and besides those of each list two batches, of up to
// 12 KiB, and what came as one batch. When nothing more may go behind, the front leaves, or its older half, and the
// budget grows a little, as somebody is busy here: each chunk to the slab that it is from, or the batch to the transfer
// cache. What no slabs have may come to 1/budget_share of the heap. A miss takes a batch from there, or, in a small
// heap, a chunk of one of the next two lists, which is larger by a quarter at most: what one list keeps serves others,
// and nothing has to be cut for each. Or it has the arena cut a batch: one chunk the first time, then twice as many as
// before, up to some KiB; from then on a new slab is cut. Of a size that shares a cache line with others, the first
// time two lines are cut up, in which no other thread's chunks lie; a thread that frees a chunk of such a size before
// it had any gets its two lines then, and hands that chunk out last: a neighbour may be in use elsewhere.
//
// There is a list for each of the 64 smallest sizes, and eight for every doubling above them, which begin a little
// beyond a power of two and its parts (thread/list_numbers.hpp). A request for one of those gets a chunk of the
// smallest size of the list, so that every chunk of a list serves every request of it. Where the header marks chunks
// that are naturally aligned (natural_tag, listed_tag), there are as many lists again for those; where it marks the
// list (listed_tag), a free finds it in the block's word, whatever the size.
//
// Slabs may be made of blocks without headers. List i has blocks that are one unit of alignment smaller than its
// chunks: so a chunk may stand in for one, as long as a heap gives no other ones to such requests (size_for). A list
// gets a slab at its first miss then, as nobody touches what nobody has, and the usual path finds one kind of block.
//
// Nothing here looks for a double free: this is the quickest cache, not the hardest. A malloc and free of up to 1 KiB
// take 36 instructions, calls included, of more 41, where budget_cache takes 82 and array_cache 77
// (bench/instructions).
//
// Against other ways of doing it, processor time (bench/, two processors, few runs): full fronts go behind whole, 0.85
// on free_fifo, free_lifo and free_shuffled and 0.92 on tides, where a batch would be cut off of a longer list link by
// link, each a miss; a list that may always hold two batches, whatever the budget says, 0.5 on free_fifo and
// free_shuffled and 0.7 on churn, as a spent budget otherwise breaks batches up into single chunks; fronts of eight
// chunks where 4 KiB are fewer, 0.9 on churn, as those change too often otherwise; batches that wait without a limit
// until an arena would have to grow, instead of 1 MiB of them, 0.8 on threads_churn, 0.7 on tides with 0.6 of the
// memory. Asking for the next chunk's line ahead, an instruction: 0.9 on free_shuffled and free_lifo, 1.0 elsewhere.
//
// Behind fronts whose chunks are from slabs as much may wait as behind others: with nothing there, churn and larson
// take 1.15 of the time, with batches of 4 KiB instead of 8 phases and free_lifo 1.1.
//
// Not: fronts that are stacks of pointers beside the chunks, packed into the chunks of a batch when they leave. Then a
// malloc touches nothing of its block, and binary_trees takes 0.8 of the time, phases and burst 0.85, but churn_small
// 1.2, free_fifo, free_lifo and threads_churn 1.1. Nor: batches whose neighbours are noted as rows. They come home at
// once, burst 0.75, but who takes one has to chain it up, free_fifo and free_lifo 1.2.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <type_traits>

#include <ptm/core/address.hpp>
#include <ptm/core/config.hpp>
#include <ptm/core/relaxed.hpp>
#include <ptm/thread/batch.hpp>
#include <ptm/thread/cache.hpp>
#include <ptm/thread/cached_lists.hpp>
#include <ptm/thread/list_numbers.hpp>
#include <ptm/thread/size_lists.hpp>
#include <ptm/thread/slab_shelves.hpp>
#include <ptm/thread/transfer_cache.hpp>

namespace ptm {

namespace detail {

// numbers_for - how lists are numbered: as the header does it, if it does.
template <class H, std::size_t MostRequest>
struct numbers_for {
    using type = list_numbers<H, MostRequest>;
};
template <class H, std::size_t MostRequest>
    requires(H::marks_lists)
struct numbers_for<H, MostRequest> {
    using type = typename H::numbers;
};

// poisons_memory - does a configuration tell anybody which bytes may be touched?
template <class C>
constexpr bool poisons_memory() noexcept {
    if constexpr (requires { C::poisoning::poisons; }) return C::poisoning::poisons;
    return false;
}

// no_slabs - in place of chunk_slabs or headerless_slabs.
struct no_slabs {
    static constexpr bool headerless = false;
};

// kind_of_slabs - those that there are, of those that are asked for.
template <class C, std::size_t SlabBytes, class Kind>
struct kind_of_slabs {
    static constexpr bool without_headers = sizeof(void*) == 8 && !poisons_memory<C>();
    using some = std::conditional_t<without_headers, Kind, chunk_slabs>;
    using type = std::conditional_t<SlabBytes == 0, no_slabs, some>;
};

template <bin_context C, std::size_t MostRequest, class Slabs = no_slabs>
class front_block {
    using header = typename C::header;
    using chunk = chunk_in<C>;
    using links = cached_links<C>;
    using numbers = typename numbers_for<header, MostRequest>::type;
    using table = typename numbers::table;

    static_assert(numbers::most_request == MostRequest,
                  "front_cache: the header says which list a chunk belongs to for another MostRequest");

public:
    static constexpr unsigned lists = (header::marks_natural ? 2 : 1) * table::count + 1;

private:
    // list - its front; in one cache line.
    struct alignas(2 * sizeof(void*)) list {
        void* newest = nullptr;
        std::int32_t room = 0;
        std::int32_t capacity = 0;

        unsigned count() const noexcept { return static_cast<unsigned>(capacity - room); }
    };

    // The first has nothing and takes nothing: chunks that no list has look there. Behind all others are the same for
    // naturally aligned chunks, if the header marks those.
    list lists_[lists]{};
    batch_stack<C> behind_[lists]{};

    // account - bytes that all capacities stand for, and what is behind, and how many may be granted now. What slabs
    // have is better there, in order; what they do not have is costly to cut and to merge.
    struct account {
        std::size_t granted = 0, budget = 0;
    };
    account slabs_, others_;
    account& account_of(unsigned i) noexcept { return has_slabs(i) ? slabs_ : others_; }

    static constexpr unsigned before_smallest = bytes(header::smallest) / header::alignment - 1;

public:
    static constexpr bool headerless = Slabs::headerless;

    // overhead - how much smaller than a list's chunks the requests are that it serves. Its headerless blocks lack a
    // whole unit of alignment, so that a chunk may stand in for one.
    static constexpr std::size_t overhead = headerless ? header::alignment : header::overhead;

    static constexpr std::size_t most_request = bytes(numbers::smallest_in(numbers::count)) - overhead;
    static constexpr chunk_size largest_natural = numbers::smallest_in(2 * numbers::count);
    static constexpr std::size_t most_stacked_request = bytes(table::largest_stacked) - overhead;

    // first_request - the smallest that would need the smallest chunk if there were smaller ones. Bytes.
    static constexpr std::size_t first_request = bytes(header::smallest) - header::alignment - overhead + 1;

    // size_for - of the chunks of the list for a request.
    static constexpr chunk_size size_for(std::size_t request) noexcept {
        if constexpr (!headerless) return header::size_for(request);
        std::size_t n = align_up(request + overhead, header::alignment);
        return n < bytes(header::smallest) ? header::smallest : chunk_size{n};
    }

    // slab_lists - from list 1 on, those whose chunks have one size each.
    static constexpr unsigned slab_lists = std::is_same_v<Slabs, no_slabs> ? 0 : table::stacks;
    static constexpr chunk_size largest_in_slab = slab_lists != 0 ? table::largest_stacked : chunk_size{0};
    static constexpr bool has_slabs(unsigned i) noexcept { return i <= slab_lists; }

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

    // get_at_once - the newest in the front of the request's list. Up to the 64 sizes that have one for each, but for
    // requests that need less than the smallest chunk, that is found without a look at any table. For a headerless one
    // of no bytes, list 0 has nothing.
    PTM_ALWAYS_INLINE void* get_at_once(std::size_t request) noexcept {
        std::size_t ahead = headerless ? request + header::alignment - 1 : request - first_request;
        constexpr std::size_t most =
            headerless ? most_stacked_request + header::alignment - 1 : most_stacked_request - first_request;
        if (ahead > most) [[unlikely]]
            return request <= most_request ? pop_if_any(lists_[list_for(request)]) : nullptr;
        return pop_if_any(lists_[ahead / header::alignment + (headerless ? 0 : 1)]);
    }

    // get - a chunk for any request.
    void* get(std::size_t request, const limits&) noexcept {
        return request <= most_request ? get_from(list_for(request)) : nullptr;
    }

    // get_from - the newest of list i, if it has any.
    void* get_from(unsigned i) noexcept { return bring_forward(i) ? pop(lists_[i]) : nullptr; }

    // get_larger - for list i, which is empty, the newest in the front of one of the next two of its kind, whose chunks
    // are larger by a quarter at most.
    //   alignment  a power of two; of naturally aligned chunks only those serve that are aligned so by their sizes
    //   returns    nullptr: there is none, or it is a size that has a list of its own
    static constexpr unsigned most_larger = 2;
    void* get_larger(unsigned i, std::size_t alignment) noexcept {
        if (!may_be_long(i)) return nullptr;
        std::size_t most = bytes(size_in(i)) + bytes(size_in(i)) / 4;
        unsigned last = std::min(i + most_larger, is_natural(i) ? lists - 1 : table::count);
        for (unsigned j = i + 1; j <= last; ++j)
            if (std::size_t n = bytes(size_in(j)); n <= most && is_aligned(n, alignment))
                if (void* p = get_in(j)) return p;
        return nullptr;
    }

    // get_in - the newest in the front of list i, if that has any. accept_in - a chunk that it has room for; false: it
    // has none, or there is no cache yet.
    void* get_in(unsigned i) noexcept { return pop_if_any(lists_[i]); }
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

    // accept_at_once - a chunk being freed, of the size that its word says; false: no room, or none of the 64 sizes,
    // unless the header marks lists. Of no mapping.
    PTM_ALWAYS_INLINE bool accept_at_once(chunk* c, std::size_t word) noexcept {
        if constexpr (header::marks_lists) return accept_listed(c, header::scaled_list_in(word));
        std::size_t n = align_down(bytes(header::plain_size_in(word)), header::alignment); // it is; an instruction less
        if (n > bytes(table::largest_stacked)) [[unlikely]]
            return false;
        return push_if_room(lists_[n / header::alignment - before_smallest], c);
    }

    // accept_block - a headerless block, by 16 times its list's number.
    PTM_ALWAYS_INLINE bool accept_block(void* user, std::size_t scaled) noexcept {
        return push_if_room(list_at(scaled), header::from_user(user));
    }

    // get_aligned - the newest in the front of its list that is aligned; not too many are looked at.
    void* get_aligned(std::size_t request, std::size_t alignment, const limits&) noexcept {
        if (request > most_request) return nullptr;
        unsigned i = list_for(request);
        bring_forward(i);
        list& l = lists_[i];
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
        return lists_[i].room > 0 || account_of(i).granted + bytes(size_in(i)) <= account_of(i).budget;
    }
    void put(chunk* c, chunk_size n, const limits&) noexcept {
        unsigned i = list_of(n);
        if (lists_[i].room == 0) grant(i, 1);
        push(i, c);
    }
    chunk* take(chunk_size n) noexcept { return header::from_user(get_from(list_of(n))); }

    // drain - by size, newest first; nothing is granted any more.
    void drain(auto&& visit) noexcept {
        for (unsigned i = 1; i < lists; ++i) {
            while (void* p = get_from(i)) visit(header::from_user(p));
            lists_[i] = list{};
        }
        slabs_.granted = others_.granted = 0;
    }

    // list_for - the list that serves a request; request <= most_request. list_of - the one that a chunk belongs to;
    // only if cacheable. list_by - the same by its word, which may say that it is naturally aligned. natural_list - of
    // naturally aligned chunks of n bytes at least; n <= largest_natural. is_natural - is list i one of those?
    static unsigned list_for(std::size_t request) noexcept {
        return numbers::first_of(chunk_size{request + overhead + header::alignment - 1});
    }
    static unsigned list_of(chunk_size n) noexcept { return numbers::last_of(n); }
    static unsigned list_by(std::size_t word) noexcept {
        if constexpr (header::marks_lists) return static_cast<unsigned>(header::list_in(word));
        chunk_size n = header::size_in(word);
        return header::natural_in(word) ? natural_list(n) : list_of(n);
    }
    static unsigned natural_list(chunk_size n) noexcept { return numbers::first_natural_of(n); }
    static constexpr bool is_natural(unsigned i) noexcept { return i > table::count; }
    static bool cacheable(chunk_size n) noexcept {
        return bytes(n) - bytes(header::smallest) <= bytes(table::largest) - bytes(header::smallest);
    }

    // size_in - what an arena is to cut for list i.
    static chunk_size size_in(unsigned i) noexcept { return chunk_size{sizes_in[i]}; }

    // block_bytes - of a headerless block of list i.
    static std::size_t block_bytes(unsigned i) noexcept { return bytes(size_in(i)) - overhead; }

    // batch_of - chunks of list i that change hands together: what a front has room for, at first.
    static unsigned batch_of(unsigned i) noexcept { return batches[i]; }

    // begin - the thread begins to cache.
    void begin(const limits& bounds) noexcept {
        slabs_.budget = others_.budget = first_budget < bounds.budget ? first_budget : std::size_t{bounds.budget};
    }

    // end - nothing is taken any more; only when all_of every list is gone.
    void end() noexcept { slabs_.budget = others_.budget = 0; }

    // wanted - chunks of list i to get after a miss, where they are made one by one.
    unsigned wanted(unsigned i) const noexcept {
        unsigned had = static_cast<unsigned>(lists_[i].capacity), most = batch_of(i);
        return had == 0 ? 1 : had < most ? had : most;
    }

    // wanted_apart - the same of headerless blocks, which are neighbours already: where some share cache lines, as many
    // as fill whole pairs of those, so that a slab's next ones, another thread's, begin with a line.
    unsigned wanted_apart(unsigned i) const noexcept {
        if (!is_shared(i)) return wanted(i);
        auto some = static_cast<unsigned>(apart_bytes / std::gcd(apart_bytes, block_bytes(i)));
        return (wanted(i) + some - 1) / some * some;
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

    // is_new - has list i never had anything? is_shared - do two of its chunks lie in a cache line? Who asks for an
    // alignment asks for less than a line so rarely that it is not looked for.
    bool is_new(unsigned i) const noexcept { return lists_[i].capacity == 0; }
    static bool is_shared(unsigned i) noexcept {
        return !is_natural(i)
            && (headerless ? block_bytes(i) < cache_line_bytes : bytes(size_in(i)) <= cache_line_bytes);
    }

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
        fill(i, b);
        return pop(lists_[i]);
    }

    // make_room - for one more chunk in list i. One full front may always go behind, unless it is of large chunks.
    //   returns  false: some have to leave first
    bool make_room(unsigned i) noexcept {
        if (lists_[i].room > 0 || lengthen(i)) return true;
        account& of_it = account_of(i);
        std::size_t more = leaving_count(i) * bytes(size_in(i));
        bool always = !may_be_long(i) && behind_[i].empty();
        if (!always && of_it.granted + more > of_it.budget) return false;
        of_it.granted += more;
        behind_[i].push(oldest(i));
        return true;
    }

    // leaving - what leaves list i, whose front has room then. The budget grows by that: chunks come faster than they
    // go.
    //   share  of the heap, for this thread. Bytes; where slabs have none of it, it may be granted though it is more
    //          than the budget says
    batch leaving(unsigned i, const limits& bounds, std::size_t share) noexcept {
        batch b = oldest(i);
        account& of_it = account_of(i);
        std::size_t most = bounds.budget;
        if (!has_slabs(i)) most = std::max(most, share);
        of_it.budget = std::min(of_it.budget + b.count * bytes(size_in(i)), most);
        return b;
    }

    // all_of - a batch of what is in list i, until all of it is gone. It is granted nothing any more.
    batch all_of(unsigned i) noexcept {
        bring_forward(i);
        list& l = lists_[i];
        batch b{l.newest, l.count()};
        account_of(i).granted -= static_cast<std::size_t>(l.capacity) * bytes(size_in(i));
        l = list{};
        return b;
    }

    // give - a batch of what is in list i, until all of it is gone; what was granted stays so.
    batch give(unsigned i) noexcept { return bring_forward(i) ? front_gone(i) : batch{}; }

    bool holds_any(unsigned i) const noexcept { return lists_[i].newest || !behind_[i].empty(); }

    // push - only after make_room said yes, or a batch has left.
    void push(unsigned i, chunk* c) noexcept { push_if_room(lists_[i], c); }

    // cached - chunks in the list for size n; O(batches). granted - bytes that may be cached.
    unsigned cached(chunk_size n) const noexcept {
        unsigned i = list_of(n);
        return lists_[i].count() + behind_[i].chunks();
    }
    std::size_t granted() const noexcept { return slabs_.granted + others_.granted; }

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

    static constexpr auto sizes_in = [] {
        std::array<std::uint32_t, lists> sizes{};
        for (unsigned i = 1; i < lists; ++i) sizes[i] = static_cast<std::uint32_t>(bytes(numbers::smallest_in(i)));
        return sizes;
    }();

    // batches - 4 KiB of chunks, but at most 64; where that is fewer than eight, 12 KiB, but at least two; of those
    // above 32 KiB one, as those are not to wait for other threads: where two are a batch, and wait, churn takes 0.95
    // of the memory, aligned_blocks 1.05, python3 and realloc_growth 1.02. Of sizes that slabs have, 8 KiB, but at most
    // 255. With 8 KiB for all aligned_blocks takes 1.04
    // of the time, churn 1.02; with 16 KiB both 0.99, realloc_growth and aligned_blocks 1.02 of the memory. With 16 KiB
    // of sizes that slabs have, phases takes 0.95 of the time, binary_trees 0.97, realloc_growth 1.06 of the memory,
    // json_trees 1.03.
    static constexpr std::size_t usual_batch_bytes = 4 * 1024, most_batch_bytes = 8 * 1024,
                                 large_batch_bytes = 12 * 1024;
    static constexpr std::size_t alone_above = 32 * 1024;
    static constexpr unsigned fewest_in_batch = 2, usual_in_batch = 8, most_in_batch = 64, most_of_slabs = 255;
    static constexpr std::size_t chunks_in_batch(unsigned i, std::size_t n) noexcept {
        if (has_slabs(i)) return std::min<std::size_t>(most_batch_bytes / n, most_of_slabs);
        if (n > alone_above) return 1;
        std::size_t least = std::clamp<std::size_t>(large_batch_bytes / n, fewest_in_batch, usual_in_batch);
        return std::clamp<std::size_t>(usual_batch_bytes / n, least, most_in_batch);
    }
    static constexpr auto batches = [] {
        std::array<std::uint8_t, lists> chunks{};
        for (unsigned i = 1; i < lists; ++i) chunks[i] = static_cast<std::uint8_t>(chunks_in_batch(i, sizes_in[i]));
        return chunks;
    }();

    // bring_forward - the newest batch from behind comes to the front of list i, if that is empty; false: it still is.
    bool bring_forward(unsigned i) noexcept {
        if (lists_[i].newest) return true;
        batch b = behind_[i].pop();
        if (!b) return false;
        account_of(i).granted -= b.count * bytes(size_in(i));
        fill(i, b);
        return true;
    }

    // fill - the front of list i, which is empty, with a batch.
    void fill(unsigned i, batch b) noexcept {
        list& l = lists_[i];
        auto count = static_cast<std::int32_t>(b.count);
        if (l.room < count) grant(i, static_cast<unsigned>(count - l.room));
        l.room -= count;
        l.newest = b.first;
    }

    // may_be_long - are chunks of list i so large that a batch is few of them? Its front gets longer then, as far as
    // the budget goes, but to two batches always, unless they are larger still.
    static constexpr unsigned always_batches = 2, most_batches = 4;
    static constexpr bool may_be_long(unsigned i) noexcept { return i > table::stacks; }

    // lengthen - the front of list i, which is full; false: it is as long as it may be.
    bool lengthen(unsigned i) noexcept {
        auto had = static_cast<unsigned>(lists_[i].capacity), most = batch_of(i);
        if (had < most) return grant(i, most - had), true;
        if (!may_be_long(i) || had >= most_batches * most) return false;
        account& of_it = account_of(i);
        bool always = had < always_batches * most && bytes(size_in(i)) <= most_batch_bytes;
        if (!always && of_it.granted + most * bytes(size_in(i)) > of_it.budget) return false;
        return grant(i, most), true;
    }

    // leaving_count, oldest - what leaves the front of list i when there is too much: all of it, or, where it may be
    // long, the older half, so that neither a malloc nor a free comes to its end soon; the younger one is in the
    // processor's cache.
    unsigned leaving_count(unsigned i) const noexcept {
        unsigned n = lists_[i].count();
        return may_be_long(i) ? std::min(n, std::max(batch_of(i), n / 2)) : n;
    }
    batch oldest(unsigned i) noexcept {
        list& l = lists_[i];
        unsigned n = leaving_count(i), stay = l.count() - n;
        if (stay == 0) return front_gone(i);
        void* last = l.newest;
        while (--stay != 0) last = links::below(last);
        batch b{links::below(last), n};
        links::lead(last, nullptr);
        l.room += static_cast<std::int32_t>(n);
        return b;
    }

    // front_gone - the front of list i, which is empty then.
    batch front_gone(unsigned i) noexcept {
        list& l = lists_[i];
        batch b{l.newest, l.count()};
        l.newest = nullptr;
        l.room = l.capacity;
        return b;
    }

    static constexpr bool rounds_alike() noexcept {
        for (std::size_t r = 0; r <= most_stacked_request; ++r) {
            std::size_t ahead = r - first_request, i = table::stack_of(size_for(r)) + 1;
            if (i != (ahead > most_stacked_request - first_request ? 1 : ahead / header::alignment + 1)) return false;
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

    // accept_listed - scaled: 16 times the number of its list, by the chunk's word. A word that was overwritten may say
    // anything: what is no list is refused, and looked at by the arena.
    PTM_ALWAYS_INLINE bool accept_listed(chunk* c, std::size_t scaled) noexcept {
        if (scaled >= sizeof lists_) [[unlikely]]
            return false;
        return push_if_room(list_at(scaled), c);
    }
    PTM_ALWAYS_INLINE list& list_at(std::size_t scaled) noexcept {
        static_assert(sizeof(list) == 16, "front_cache: a list is found by its number in 16 times that");
        return *reinterpret_cast<list*>(reinterpret_cast<std::byte*>(lists_) + scaled);
    }

    void grant(unsigned i, unsigned more) noexcept {
        lists_[i].room += static_cast<std::int32_t>(more);
        lists_[i].capacity += static_cast<std::int32_t>(more);
        account_of(i).granted += more * bytes(size_in(i));
    }
};

template <bin_context C, std::size_t MostRequest, class Slabs>
inline constinit front_block<C, MostRequest, Slabs> front_block<C, MostRequest, Slabs>::nobody_{};

} // namespace detail

// front_cache - MostRequest: larger requests are not cached, bytes. SlabBytes: not 0, sizes that have a list of their
// own come from slabs of so many bytes, and go back there. Kind: chunk_slabs, or headerless_slabs; the latter are
// chunk_slabs where addresses have 32 bits, and where memory is poisoned, which goes by headers. A thread's budget is
// tuning's cache_budget.
template <std::size_t MostRequest = 64 * 1024, std::size_t SlabBytes = 0, class Kind = chunk_slabs>
struct front_cache {
    static constexpr std::size_t slab_bytes = SlabBytes;
    static constexpr bool caches = true;
    static constexpr bool made_early = true;
    static constexpr bool serves_all = true;
    static constexpr bool takes_pieces = false;
    static constexpr bool flushes = false;
    static constexpr bool refills = false;
    static constexpr bool knows_sizes = true;
    static constexpr bool exchanges = true;

    template <bin_context C>
    using in = detail::front_block<C, MostRequest, typename detail::kind_of_slabs<C, SlabBytes, Kind>::type>;

    template <bin_context C, lock_policy Lock = typename C::lock>
    using exchange = detail::transfer_lists<C, Lock, in<C>::lists>;

    template <bin_context C, lock_policy Lock = typename C::lock>
    using shelves = detail::slab_shelves<C, Lock, in<C>::slab_lists, SlabBytes,
                                         typename detail::kind_of_slabs<C, SlabBytes, Kind>::type>;
};

} // namespace ptm
