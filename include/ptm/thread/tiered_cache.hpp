// thread/tiered_cache.hpp - stacks for each of the 64 smallest sizes, and above them twelve tiers, each for the sizes
// from one power of two to the next: glibc 2.42's tcache.
//
//   list:     0   1   2  ...  63     64          65          ...  75
//   chunks:   32  48  64 ... 1040    1056..2047  2048..4095       2..4 MiB   (64-bit)
//
// A tier is kept in ascending order and hands out its first chunk that is large enough, which may be larger than asked
// for. By default none is used: they are for those who raise the limit. Only the owning thread calls anything here.
// source   glibc 2.42 malloc.c, tcache
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <ptm/core/config.hpp>
#include <ptm/core/relaxed.hpp>
#include <ptm/os/secret.hpp>
#include <ptm/thread/cache.hpp>
#include <ptm/thread/cached_lists.hpp>

namespace ptm {

// largest_size - of those up to the limit: 2.42.0 compares with "less than" and so leaves it out when users allocate
// and free. What an arena finds beyond its need may still be put there, and lies there until the thread ends.
enum class largest_size : bool { left_out, cached };

namespace detail {

template <bin_context C, largest_size Largest>
class tiered_block {
    using header = typename C::header;
    using chunk = chunk_in<C>;

    static constexpr unsigned stacks = 64, tiers = 12;
    static constexpr chunk_size largest_stacked{bytes(header::smallest) + (stacks - 1) * header::alignment};
    static constexpr int first_tier = std::bit_width(bytes(largest_stacked)); // bits in the sizes that it holds

    cached_lists<C, stacks + tiers> lists_{};

public:
    // Sizes beyond the last tier are never cached.
    static constexpr std::size_t most_request =
        (std::size_t{1} << (first_tier + int{tiers} - 1)) - header::alignment - header::overhead;

    // Each bound is the first value that is out of it.
    struct limits {
        relaxed<std::size_t> request = 0; // what users ask for, bytes
        relaxed<std::size_t> size = 0;    // chunk size of what users free
        relaxed<std::size_t> found = 0;   // chunk size of what an arena finds beyond its need
        relaxed<std::uint16_t> count = 0; // chunks in one list
        relaxed<std::uintptr_t> key = 0;

        // set - t.cache_request: at most most_request is used; t.cache_count: at most 65535.
        void set(const tuning& t) noexcept {
            std::size_t n = largest_by(t);
            size = size_by(t);
            std::size_t last = align_down(size - 1, header::alignment);
            request = last < bytes(header::smallest) ? 0 : last - header::overhead + 1;
            found = (n < bytes(largest_stacked) ? n : bytes(largest_stacked)) + 1;
            count = count_by(t);
            key = random_word();
        }

        static constexpr std::size_t largest_by(const tuning& t) noexcept {
            return bytes(header::size_for(t.cache_request < most_request ? t.cache_request : most_request));
        }
        static constexpr std::size_t size_by(const tuning& t) noexcept {
            return Largest == largest_size::cached ? largest_by(t) + 1 : largest_by(t);
        }
        static constexpr std::uint16_t count_by(const tuning& t) noexcept {
            return static_cast<std::uint16_t>(t.cache_count < UINT16_MAX ? t.cache_count : UINT16_MAX);
        }
    };

    constexpr tiered_block() noexcept = default;

    // nobody - stands in for the block of a thread that has none: nothing to get, no room for anything.
    static constexpr tiered_block* nobody() noexcept { return &nobody_; }

    static bool may_serve(std::size_t request, const limits& bounds) noexcept { return request < bounds.request; }

    // get - the block cached last of those for `request`; from a tier, the smallest that is large enough.
    // faults   cache_unaligned_chunk
    PTM_ALWAYS_INLINE void* get(std::size_t request, const limits& bounds) noexcept {
        if (request >= bounds.request) [[unlikely]]
            return nullptr;
        chunk_size n = header::size_for(request);
        std::size_t i = stack_of(n);
        if (i >= stacks) [[unlikely]]
            return get_from_tier(n);
        return lists_.head(static_cast<unsigned>(i)) ? pop(static_cast<unsigned>(i)) : nullptr;
    }

