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
//
// basic_tag is the drawing with the word, its size and the links left open; boundary_tag is glibc's.
#pragma once

#include <cstddef>

#include <ptm/chunk/header.hpp>
#include <ptm/chunk/size_word.hpp>
#include <ptm/core/address.hpp>
#include <ptm/core/bits.hpp>
#include <ptm/core/config.hpp>

namespace ptm {

// basic_tag - Word: how the size word is written. Node: the two links of a ring. Alignment: of user pointers.
template <size_word Word, class Node, link_encoding Stack, link_encoding Ring, std::size_t Alignment>
struct basic_tag {
    using stack_links = Stack; // of fast bins and thread caches
    using ring_links = Ring;   // of all other bins
    using node = Node;
    using stored = typename Word::stored;

    struct PTM_MAY_ALIAS chunk {
        stored previous_size;
        stored word;
        node ring;
        node skip;
    };

    static constexpr std::size_t overhead = sizeof(stored);
    static constexpr std::size_t header_bytes = 2 * sizeof(stored);
    static constexpr std::size_t alignment = Alignment;
    static constexpr chunk_size smallest{align_up(header_bytes + sizeof(node), alignment)};
    static constexpr chunk_size largest = Word::largest;
    static constexpr bool links_hold_pointers = true;

    static_assert(offsetof(chunk, ring) == header_bytes && offsetof(chunk, skip) == header_bytes + sizeof(node));

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

    static chunk_size size_of(const chunk* c) noexcept { return chunk_size{word_of(c) & ~all_flags}; }
    PTM_UNSANITIZED static chunk_size previous_size(const chunk* c) noexcept { return chunk_size{c->previous_size}; }
    // footer_of - the size noted behind a free chunk; flag bits there are ignored.
    PTM_UNSANITIZED static chunk_size footer_of(const chunk* c) noexcept {
        return chunk_size{std::size_t{next(c)->previous_size} & ~all_flags};
    }
    static chunk* next(chunk* c) noexcept { return at(c, bytes(size_of(c))); }
    static const chunk* next(const chunk* c) noexcept { return at(c, bytes(size_of(c))); }
    static chunk* previous(chunk* c) noexcept { return at(c, -bytes(previous_size(c))); }

    PTM_UNSANITIZED static std::size_t word_of(const chunk* c) noexcept { return Word::read(c->word); }
    PTM_UNSANITIZED static bool prev_in_use(const chunk* c) noexcept { return (c->word & previous_used) != 0; }
    static bool in_use(const chunk* c) noexcept { return prev_in_use(next(c)); }
    PTM_UNSANITIZED static bool is_mapped(const chunk* c) noexcept { return (c->word & mapped) != 0; }
    PTM_UNSANITIZED static bool of_side_arena(const chunk* c) noexcept { return (c->word & side_arena) != 0; }
    // sound - is the size word as it was written? One without a seal cannot tell, and is.
    PTM_UNSANITIZED static bool sound(const chunk* c) noexcept { return Word::sound(c, c->word); }

    // peek - the size word, for those without the lock; size_in, mapped_in, ... - what it says.
    PTM_UNSANITIZED static std::size_t peek(const chunk* c) noexcept {
        return __atomic_load_n(&c->word, __ATOMIC_RELAXED);
    }
    static chunk_size size_in(std::size_t word) noexcept {
        return chunk_size{Word::read(static_cast<stored>(word)) & ~all_flags};
    }
    static bool mapped_in(std::size_t word) noexcept { return (word & mapped) != 0; }
    static bool of_side_arena_in(std::size_t word) noexcept { return (word & side_arena) != 0; }
    static bool prev_in_use_in(std::size_t word) noexcept { return (word & previous_used) != 0; }
    // ordinary_in - of exactly size n, and not in a mapping of its own: one compare says both.
    static bool ordinary_in(std::size_t word, chunk_size n) noexcept {
        return (Word::read(static_cast<stored>(word)) & (~all_flags | mapped)) == bytes(n);
    }
    static bool sound_in(std::size_t word, const chunk* c) noexcept {
        return Word::sound(c, static_cast<stored>(word));
    }

