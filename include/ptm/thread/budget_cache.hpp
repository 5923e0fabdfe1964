// thread/budget_cache.hpp - stacks for each of the 64 smallest sizes, and above them four for every doubling, all
// together bounded by bytes.
//
//   list:     0   1   2  ...  63     64          65          66  ...
//   chunks:   32  48  64 ... 1040    1056..1279  1280..1535  1536..1791   up to MostRequest   (64-bit)
//
// A list of several sizes hands out its newest chunk if that is large enough, and otherwise the newest of the next
// list, where every chunk is. No list has a limit of its own. A free that finds the budget spent makes the cache flush:
// the lists that hold most bytes give up their older halves until half of the budget is free, and the heap brings all
// of that home under few locks. A miss refills: in the same visit the arena adds further chunks of the size, none the
// first time, then 1, 3, 7, ... up to `most_refill` bytes; a flush slows that down again for the lists that it
// shortens.
//
// For threads that free what others make and for phases that free much at once. Against array_cache, otherwise equal,
// medians of seven runs in turns on two busy processors (bench/):
//
//   budget, KiB                            128    256    512   1024
//   producer_consumer, processor time     0.92   0.80   0.75   0.73     memory 1.05 at 256
//   larson, processor time                0.88   0.89   0.88   0.86     memory 0.99
//   threads_churn, processor time         0.99   0.82   0.70   0.62     memory 1.08
//
// Hence the default: twice as much brings little where blocks change hands. A malloc and free of a cached size take 82
// instructions, calls included, where array_cache takes 77: the bytes are counted, too.
//
// Invariant: what is cached never has more bytes than the budget. Only the owning thread calls anything here.
#pragma once

#include <cstddef>
#include <cstdint>

#include <ptm/core/config.hpp>
#include <ptm/core/relaxed.hpp>
#include <ptm/core/units.hpp>
#include <ptm/os/secret.hpp>
#include <ptm/thread/cache.hpp>
#include <ptm/thread/cached_lists.hpp>
#include <ptm/thread/size_lists.hpp>

namespace ptm {

namespace detail {

// budget_block - the block of one thread.
template <bin_context C, std::size_t MostRequest>
class budget_block {
    using header = typename C::header;
    using chunk = chunk_in<C>;
    using table = size_lists<header, MostRequest, 4>;

    cached_lists<C, table::count> lists_{};
    std::uint8_t misses_[table::count] = {}; // of each list, as far as they count for the next refill
    std::size_t held_ = 0;                   // bytes of all chunks in the lists
    std::size_t wanted_ = 0;                 // chunks, in the present refill

    static constexpr unsigned most_misses = 6;

public:
    static constexpr std::size_t most_request = bytes(table::largest) - header::overhead;
    static constexpr std::size_t most_stacked_request = bytes(table::largest_stacked) - header::overhead;
    static constexpr std::size_t most_refill = 4 * 1024;
    static constexpr std::size_t most_budget = UINT16_MAX * bytes(header::smallest); // no list overflows

    struct limits {
        relaxed<std::size_t> budget = 0; // bytes of chunks
        relaxed<std::uintptr_t> key = 0;

        // set - t.cache_budget: at most most_budget is used. cache_count and cache_request say nothing here.
        void set(const tuning& t) noexcept {
            budget = budget_by(t);
            key = random_word();
        }

        static constexpr std::size_t budget_by(const tuning& t) noexcept {
            return t.cache_budget < most_budget ? t.cache_budget : most_budget;
        }
    };

    constexpr budget_block() noexcept = default;

    // nobody - stands in for the block of a thread that has none: nothing to get, no room for anything.
    static constexpr budget_block* nobody() noexcept { return &nobody_; }

    // get - the chunk cached last of those in the list for `request`, or in the next one.
    // faults   cache_unaligned_chunk
    PTM_ALWAYS_INLINE void* get(std::size_t request, const limits&) noexcept {
        if (request > most_stacked_request) [[unlikely]]
            return get_from_class(request);
        chunk_size n = header::size_for(request);
        unsigned i = table::stack_of(n);
        return lists_.head(i) ? pop(i, n) : nullptr;
    }

    // knows - does this size have a list of its own?
    static constexpr bool knows(chunk_size n) noexcept { return n <= table::largest_stacked; }