    // knows - does this size have a list of its own?
    static constexpr bool knows(chunk_size n) noexcept { return stack_of(n) < stacks; }

    // get_known - the chunk cached last of those of size N, also one that an arena has put there beyond the limit.
    // faults   cache_unaligned_chunk
    template <chunk_size N>
    PTM_ALWAYS_INLINE void* get_known() noexcept {
        constexpr auto i = static_cast<unsigned>(stack_of(N));
        return lists_.head(i) ? pop(i) : nullptr;
    }

    // accept_known - as accept_plain, for size N and the numbers of tuning T.
    template <chunk_size N, tuning T>
    PTM_ALWAYS_INLINE bool accept_known(chunk* c, const limits& bounds) noexcept {
        constexpr auto i = static_cast<unsigned>(stack_of(N));
        std::uintptr_t key = bounds.key;
        if (!has_known_room<N, T>(i, bounds) || bears(c, key)) [[unlikely]]
            return false;
        lists_.push(i, c, key);
        return true;
    }

    // get_aligned - the first in its list that has exactly the size for `request` and is aligned.
    // faults   cache_unaligned_chunk
    void* get_aligned(std::size_t request, std::size_t alignment, const limits& bounds) noexcept {
        if (request >= bounds.request) return nullptr;
        chunk_size n = header::size_for(request);
        place p = find(
            n, [&](void* user) { return size_at(user) > n || (size_at(user) == n && is_aligned(user, alignment)); });
        return p.at && size_at(p.at) == n ? pop(p) : nullptr;
    }

    // accept
    // faults   cache_double_free, cache_too_many_chunks, cache_unaligned_chunk_freeing
    bool accept(chunk* c, chunk_size n, const limits& bounds) noexcept {
        if (bytes(n) >= bounds.size) return false;
        if (suspects(c, bounds)) look_for(c, bounds);
        return push(c, n, bounds);
    }

    // suspects - does c bear the key of cached chunks? One that is not cached does by chance, or on purpose.
    PTM_ALWAYS_INLINE bool suspects(chunk* c, const limits& bounds) noexcept { return bears(c, bounds.key); }

    // accept_plain - for the usual path: false also for a chunk that bears the key, which accept() then looks into.
    PTM_ALWAYS_INLINE bool accept_plain(chunk* c, chunk_size n, const limits& bounds) noexcept {
        if (bytes(n) >= bounds.size || suspects(c, bounds)) [[unlikely]]
            return false;
        return push(c, n, bounds);
    }

    bool has_room(chunk_size n, const limits& bounds) noexcept {
        return bytes(n) < bounds.found && lists_.count(list_of(n)) < bounds.count;
    }

    PTM_ALWAYS_INLINE void put(chunk* c, chunk_size n, const limits& bounds) noexcept {
        lists_.push(list_of(n), c, bounds.key);
    }

    chunk* take(chunk_size n) noexcept { return header::from_user(pop(list_of(n))); }

    // drain - by size, newest first.
    // faults   leaving_unaligned_cached_chunk
    void drain(auto&& visit) noexcept { lists_.drain(visit); }

    // cached - chunks in the list for size n.
    unsigned cached(chunk_size n) const noexcept { return lists_.count(list_of(n)); }

private:
    using full = typename cached_lists<C, stacks + tiers>::full;
    constexpr explicit tiered_block(full nothing) noexcept : lists_(nothing) {}
    static tiered_block nobody_;

    PTM_UNSANITIZED_INLINE static bool bears(chunk* c, std::uintptr_t mark) noexcept {
        return header::ring_of(c)->back == mark;
    }