    // set_used - a chunk cut from the front of a region that had a used neighbour before it.
    static void set_used(chunk* c, chunk_size n, bool of_side) noexcept {
        write(c, bytes(n) | previous_used | (of_side ? side_arena : 0));
    }
    // set_free - the same for a chunk that goes into a bin: flags of an arena are not kept there.
    PTM_UNSANITIZED static void set_free(chunk* c, chunk_size n) noexcept {
        write(c, bytes(n) | previous_used);
        at(c, bytes(n))->previous_size = static_cast<stored>(bytes(n));
    }
    // set_top - the last chunk of an arena has no footer: nothing comes after it.
    static void set_top(chunk* c, chunk_size n) noexcept { write(c, bytes(n) | previous_used); }
    // set_size - a new size, the flags stay.
    static void set_size(chunk* c, chunk_size n) noexcept { change(c, bytes(n) | (word_of(c) & all_flags)); }
    PTM_UNSANITIZED static void set_prev_in_use(chunk* c, bool yes) noexcept {
        store(c, static_cast<stored>(yes ? c->word | previous_used : c->word & ~previous_used));
    }
    static void mark_side_arena(chunk* c) noexcept { change(c, word_of(c) | side_arena); }
    // set_mapped - a chunk that begins `shift` bytes into its mapping and reaches to its end.
    PTM_UNSANITIZED static void set_mapped(chunk* c, chunk_size n, std::size_t shift) noexcept {
        c->previous_size = static_cast<stored>(shift);
        write(c, bytes(n) | mapped);
    }
    // set_fence - a used chunk of one header, behind which nothing is ever looked at.
    static void set_fence(chunk* c) noexcept { write(c, header_bytes | previous_used); }

    // mapping_of - the pages that a mapped chunk lies in.
    static pages mapping_of(chunk* c) noexcept {
        std::size_t shift = bytes(previous_size(c));
        return {offset(c, -shift), shift + bytes(size_of(c))};
    }

    // marks_natural - may a chunk be marked as naturally aligned? natural_tag says yes. natural_in - is it, by its
    // word?
    static constexpr bool marks_natural = false;
    static constexpr bool natural_in(std::size_t) noexcept { return false; }

    // marks_lists - does the word say which list of a cache it belongs to? listed_tag does.
    static constexpr bool marks_lists = false;

    // plain_size_in - the size, for those who look for small chunks without a mark: of a marked one, more than any has.
    static chunk_size plain_size_in(std::size_t word) noexcept { return size_in(word); }

    static node* ring_of(chunk* c) noexcept { return &c->ring; }
    static const node* ring_of(const chunk* c) noexcept { return &c->ring; }
    static node* ring_at(void* user) noexcept {
        return reinterpret_cast<node*>(offset(user, offsetof(chunk, ring) - header_bytes));
    }
    static chunk* from_ring(node* n) noexcept { return at(n, -offsetof(chunk, ring)); }
    static node* skip_of(chunk* c) noexcept { return &c->skip; }
    static const node* skip_of(const chunk* c) noexcept { return &c->skip; }
    static chunk* from_skip(node* n) noexcept { return at(n, -offsetof(chunk, skip)); }

    // reaches - may a link lead from one of these places to the other? A pointer leads anywhere.
    static constexpr bool reaches(const void*, const void*) noexcept { return true; }

private:
    PTM_UNSANITIZED static void store(chunk* c, stored word) noexcept {
        __atomic_store_n(&c->word, word, __ATOMIC_RELAXED);
    }
    PTM_ALWAYS_INLINE static void write(chunk* c, std::size_t plain) noexcept { store(c, Word::write(c, plain)); }
    // change - who sees the new size finds what is behind the chunk then, if that was written before.
    PTM_UNSANITIZED static void change(chunk* c, std::size_t plain) noexcept {
        __atomic_store_n(&c->word, Word::change(c, c->word, plain), __ATOMIC_RELEASE);
    }

    static constexpr std::size_t previous_used = 1;
    static constexpr std::size_t mapped = 2;
    static constexpr std::size_t side_arena = 4;
    static constexpr std::size_t all_flags = 7;
};

namespace detail {
// ordinary_alignment - of two words, and of every ordinary type.
inline constexpr std::size_t ordinary_alignment = 2 * sizeof(std::size_t) > alignof(long double)
    ? 2 * sizeof(std::size_t)
    : alignof(long double);
}

template <link_encoding Stack, link_encoding Ring = plain_links>
struct boundary_tag : basic_tag<bare_word, ring_node, Stack, Ring, detail::ordinary_alignment> {};

static_assert(header_policy<boundary_tag<safe_links>> && header_policy<boundary_tag<plain_links>>);

} // namespace ptm
