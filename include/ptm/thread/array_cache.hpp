// thread/array_cache.hpp - a stack of chunks for each of the 64 smallest sizes: glibc's tcache.
//
// Only the owning thread calls anything here.
// source   glibc 2.36 malloc.c, tcache
#pragma once

#include <cstddef>
#include <cstdint>

#include <ptm/core/config.hpp>
#include <ptm/core/relaxed.hpp>
#include <ptm/os/secret.hpp>
#include <ptm/thread/cache.hpp>
#include <ptm/thread/cached_lists.hpp>

namespace ptm {

// mark_of_process - a random word, the same in all caches: nobody who does not know it can write it.
struct mark_of_process {
    relaxed<std::uintptr_t> word = 0;

    void set() noexcept { word = random_word(); }
    std::uintptr_t of(const void*) const noexcept { return word; }
};

// mark_of_block - the address of the block that the chunk is cached in: glibc 2.29 to 2.33.
struct mark_of_block {
    void set() noexcept {}
    std::uintptr_t of(const void* block) const noexcept { return address_of(block); }
};

namespace detail {

// array_block - the block of one thread.
template <bin_context C, class Mark>
class array_block {
    using header = typename C::header;
    using chunk = chunk_in<C>;

    static constexpr unsigned bins = 64;

    detail::cached_lists<C, bins> lists_{};

public:
    // Sizes beyond the last bin are never cached.
    static constexpr std::size_t most_request =
        bytes(header::smallest) + (bins - 1) * header::alignment - header::overhead;

    struct limits {
        relaxed<std::size_t> request = 0; // largest that is cached, bytes; with its bin no further than `size`
        relaxed<std::size_t> size = 0;    // chunk size of the same
        relaxed<std::uint16_t> count = 0; // chunks in one bin
        [[no_unique_address]] Mark mark{};

        // set - t.cache_request: at most most_request is used; t.cache_count: at most 65535.
        void set(const tuning& t) noexcept {
            size = size_by(t);
            request = size - header::overhead;
            count = count_by(t);
            mark.set();
        }

        static constexpr std::size_t size_by(const tuning& t) noexcept {
            return bytes(header::size_for(t.cache_request < most_request ? t.cache_request : most_request));
        }
        static constexpr std::uint16_t count_by(const tuning& t) noexcept {
            return static_cast<std::uint16_t>(t.cache_count < UINT16_MAX ? t.cache_count : UINT16_MAX);
        }
    };

    constexpr array_block() noexcept = default;

    // nobody - stands in for the block of a thread that has none: nothing to get, no room for anything.
    static constexpr array_block* nobody() noexcept { return &nobody_; }

    // get - the block cached last of those for `request`.
    // faults   cache_unaligned_chunk
    PTM_ALWAYS_INLINE void* get(std::size_t request, const limits& bounds) noexcept {
        if (request > bounds.request) [[unlikely]]
            return nullptr;
        unsigned i = index(header::size_for(request));
        return lists_.head(i) ? pop(i) : nullptr;
    }

    // knows - is there a bin for this size?
    static constexpr bool knows(chunk_size n) noexcept { return index_of(n) < bins; }

    // get_known - the chunk cached last of those of size N. No limit is asked for: where it forbids a size, nothing of
    // that size is here.
    // faults   cache_unaligned_chunk
    template <chunk_size N>
    PTM_ALWAYS_INLINE void* get_known() noexcept {
        constexpr unsigned i = index(N);
        return lists_.head(i) ? pop(i) : nullptr;
    }

    // accept_known - as accept_plain, for size N and the numbers of tuning T.
    template <chunk_size N, tuning T>
    PTM_ALWAYS_INLINE bool accept_known(chunk* c, const limits& bounds) noexcept {
        std::uintptr_t mark = bounds.mark.of(this);
        if (!has_known_room<N, T>(bounds) || bears(c, mark)) [[unlikely]]
            return false;
        lists_.push(index(N), c, mark);
        return true;
    }

