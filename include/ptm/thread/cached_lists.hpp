// thread/cached_lists.hpp - last-in-first-out lists of chunks, as a thread's cache keeps them.
//
//   block:   +---------------------+-----------------------------+
//            | N counts, 16 bits   | N heads                     |
//            +---------------------+-----------------------------+
//   cached:  +---------------------+-----------------------------+
//            | next, encoded       | mark                        |   at the user pointer
//            +---------------------+-----------------------------+
//
// A cached chunk keeps its "in use" state; the mark in its second word makes a double free cheap to suspect, and the
// walk that then follows makes sure. Only the owning thread calls anything here.
// source   glibc 2.36 and 2.42 malloc.c, tcache
#pragma once

#include <cstddef>
#include <cstdint>

#include <ptm/check/predicates.hpp>
#include <ptm/core/config.hpp>
#include <ptm/thread/cache.hpp>

namespace ptm::detail {

// cached_links - the link of a cached chunk, between user pointers.
template <bin_context C>
struct cached_links {
    using header = typename C::header;
    using links = typename header::stack_links;

    static_assert(header::links_hold_pointers, "cache: the header's links are too short for it; use no_cache");

    // below - the next in a list, behind this user pointer.
    PTM_UNSANITIZED_INLINE static void* below(void* user) noexcept {
        const auto* words = header::ring_at(user);
        return links::decode(&words->forward, words->forward);
    }

    // lead - `to` comes next behind `user`.
    PTM_UNSANITIZED_INLINE static void lead(void* user, void* to) noexcept {
        auto* words = header::ring_at(user);
        words->forward = links::encode(&words->forward, to);
    }
};

template <bin_context C, unsigned N>
class cached_lists : cached_links<C> {
    using header = typename C::header;
    using chunk = chunk_in<C>;
    using cached_links<C>::lead;

    std::uint16_t counts_[N] = {};
    void* heads_[N] = {};

public:
    static constexpr unsigned lists = N;

    constexpr cached_lists() noexcept = default;

    // full - lists that have nothing and take nothing.
    struct full {};
    constexpr explicit cached_lists(full) noexcept {
        for (std::uint16_t& count : counts_) count = UINT16_MAX;
    }

    unsigned count(unsigned i) const noexcept { return counts_[i]; }
    void* head(unsigned i) const noexcept { return heads_[i]; }

    using cached_links<C>::below;

    PTM_ALWAYS_INLINE void push(unsigned i, chunk* c, std::uintptr_t key) noexcept {
        mark(c, key);
        void* user = header::to_user(c);
        lead(user, heads_[i]);
        heads_[i] = user;
        ++counts_[i];
    }

    // push_behind - c comes behind `before`, a user pointer of list i.
    void push_behind(unsigned i, void* before, chunk* c, std::uintptr_t key) noexcept {
        mark(c, key);
        lead(header::to_user(c), below(before));
        lead(before, header::to_user(c));
        ++counts_[i];
    }

    // pop - the newest of a list that has one.
    // faults   Unaligned
    template <fault Unaligned>
    PTM_ALWAYS_INLINE void* pop(unsigned i) noexcept {
        void* user = heads_[i];
        expect<C, Unaligned>(is_aligned(user, header::alignment), user);
        heads_[i] = below(user);
        return gone(i, user);
    }

    // pop_behind - the one behind `before`, a user pointer of list i; there is one.
    // faults   Unaligned
    template <fault Unaligned>
    void* pop_behind(unsigned i, void* before) noexcept {
        void* user = below(before);
        expect<C, Unaligned>(is_aligned(user, header::alignment), user);
        lead(before, below(user));
        return gone(i, user);
    }

    // drain - list by list, newest first.
    // faults   leaving_unaligned_cached_chunk
    void drain(auto&& visit) noexcept {
        for (unsigned i = 0; i < N; ++i)
            while (heads_[i]) visit(header::from_user(pop<fault::leaving_unaligned_cached_chunk>(i)));
    }

    // look_for - c bears the key: is it in list i? `most`: a list cannot be longer.
    // faults   cache_double_free, cache_too_many_chunks, cache_unaligned_chunk_freeing
    void look_for(chunk* c, unsigned i, std::size_t most) const noexcept {
        std::size_t seen = 0;
        for (void* user = heads_[i]; user; user = below(user)) {
            expect<C, fault::cache_too_many_chunks>(seen++ < most, user);
            expect<C, fault::cache_unaligned_chunk_freeing>(is_aligned(user, header::alignment), user);
            expect<C, fault::cache_double_free>(user != header::to_user(c), user);
        }
    }

private:
    PTM_UNSANITIZED_INLINE static void mark(chunk* c, std::uintptr_t key) noexcept { header::ring_of(c)->back = key; }

    PTM_UNSANITIZED_INLINE void* gone(unsigned i, void* user) noexcept {
        --counts_[i];
        header::ring_of(header::from_user(user))->back = 0;
        return user;
    }
};

} // namespace ptm::detail