    template <chunk_size N, tuning T>
    PTM_ALWAYS_INLINE bool has_known_room(unsigned i, const limits& bounds) noexcept {
        if constexpr (T.environment == environment_source::ignored)
            return bytes(N) < limits::size_by(T) && lists_.count(i) < limits::count_by(T);
        else
            return bytes(N) < bounds.size && lists_.count(i) < bounds.count;
    }

    // stack_of - `stacks` or more for what is too large, and for what is too small to be a chunk.
    static constexpr std::size_t stack_of(chunk_size n) noexcept {
        return (bytes(n) - bytes(header::smallest)) / header::alignment;
    }

    static constexpr unsigned list_of(chunk_size n) noexcept {
        std::size_t i = stack_of(n);
        if (i >= stacks) i = stacks + static_cast<std::size_t>(std::bit_width(bytes(n)) - first_tier);
        PTM_ASSUME(i < stacks + tiers);
        return static_cast<unsigned>(i);
    }

    static chunk_size size_at(void* user) noexcept { return header::size_in(header::peek(header::from_user(user))); }

    PTM_ALWAYS_INLINE void* pop(unsigned i) noexcept { return lists_.template pop<fault::cache_unaligned_chunk>(i); }

    // place - in a list: at a user pointer, nullptr being the end, behind another one, nullptr being the head.
    struct place {
        unsigned list;
        void* before;
        void* at;
    };

    // find - the first place in the list for n where `here` holds of the user pointer, or the end.
    place find(chunk_size n, auto here) const noexcept {
        unsigned i = list_of(n);
        place p{i, nullptr, lists_.head(i)};
        while (p.at && !here(p.at)) p = {i, p.at, lists_.below(p.at)};
        return p;
    }

    void* pop(place p) noexcept {
        if (!p.before) return pop(p.list);
        return lists_.template pop_behind<fault::cache_unaligned_chunk>(p.list, p.before);
    }

    PTM_NOINLINE void* get_from_tier(chunk_size n) noexcept {
        place p = find(n, [&](void* user) { return size_at(user) >= n; });
        return p.at ? pop(p) : nullptr;
    }

    // push - for a size within the limit; false: no room.
    PTM_ALWAYS_INLINE bool push(chunk* c, chunk_size n, const limits& bounds) noexcept {
        std::size_t i = stack_of(n);
        if (i >= stacks) [[unlikely]]
            return push_to_tier(c, n, bounds);
        if (lists_.count(static_cast<unsigned>(i)) >= bounds.count) return false;
        lists_.push(static_cast<unsigned>(i), c, bounds.key);
        return true;
    }

    PTM_NOINLINE bool push_to_tier(chunk* c, chunk_size n, const limits& bounds) noexcept {
        if (n < header::smallest || lists_.count(list_of(n)) >= bounds.count) return false;
        place p = find(n, [&](void* user) { return size_at(user) >= n; });
        if (p.before)
            lists_.push_behind(p.list, p.before, c, bounds.key);
        else
            lists_.push(p.list, c, bounds.key);
        return true;
    }

    // look_for - the key is there: is c itself, in whichever list? Its size may have been overwritten.
    PTM_COLD void look_for(chunk* c, const limits& bounds) const noexcept {
        for (unsigned i = 0; i < stacks + tiers; ++i) lists_.look_for(c, i, bounds.count);
    }
};

template <bin_context C, largest_size Largest>
inline constinit tiered_block<C, Largest> tiered_block<C, Largest>::nobody_{full{}};

} // namespace detail

template <largest_size Largest>
struct tiered_cache {
    static constexpr bool caches = true;
    static constexpr bool made_early = false;
    static constexpr bool serves_all = true;
    static constexpr bool takes_pieces = false;
    static constexpr bool flushes = false;
    static constexpr bool refills = false;
    static constexpr bool knows_sizes = true;
    static constexpr bool exchanges = false;

    template <bin_context C>
    using in = detail::tiered_block<C, Largest>;
};

} // namespace ptm