    // accept
    // faults   cache_double_free, cache_too_many_chunks, cache_unaligned_chunk_freeing
    bool accept(chunk* c, chunk_size n, const limits& bounds) noexcept {
        if (bytes(n) > bounds.size) return false;
        if (suspects(c, bounds)) look_for(c, index(n), bounds);
        if (!has_room(n, bounds)) return false;
        put(c, n, bounds);
        return true;
    }

    // suspects - does c bear the mark of cached chunks? One that is not cached does by chance, or on purpose.
    PTM_ALWAYS_INLINE bool suspects(chunk* c, const limits& bounds) noexcept { return bears(c, bounds.mark.of(this)); }

    // accept_plain - for the usual path: false also for a chunk that bears the mark, which accept() then looks into.
    PTM_ALWAYS_INLINE bool accept_plain(chunk* c, chunk_size n, const limits& bounds) noexcept {
        if (!has_room(n, bounds) || suspects(c, bounds)) [[unlikely]]
            return false;
        put(c, n, bounds);
        return true;
    }

    bool has_room(chunk_size n, const limits& bounds) noexcept {
        return bytes(n) <= bounds.size && lists_.count(index(n)) < bounds.count;
    }

    PTM_ALWAYS_INLINE void put(chunk* c, chunk_size n, const limits& bounds) noexcept {
        lists_.push(index(n), c, bounds.mark.of(this));
    }

    chunk* take(chunk_size n) noexcept { return header::from_user(pop(index(n))); }

    // drain - by size, newest first.
    // faults   leaving_unaligned_cached_chunk
    void drain(auto&& visit) noexcept { lists_.drain(visit); }

    // cached - chunks of size n in this cache.
    unsigned cached(chunk_size n) const noexcept { return lists_.count(index(n)); }

private:
    using full = typename detail::cached_lists<C, bins>::full;
    constexpr explicit array_block(full nothing) noexcept : lists_(nothing) {}
    static array_block nobody_;

    PTM_UNSANITIZED_INLINE static bool bears(chunk* c, std::uintptr_t mark) noexcept {
        return header::ring_of(c)->back == mark;
    }

    template <chunk_size N, tuning T>
    PTM_ALWAYS_INLINE bool has_known_room(const limits& bounds) noexcept {
        if constexpr (T.environment == environment_source::ignored)
            return bytes(N) <= limits::size_by(T) && lists_.count(index(N)) < limits::count_by(T);
        else
            return has_room(N, bounds);
    }

    static constexpr std::size_t index_of(chunk_size n) noexcept {
        return (bytes(n) - bytes(header::smallest)) / header::alignment;
    }

    // Who comes here has compared the size with the limits; saying so keeps the compiler from warning of the others.
    static constexpr unsigned index(chunk_size n) noexcept {
        std::size_t i = index_of(n);
        PTM_ASSUME(i < bins);
        return static_cast<unsigned>(i);
    }

    PTM_ALWAYS_INLINE void* pop(unsigned i) noexcept { return lists_.template pop<fault::cache_unaligned_chunk>(i); }

    PTM_COLD void look_for(chunk* c, unsigned i, const limits& bounds) noexcept { lists_.look_for(c, i, bounds.count); }
};

template <bin_context C, class Mark>
inline constinit array_block<C, Mark> array_block<C, Mark>::nobody_{full{}};

} // namespace detail

template <class Mark>
struct array_cache_marked {
    static constexpr bool caches = true;
    static constexpr bool made_early = true;
    static constexpr bool serves_all = false;
    static constexpr bool takes_pieces = true;
    static constexpr bool flushes = false;
    static constexpr bool refills = false;
    static constexpr bool knows_sizes = true;
    static constexpr bool exchanges = false;

    template <bin_context C>
    using in = detail::array_block<C, Mark>;
};

using array_cache = array_cache_marked<mark_of_process>;

} // namespace ptm