    // get_known - the chunk cached last of those of size N.
    // faults   cache_unaligned_chunk
    template <chunk_size N>
    PTM_ALWAYS_INLINE void* get_known() noexcept {
        constexpr unsigned i = table::stack_of(N);
        return lists_.head(i) ? pop(i, N) : nullptr;
    }

    // accept_known - as accept_plain, for size N and the numbers of tuning T.
    template <chunk_size N, tuning T>
    PTM_ALWAYS_INLINE bool accept_known(chunk* c, const limits& bounds) noexcept {
        std::uintptr_t key = bounds.key;
        if (!has_known_room<N, T>(bounds) || bears(c, key)) [[unlikely]]
            return false;
        held_ += bytes(N);
        lists_.push(table::stack_of(N), c, key);
        return true;
    }

    // get_aligned - the newest in its list, if it has exactly the size for `request` and is aligned.
    // faults   cache_unaligned_chunk
    void* get_aligned(std::size_t request, std::size_t alignment, const limits&) noexcept {
        if (request > most_request) return nullptr;
        chunk_size n = header::size_for(request);
        void* p = newest(table::of(n));
        return p && is_aligned(p, alignment) && size_at(p) == n ? pop(table::of(n), n) : nullptr;
    }

    // accept
    // faults   cache_double_free, cache_too_many_chunks, cache_unaligned_chunk_freeing
    bool accept(chunk* c, chunk_size n, const limits& bounds) noexcept {
        if (suspects(c, bounds)) look_for(c);
        if (!has_room(n, bounds)) return false;
        push(c, n, bounds);
        return true;
    }

    // suspects - does c bear the key of cached chunks? One that is not cached does by chance, or on purpose.
    PTM_ALWAYS_INLINE bool suspects(chunk* c, const limits& bounds) noexcept { return bears(c, bounds.key); }

    // accept_plain - for the usual path: false also for a chunk that bears the key, which accept() then looks into.
    PTM_ALWAYS_INLINE bool accept_plain(chunk* c, chunk_size n, const limits& bounds) noexcept {
        if (!has_room(n, bounds) || suspects(c, bounds)) [[unlikely]]
            return false;
        push(c, n, bounds);
        return true;
    }

    PTM_ALWAYS_INLINE bool has_room(chunk_size n, const limits& bounds) noexcept {
        return cacheable(n) && held_ + bytes(n) <= bounds.budget;
    }

    void put(chunk* c, chunk_size n, const limits& bounds) noexcept {
        if (wanted_ != 0) --wanted_;
        push(c, n, bounds);
    }
    chunk* take(chunk_size n) noexcept { return header::from_user(pop(table::of(n), n)); }

    // drain - by size, newest first.
    // faults   leaving_unaligned_cached_chunk
    void drain(auto&& visit) noexcept {
        lists_.drain(visit);
        held_ = 0;
    }

    // worth_a_flush - would a chunk of size n find room after one?
    bool worth_a_flush(chunk_size n, const limits& bounds) noexcept {
        return cacheable(n) && bytes(n) <= bounds.budget / 2;
    }

    // flush - until no more than half of the budget is held. visit(chunk) may reuse the chunk's memory at once.
    // faults   leaving_unaligned_cached_chunk
    void flush(const limits& bounds, auto&& visit) noexcept {
        std::size_t half = bounds.budget / 2;
        while (held_ > half) {
            std::size_t least = most_in_a_list() / 2;
            if (least == 0) return void(held_ = 0); // nothing is left: someone wrote to the sizes of cached chunks
            for (unsigned i = 0; i < table::count && held_ > half; ++i)
                if (bytes_in(i) > least) shorten(i, visit);
        }
    }

    // begin_refill - a request for size n was not met from here; wants_more - one more chunk of it in this visit?
    // put() counts. end_refill - nothing further is wanted.
    void begin_refill(chunk_size n) noexcept {
        if (!cacheable(n)) return;
        std::uint8_t& misses = misses_[table::of(n)];
        std::size_t most = most_refill / bytes(n), next = (std::size_t{1} << misses) - 1;
        wanted_ = next < most ? next : most;
        if (misses < most_misses) ++misses;
    }
    bool wants_more(chunk_size n, const limits& bounds) noexcept {
        return wanted_ != 0 && has_room(n + header::smallest, bounds); // it may come a little larger
    }
    void end_refill() noexcept { wanted_ = 0; }

    // cached - chunks in the list for size n; held - bytes of all that are cached.
    unsigned cached(chunk_size n) const noexcept { return lists_.count(table::of(n)); }
    std::size_t held() const noexcept { return held_; }

private:
    struct full {};
    constexpr explicit budget_block(full) noexcept : held_(SIZE_MAX / 2) {}
    static budget_block nobody_;

