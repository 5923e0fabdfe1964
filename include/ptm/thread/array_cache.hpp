// thread/array_cache.hpp - a stack of chunks for each of the 64 smallest sizes: glibc's tcache.
//
//   block:   +---------------------+-----------------------------+
//            | 64 counts, 16 bits  | 64 heads                    |
//            +---------------------+-----------------------------+
//   cached:  +---------------------+-----------------------------+
//            | next, encoded       | key of this process         |   at the user pointer
//            +---------------------+-----------------------------+
//
// A cached chunk keeps its "in use" state; the key in its second word makes a double free cheap to suspect, and the
// walk that then follows makes sure. Only the owning thread calls anything here.
// source   glibc 2.36 malloc.c, tcache
#pragma once

#include <cstddef>
#include <cstdint>

#include <ptm/check/predicates.hpp>
#include <ptm/core/config.hpp>
#include <ptm/core/relaxed.hpp>
#include <ptm/thread/cache.hpp>
#include <ptm/thread/secret.hpp>

namespace ptm {

struct array_cache {
    static constexpr bool caches = true;

    template <bin_context C>
    class in;
};

template <bin_context C>
class array_cache::in {
    using header = typename C::header;
    using links = typename header::stack_links;
    using chunk = chunk_in<C>;

    static constexpr unsigned bins = 64;

    std::uint16_t counts_[bins] = {};
    void* heads_[bins] = {};

public:
    // Sizes beyond the last bin are never cached.
    static constexpr std::size_t most_request =
        bytes(header::smallest) + (bins - 1) * header::alignment - header::overhead;

    struct limits {
        relaxed<std::size_t> request = 0; // largest that is cached, bytes; with its bin no further than `size`
        relaxed<std::size_t> size = 0;    // chunk size of the same
        relaxed<std::uint16_t> count = 0; // chunks in one bin
        relaxed<std::uintptr_t> key = 0;

        // set - t.cache_request: at most most_request is used; t.cache_count: at most 65535.
        void set(const tuning& t) noexcept {
            std::size_t n = t.cache_request < most_request ? t.cache_request : most_request;
            size = bytes(header::size_for(n));
            request = size - header::overhead;
            count = static_cast<std::uint16_t>(t.cache_count < UINT16_MAX ? t.cache_count : UINT16_MAX);
            key = random_word();
        }
    };

    constexpr in() noexcept = default;

    // nobody - stands in for the block of a thread that has none: nothing to get, no room for anything.
    static constexpr in* nobody() noexcept { return &nobody_; }

    // get - the block cached last of those for `request`.
    // faults   cache_unaligned_chunk
    PTM_ALWAYS_INLINE void* get(std::size_t request, const limits& bounds) noexcept {
        if (request > bounds.request) [[unlikely]]
            return nullptr;
        unsigned i = index(header::size_for(request));
        return heads_[i] ? pop(i) : nullptr;
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

    // suspects - does c bear the key of cached chunks? One that is not cached does by chance, or on purpose.
    PTM_ALWAYS_INLINE bool suspects(chunk* c, const limits& bounds) noexcept {
        return header::ring_of(c)->back == bounds.key;
    }

    // accept_plain - for the usual path: false also for a chunk that bears the key, which accept() then looks into.
    PTM_ALWAYS_INLINE bool accept_plain(chunk* c, chunk_size n, const limits& bounds) noexcept {
        if (!has_room(n, bounds) || suspects(c, bounds)) [[unlikely]]
            return false;
        put(c, n, bounds);
        return true;
    }

    bool has_room(chunk_size n, const limits& bounds) noexcept {
        return bytes(n) <= bounds.size && counts_[index(n)] < bounds.count;
    }

    PTM_ALWAYS_INLINE void put(chunk* c, chunk_size n, const limits& bounds) noexcept {
        unsigned i = index(n);
        ring_node* words = header::ring_of(c);
        words->back = bounds.key;
        words->forward = links::encode(&words->forward, heads_[i]);
        heads_[i] = header::to_user(c);
        ++counts_[i];
    }

    chunk* take(chunk_size n) noexcept { return header::from_user(pop(index(n))); }

    // drain - by size, newest first.
    // faults   leaving_unaligned_cached_chunk
    void drain(auto&& visit) noexcept {
        for (unsigned i = 0; i < bins; ++i)
            while (heads_[i]) visit(header::from_user(pop_as<fault::leaving_unaligned_cached_chunk>(i)));
    }

    // cached - chunks of size n in this cache.
    unsigned cached(chunk_size n) const noexcept { return counts_[index(n)]; }

private:
    struct full {};
    constexpr explicit in(full) noexcept {
        for (std::uint16_t& count : counts_) count = UINT16_MAX;
    }
    static in nobody_;

    // Who comes here has compared the size with the limits; saying so keeps the compiler from warning of the others.
    static constexpr unsigned index(chunk_size n) noexcept {
        std::size_t i = (bytes(n) - bytes(header::smallest)) / header::alignment;
        PTM_ASSUME(i < bins);
        return static_cast<unsigned>(i);
    }

    static void* below(void* user) noexcept {
        const ring_node* words = header::ring_of(header::from_user(user));
        return links::decode(&words->forward, words->forward);
    }

    template <fault Unaligned>
    PTM_ALWAYS_INLINE void* pop_as(unsigned i) noexcept {
        void* user = heads_[i];
        expect<C, Unaligned>(is_aligned(user, header::alignment), user);
        heads_[i] = below(user);
        --counts_[i];
        header::ring_of(header::from_user(user))->back = 0;
        return user;
    }
    PTM_ALWAYS_INLINE void* pop(unsigned i) noexcept { return pop_as<fault::cache_unaligned_chunk>(i); }

    // look_for - the key is there: is c itself?
    PTM_COLD void look_for(chunk* c, unsigned i, const limits& bounds) noexcept {
        std::size_t seen = 0;
        for (void* user = heads_[i]; user; user = below(user)) {
            expect<C, fault::cache_too_many_chunks>(seen++ < bounds.count, user);
            expect<C, fault::cache_unaligned_chunk_freeing>(is_aligned(user, header::alignment), user);
            expect<C, fault::cache_double_free>(user != header::to_user(c), user);
        }
    }
};

template <bin_context C>
inline constinit array_cache::in<C> array_cache::in<C>::nobody_{full{}};

} // namespace ptm
