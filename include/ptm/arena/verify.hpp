// arena/verify.hpp - the invariants of arena/state.hpp as functions: for tests and for programs that doubt their heap.
//
// verify() changes nothing and reports the first violation as a sentence; it costs O(chunks) and holds up everything.
#pragma once

#include <cstddef>

#include <ptm/arena/statistics.hpp>
#include <ptm/arena/walk.hpp>
#include <ptm/check/verifier.hpp>

namespace ptm {

namespace detail {

template <arena_config C>
void verify_binned(const arena_state<C>& a, chunk_in<C>* c, unsigned bin, verifier& v) noexcept {
    using header = typename C::header;
    chunk_size n = header::size_of(c);
    v.must(user_aligned<header>(c) && size_possible<header>(n), "a binned chunk has an aligned address and size");
    v.must(bytes(n) <= a.system_bytes, "a binned chunk is no larger than the arena");
    if (v.gave_up()) return;
    v.must(header::footer_of(c) == n, "a binned chunk's size is repeated behind it");
    v.must(header::prev_in_use(c), "the chunk before a binned one is in use");
    v.must(!header::in_use(c), "a binned chunk is marked free in the next one");
    v.must(!header::is_mapped(c) && !header::of_side_arena(c), "a binned chunk has no other flags");
    bool agree = bin >= bin_table<header>::first_large ? a.large.links_agree(c)
                                                       : points_back<typename header::ring_links>(header::ring_of(c));
    v.must(agree, "the neighbours in a bin point back");
    bool own_bin = bin == bin_table<header>::unsorted || bin == bin_table<header>::index(n);
    v.must(own_bin, "a sorted chunk is in the bin of its size");
}

template <arena_config C>
void verify_fast(const arena_state<C>& a, verifier& v) noexcept {
    using header = typename C::header;
    bool any = false;
    a.fast.for_each([&](chunk_in<C>* c, unsigned bin) {
        any = true;
        v.must(user_aligned<header>(c), "a fast chunk is aligned");
        if (v.gave_up()) return;
        v.must(bytes(header::size_of(c)) == bytes(header::smallest) + bin * header::alignment,
               "a fast chunk is in the bin of its size");
        v.must(header::in_use(c), "a fast chunk looks used");
    });
    v.must(!any || a.have_fast, "have_fast is set while a fast bin holds something");
}

template <arena_config C>
void verify_top(const arena_state<C>& a, verifier& v) noexcept {
    using header = typename C::header;
    if (!a.has_memory() || (keeps_regions<C> && !a.has_top())) return;
    v.must(header::sound(a.top), "top's size word is as it was written");
    v.must(header::prev_in_use(a.top), "the chunk before top is in use");
    v.must(header::size_of(a.top) >= header::smallest, "top is a chunk");
    v.must(bytes(header::size_of(a.top)) <= a.system_bytes, "top is no larger than the arena");
}

// order - of the large chunks, where the best one is found: descending in a bin, one representative for each size.
template <arena_config C>
class order {
    using header = typename C::header;
    chunk_size last_{};
    unsigned bin_ = 0;

public:
    void look(chunk_in<C>* c, unsigned bin, verifier& v) noexcept {
        chunk_size n = header::size_of(c);
        bool same_bin = bin == bin_;
        if constexpr (C::large_bins::fits_best) v.must(!same_bin || n <= last_, "a large bin descends");
        if constexpr (requires { a_large::represents(c); })
            v.must(a_large::represents(c) == (!same_bin || n != last_), "the first of each size represents it");
        last_ = n;
        bin_ = bin;
    }

private:
    using a_large = typename C::large_bins::template in<C>;
};

// walk - the chunks by address, from the first to top or to a fence.
template <arena_config C>
struct walk {
    std::size_t free_bytes = 0; // of binned chunks
    bool reached_top = false;
};

// walk_chunks - c and what follows. Used chunks may be cut up meanwhile by who owns them (thread/slab.hpp): each word
// is looked at once.
template <arena_config C>
void walk_chunks(const arena_state<C>& a, chunk_in<C>* c, walk<C>& w, verifier& v) noexcept {
    using header = typename C::header;
    bool last_was_free = false;
    for (std::size_t seen = 0; !ends_here(a, c);) {
        std::size_t word = header::peek(c), n = bytes(header::size_in(word));
        v.must(header::sound_in(word, c), "a chunk's size word is as it was written");
        v.must(size_possible<header>(chunk_size{n}), "a chunk's size is possible");
        if (v.gave_up() || (seen += n) > a.system_bytes) return;
        chunk_in<C>* after = header::at(c, n);
        bool free = !header::prev_in_use_in(header::peek(after));
        v.must(!(free && last_was_free), "no two free chunks are neighbours");
        v.must(header::prev_in_use_in(word) == !last_was_free, "a chunk knows whether the one before is in use");
        if (free) w.free_bytes += n;
        last_was_free = free;
        c = after;
    }
    if (c == a.top) w.reached_top = true;
}

// walk_sub_heaps - all chunks of a side arena; its sub-heaps must be its own, and add up.
template <arena_config C>
void walk_sub_heaps(const arena_state<C>& a, walk<C>& w, verifier& v) noexcept {
    std::size_t size = 0;
    v.must(sub_heap_of<C>(a.top)->end() == offset(a.top, bytes(C::header::size_of(a.top))),
           "top ends where the newest sub-heap ends");
    for_each_sub_heap(a, [&](sub_heap<C>* h) {
        v.must(h->arena == &a, "a sub-heap knows its arena");
        size += h->size();
        if (!v.gave_up()) walk_chunks(a, first_chunk(h), w, v);
    });
    v.must(size == a.system_bytes, "the sub-heaps are the memory of a side arena");
}

// walk_regions - all chunks of an arena that lives in regions, which must add up.
template <arena_config C>
void walk_regions(const arena_state<C>& a, walk<C>& w, verifier& v) noexcept {
    std::size_t size = 0;
    a.regions.for_each([&](const region& r) {
        size += r.run.bytes;
        if (!v.gave_up()) walk_chunks(a, chunks_of<C>(r), w, v);
    });
    v.must(size == a.system_bytes, "the regions are the memory of an arena without a frontier");
    v.must(w.reached_top || !a.has_top(), "top lies in a region");
    if (!a.has_top()) return;
    v.must(is_fence<C>(C::header::next(a.top)), "top ends at the fence of its region");
}

template <arena_config C>
void verify_chunks(const arena_state<C>& a, std::size_t binned, verifier& v) noexcept {
    using header = typename C::header;
    if (!a.has_memory()) return;
    walk<C> w;
    if constexpr (has_sub_heaps<C>)
        if (a.side_arena) walk_sub_heaps(a, w, v);
    if (keeps_regions<C> && !a.side_arena) {
        walk_regions(a, w, v);
        return v.must(w.free_bytes == binned, "every free chunk is in exactly one bin");
    }
    if (!a.side_arena) walk_chunks(a, header::at(a.base, misalignment<header>(a.base)), w, v);
    v.must(!w.reached_top || w.free_bytes == binned, "every free chunk is in exactly one bin");
    v.must(w.reached_top || !a.side_arena, "the newest sub-heap has top");
}

} // namespace detail

// verify - does every invariant of the arena hold?
//   returns  nullptr, or the first one that does not, as a sentence
//   cost     O(chunks of the arena)
//   thread   the caller holds the arena's lock
template <arena_config C>
const char* verify(const arena_state<C>& a) noexcept {
    if (!a.prepared) return nullptr;
    detail::verifier v;
    detail::verify_top(a, v);
    detail::verify_fast(a, v);
    std::size_t binned = 0;
    for_each_binned(a, [&](chunk_in<C>* c, unsigned bin) {
        if (!v.gave_up()) detail::verify_binned(a, c, bin, v);
        if (!v.gave_up()) binned += bytes(C::header::size_of(c));
    });
    detail::order<C> order;
    if (!v.gave_up()) a.large.for_each([&](chunk_in<C>* c, unsigned bin) { order.look(c, bin, v); });
    if (v.gave_up()) return v.verdict();
    v.must(figures_of(a).free_bytes() <= a.system_bytes, "free bytes are bytes of the system");
    detail::verify_chunks(a, binned, v);
    return v.verdict();
}

} // namespace ptm