    PTM_UNSANITIZED_INLINE static bool bears(chunk* c, std::uintptr_t mark) noexcept {
        return header::ring_of(c)->back == mark;
    }

    template <chunk_size N, tuning T>
    PTM_ALWAYS_INLINE bool has_known_room(const limits& bounds) noexcept {
        if constexpr (T.environment == environment_source::ignored)
            return held_ + bytes(N) <= limits::budget_by(T);
        else
            return has_room(N, bounds);
    }

    PTM_ALWAYS_INLINE static bool cacheable(chunk_size n) noexcept {
        return bytes(n) - bytes(header::smallest) <= bytes(table::largest) - bytes(header::smallest);
    }

    static chunk_size size_at(void* user) noexcept { return header::size_in(header::peek(header::from_user(user))); }

    PTM_ALWAYS_INLINE void* pop(unsigned i, chunk_size n) noexcept {
        held_ -= bytes(n);
        return lists_.template pop<fault::cache_unaligned_chunk>(i);
    }

    PTM_ALWAYS_INLINE void push(chunk* c, chunk_size n, const limits& bounds) noexcept {
        held_ += bytes(n);
        lists_.push(table::of(n), c, bounds.key);
    }

    // newest - of list i, or nullptr.
    // faults   cache_unaligned_chunk
    void* newest(unsigned i) const noexcept {
        void* p = lists_.head(i);
        expect<C, fault::cache_unaligned_chunk>(is_aligned(p, header::alignment), p);
        return p;
    }

    PTM_NOINLINE void* get_from_class(std::size_t request) noexcept {
        if (request > most_request) return nullptr;
        chunk_size n = header::size_for(request);
        unsigned i = table::class_of(n);
        void* p = newest(i);
        if (!p || size_at(p) < n) p = ++i < table::count ? newest(i) : nullptr;
        return p ? pop(i, size_at(p)) : nullptr;
    }

    // bytes_in - the chunks of list i have at least so many.
    std::size_t bytes_in(unsigned i) const noexcept { return lists_.count(i) * std::size_t{table::smallest_of[i]}; }

    std::size_t most_in_a_list() const noexcept {
        std::size_t most = 0;
        for (unsigned i = 0; i < table::count; ++i) most = bytes_in(i) > most ? bytes_in(i) : most;
        return most;
    }

    // shorten - the older half of list i leaves; the newest are still in the processor's caches.
    void shorten(unsigned i, auto&& visit) noexcept {
        misses_[i] /= 2;
        unsigned keep = lists_.count(i) / 2;
        void* last = nullptr;
        for (unsigned k = 0; k < keep; ++k) last = last ? lists_.below(last) : lists_.head(i);
        while (lists_.count(i) > keep) {
            chunk* c = header::from_user(pop_behind(i, last));
            held_ -= bytes(i < table::stacks ? chunk_size{table::smallest_of[i]} : size_at(header::to_user(c)));
            visit(c);
        }
    }

    void* pop_behind(unsigned i, void* before) noexcept {
        constexpr fault unaligned = fault::leaving_unaligned_cached_chunk;
        return before ? lists_.template pop_behind<unaligned>(i, before) : lists_.template pop<unaligned>(i);
    }

    // look_for - the key is there: is c itself, in whichever list? Its size may have been overwritten.
    PTM_COLD void look_for(chunk* c) const noexcept {
        for (unsigned i = 0; i < table::count; ++i) lists_.look_for(c, i, lists_.count(i));
    }
};

template <bin_context C, std::size_t MostRequest>
inline constinit budget_block<C, MostRequest> budget_block<C, MostRequest>::nobody_{full{}};

} // namespace detail

// budget_cache - MostRequest: larger requests are not cached, bytes. The budget is tuning's cache_budget.
template <std::size_t MostRequest = 32 * 1024>
struct budget_cache {
    static constexpr bool caches = true;
    static constexpr bool made_early = true;
    static constexpr bool serves_all = true;
    static constexpr bool takes_pieces = false;
    static constexpr bool flushes = true;
    static constexpr bool refills = true;
    static constexpr bool knows_sizes = true;
    static constexpr bool exchanges = false;

    template <bin_context C>
    using in = detail::budget_block<C, MostRequest>;
};

} // namespace ptm
