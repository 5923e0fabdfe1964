// chunk/boundary_tag.hpp - Knuth's boundary tags as glibc lays them out: a size before each chunk, and the same size
// behind it while it is free.
//
//     chunk ->  +----------------------------+
//               | size of previous, if free  |   belongs to the previous chunk while that is in use
//               +----------------------------+
//               | size             | A | M | P |   P: previous in use  M: own mapping  A: of a side arena
//     user  ->  +----------------------------+
//               | user bytes, or if free:    |
//               | forward, back              |   ring of its bin (a stack uses forward only)
//               | forward, back by size      |   ring of sizes; large chunks only
//               +----------------------------+
//               | size, if free              |   the next chunk's first word
//
// Invariants: a chunk's size is a multiple of `alignment`, at least `smallest`; user pointers are aligned so too; a
// free chunk of a bin has used neighbours; a mapped chunk keeps in its first word how far into its mapping it begins.
// Pure functions over memory. Under the arena's lock they may be called on every chunk. Without it, the owner of a
// block may peek() at its size word: the arena, for another thread, may be noting there whether the chunk before is in
// use. Therefore the word is only ever stored atomically.
#pragma once

#include <cstddef>

#include <ptm/chunk/header.hpp>
#include <ptm/core/address.hpp>
#include <ptm/core/bits.hpp>
#include <ptm/core/config.hpp>

namespace ptm {

template <link_encoding Stack, link_encoding Ring = plain_links>
struct boundary_tag {
    using stack_links = Stack; // of fast bins and thread caches
    using ring_links = Ring;   // of all other bins

    struct PTM_MAY_ALIAS chunk {
        std::size_t previous_size;
        std::size_t word;
        ring_node ring;
        ring_node skip;
    };

    static constexpr std::size_t overhead = sizeof(std::size_t);
    static constexpr std::size_t header_bytes = 2 * sizeof(std::size_t);
    static constexpr std::size_t alignment = 2 * sizeof(std::size_t) > alignof(long double) ? 2 * sizeof(std::size_t)
                                                                                            : alignof(long double);
    static constexpr chunk_size smallest{align_up(4 * sizeof(std::size_t), alignment)};

    static_assert(offsetof(chunk, ring) == header_bytes && offsetof(chunk, skip) == 4 * sizeof(std::size_t));

    // size_for - the chunk that a request needs: its own word, but the next chunk's first word may be used.
    static constexpr chunk_size size_for(std::size_t request) noexcept {
        std::size_t n = align_up(request + overhead, alignment);
        return n < bytes(smallest) ? smallest : chunk_size{n};
    }

    static chunk* from_user(void* user) noexcept { return at(user, -header_bytes); }
    static const chunk* from_user(const void* user) noexcept { return from_user(const_cast<void*>(user)); }
    static void* to_user(chunk* c) noexcept { return offset(c, header_bytes); }
    static chunk* at(void* base, std::size_t n) noexcept { return reinterpret_cast<chunk*>(offset(base, n)); }
    static const chunk* at(const void* base, std::size_t n) noexcept { return at(const_cast<void*>(base), n); }

    static chunk_size size_of(const chunk* c) noexcept { return chunk_size{c->word & ~all_flags}; }
    static chunk_size previous_size(const chunk* c) noexcept { return chunk_size{c->previous_size}; }
    // footer_of - the size noted behind a free chunk; flag bits there are ignored.
    static chunk_size footer_of(const chunk* c) noexcept { return chunk_size{next(c)->previous_size & ~all_flags}; }
    static chunk* next(chunk* c) noexcept { return at(c, bytes(size_of(c))); }
    static const chunk* next(const chunk* c) noexcept { return at(c, bytes(size_of(c))); }
    static chunk* previous(chunk* c) noexcept { return at(c, -c->previous_size); }

    static std::size_t word_of(const chunk* c) noexcept { return c->word; }
    static bool prev_in_use(const chunk* c) noexcept { return (c->word & previous_used) != 0; }
    static bool in_use(const chunk* c) noexcept { return prev_in_use(next(c)); }
    static bool is_mapped(const chunk* c) noexcept { return (c->word & mapped) != 0; }
    static bool of_side_arena(const chunk* c) noexcept { return (c->word & side_arena) != 0; }

    // peek - the size word, for those without the lock; size_in, mapped_in, ... - what it says.
    static std::size_t peek(const chunk* c) noexcept { return __atomic_load_n(&c->word, __ATOMIC_RELAXED); }
    static chunk_size size_in(std::size_t word) noexcept { return chunk_size{word & ~all_flags}; }
    static bool mapped_in(std::size_t word) noexcept { return (word & mapped) != 0; }
    static bool of_side_arena_in(std::size_t word) noexcept { return (word & side_arena) != 0; }
    static bool prev_in_use_in(std::size_t word) noexcept { return (word & previous_used) != 0; }

    // set_used - a chunk cut from the front of a region that had a used neighbour before it.
    static void set_used(chunk* c, chunk_size n, bool of_side) noexcept {
        store(c, bytes(n) | previous_used | (of_side ? side_arena : 0));
    }
    // set_free - the same for a chunk that goes into a bin: flags of an arena are not kept there.
    static void set_free(chunk* c, chunk_size n) noexcept {
        store(c, bytes(n) | previous_used);
        at(c, bytes(n))->previous_size = bytes(n);
    }
    // set_top - the last chunk of an arena has no footer: nothing comes after it.
    static void set_top(chunk* c, chunk_size n) noexcept { store(c, bytes(n) | previous_used); }
    // set_size - a new size, the flags stay.
    static void set_size(chunk* c, chunk_size n) noexcept { store(c, bytes(n) | (c->word & all_flags)); }
    static void set_prev_in_use(chunk* c, bool yes) noexcept {
        store(c, yes ? c->word | previous_used : c->word & ~previous_used);
    }
    static void mark_side_arena(chunk* c) noexcept { store(c, c->word | side_arena); }
    // set_mapped - a chunk that begins `shift` bytes into its mapping and reaches to its end.
    static void set_mapped(chunk* c, chunk_size n, std::size_t shift) noexcept {
        c->previous_size = shift;
        store(c, bytes(n) | mapped);
    }
    // set_fence - a used chunk of one header, behind which nothing is ever looked at.
    static void set_fence(chunk* c) noexcept { store(c, header_bytes | previous_used); }

    // mapping_of - the pages that a mapped chunk lies in.
    static pages mapping_of(chunk* c) noexcept {
        return {offset(c, -c->previous_size), c->previous_size + bytes(size_of(c))};
    }

    static ring_node* ring_of(chunk* c) noexcept { return &c->ring; }
    static const ring_node* ring_of(const chunk* c) noexcept { return &c->ring; }
    static chunk* from_ring(ring_node* n) noexcept { return at(n, -offsetof(chunk, ring)); }
    static ring_node* skip_of(chunk* c) noexcept { return &c->skip; }
    static const ring_node* skip_of(const chunk* c) noexcept { return &c->skip; }
    static chunk* from_skip(ring_node* n) noexcept { return at(n, -offsetof(chunk, skip)); }

private:
    static void store(chunk* c, std::size_t word) noexcept { __atomic_store_n(&c->word, word, __ATOMIC_RELAXED); }

    static constexpr std::size_t previous_used = 1;
    static constexpr std::size_t mapped = 2;
    static constexpr std::size_t side_arena = 4;
    static constexpr std::size_t all_flags = 7;
};

static_assert(header_policy<boundary_tag<safe_links>> && header_policy<boundary_tag<plain_links>>);

} // namespace ptm
