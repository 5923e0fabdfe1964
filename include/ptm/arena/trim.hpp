// arena/trim.hpp - giving memory back: the end of top, sub-heaps without a used chunk, whole pages inside free chunks.
#pragma once

#include <ptm/arena/consolidate.hpp>
#include <ptm/arena/sub_heap.hpp>

namespace ptm {

// trim_top - gives the end of top back, in whole pages, and keeps `pad` bytes besides what a top must have. For a top
// of the smallest size the spare bytes are -1: glibc then takes a page instead of giving one, and so does this at a
// break.
//   returns  true: something was given back
//   source   glibc 2.36 malloc.c, systrim
template <arena_config C>
    requires(has(C::main_backend::able, can::grow))
bool trim_top(arena_state<C>& a, std::size_t pad) noexcept {
    using header = typename C::header;
    std::size_t whole = bytes(header::size_of(a.top));
    std::size_t spare = whole - bytes(header::smallest) - 1;
    if (!a.has_memory() || spare <= pad) return false;
    std::size_t huge = a.shared->huge_page;
    std::size_t extra = align_down(spare - pad, huge != 0 ? huge : a.backend.page_bytes());
    if (extra == 0 || a.backend.frontier() != offset(a.top, whole)) return false;
    std::byte* end = offset(a.top, whole);
    bool gives = extra < whole;
    if (gives) C::poisoning::expose(end - extra, extra);
    std::size_t released = a.backend.retreat(extra);
    if (gives && released < extra) C::poisoning::hide(end - extra, extra - released);
    if (released == 0) return false;
    a.system_bytes -= released;
    header::set_top(a.top, chunk_size{whole - released});
    a.shared->lost(released);
    return true;
}

// Without a frontier top goes back with its region, or not at all. (A condition of its own, so that no compiler has to
// find out which of the two is more constrained: Clang 14 takes more memory for that than there is.)
template <arena_config C>
    requires(!has(C::main_backend::able, can::grow))
bool trim_top(arena_state<C>& a, std::size_t) noexcept {
    return drop_top(a);
}

namespace detail {

// left_top - what remains at the end of a sub-heap that is not the newest: a fence, perhaps with a free chunk before
// it.
template <arena_config C>
struct left_top {
    chunk_in<C>* begin;
    bool has_chunk; // a free chunk begins there, to be detached; else only the fence is left
    std::size_t room;
};

// The last chunk of the sub-heap is a word that says size 0; its footer tells where the fence before it begins.
template <arena_config C>
left_top<C> top_left_in(sub_heap<C>* h) noexcept {
    using header = typename C::header;
    std::byte* end = h->end();
    std::size_t most = bytes(header::smallest) - header::header_bytes;
    std::size_t slack = address_of(end - most) & (header::alignment - 1);
    chunk_in<C>* mark = header::at(end, -(most + slack));
    chunk_in<C>* fence = header::previous(mark);
    bool has_chunk = !header::prev_in_use(fence);
    chunk_in<C>* begin = has_chunk ? header::previous(fence) : fence;
    return {begin, has_chunk, bytes_between(begin, end)};
}

// drop_newest - gives back the sub-heap that top fills completely, if the one before it has room enough to go on in.
//   returns  false: it stays
template <arena_config C>
bool drop_newest(arena_state<C>& a, std::size_t pad) noexcept {
    sub_heap<C>* h = sub_heap_of<C>(a.top);
    sub_heap<C>* before = h->previous;
    if (!before || a.top != first_chunk(h)) return false;
    left_top<C> left = top_left_in<C>(before);
    std::size_t room = left.room + (a.shared->most_sub_heap - before->size());
    if (room < pad + bytes(C::header::smallest) + before->memory.page_bytes()) return false;
    a.system_bytes -= h->size();
    close_sub_heap(*a.shared, h);
    if (left.has_chunk) detach(a, left.begin);
    a.top = left.begin;
    C::header::set_top(a.top, chunk_size{left.room});
    return true;
}

// retreat_exposed - gives the last bytes of a sub-heap back, which nobody uses; false: they stay.
template <arena_config C>
bool retreat_exposed(sub_heap<C>* h, std::size_t extra) noexcept {
    if constexpr (!C::poisoning::poisons) {
        return h->memory.retreat(extra) != 0;
    } else {
        std::byte* from = h->end() - extra;
        C::poisoning::expose(from, extra);
        if (h->memory.retreat(extra) != 0) return true;
        C::poisoning::hide(from, extra);
        return false;
    }
}

// shrink_newest - gives back the end of a top of at least `from` bytes, but for `pad` bytes.
template <arena_config C>
bool shrink_newest(arena_state<C>& a, std::size_t pad, std::size_t from) noexcept {
    sub_heap<C>* h = sub_heap_of<C>(a.top);
    std::size_t whole = bytes(C::header::size_of(a.top)), least = bytes(C::header::smallest) + 1;
    if (whole < from || whole < least || whole - least <= pad) return false;
    std::size_t extra = align_down(whole - least - pad, h->memory.page_bytes());
    if (extra == 0 || !retreat_exposed<C>(h, extra)) return false;
    a.system_bytes -= extra;
    C::header::set_top(a.top, chunk_size{whole - extra});
    a.shared->lost(extra);
    return true;
}

} // namespace detail

// trim_sub_heaps - of a side arena: gives back the newest sub-heaps that nothing is left in, and the end of a top of at
// least `from` bytes.
//   returns  true: something was given back
//   source   glibc 2.36 arena.c, heap_trim
template <arena_config C>
bool trim_sub_heaps(arena_state<C>& a, std::size_t pad, std::size_t from) noexcept {
    bool any = false;
    while (detail::drop_newest(a, pad)) any = true;
    return detail::shrink_newest(a, pad, from) || any;
}

namespace detail {
// discard - the contents of whole pages, if their backend can.
template <arena_config C>
void discard(arena_state<C>& a, pages run) noexcept {
    if constexpr (has_sub_heaps<C> && has(C::arena_backend::able, can::discard))
        if (a.side_arena) return static_cast<void>(sub_heap_of<C>(run.data)->memory.discard(run));
    if constexpr (has(C::main_backend::able, can::discard)) a.backend.discard(run);
}

template <arena_config C>
constexpr bool can_discard(const arena_state<C>& a) noexcept {
    return has(a.side_arena ? C::arena_backend::able : C::main_backend::able, can::discard);
}

// discard_unit - what begins and ends there can be discarded. Bytes, a power of two.
template <arena_config C>
std::size_t discard_unit(const arena_state<C>& a) noexcept {
    return a.side_arena ? C::arena_backend::page_bytes() : C::main_backend::page_bytes();
}

// discard_inside - drops the whole pages of a free chunk behind its links, if they are `least` bytes.
template <arena_config C>
bool discard_inside(arena_state<C>& a, chunk_in<C>* c, std::size_t least) noexcept {
    constexpr std::size_t links = sizeof(chunk_in<C>);
    std::size_t page = discard_unit(a), n = bytes(C::header::size_of(c));
    if (n <= page - 1 + links) return false;
    std::size_t ahead = links + bytes_to_aligned(offset(c, links), page);
    if (ahead >= n || n - ahead < larger(page, least)) return false;
    pages whole{offset(c, ahead), align_down(n - ahead, page)};
    C::poisoning::expose(whole.data, whole.bytes);
    discard(a, whole);
    C::poisoning::hide(whole.data, whole.bytes);
    return true;
}
}

// drop_free_regions - those that their backend did not want back when they became free.
template <arena_config C>
bool drop_free_regions(arena_state<C>& a) noexcept {
    using header = typename C::header;
    bool any = false;
    a.regions.for_each([&](region& r) {
        chunk_in<C>* c = detail::chunks_of<C>(r);
        if (c == a.top || header::in_use(c) || !detail::is_fence<C>(header::next(c))) return;
        chunk_size n = header::size_of(c);
        detach(a, c);
        bool went = detail::drop_region(a, &r);
        if (!went) file_free<no_check>(a, c, n);
        any |= went;
    });
    return any;
}

namespace detail {
// drop_kept - what a backend keeps for itself; true: something went.
template <backend_policy B>
bool drop_kept([[maybe_unused]] B& backend) noexcept {
    if constexpr (has(B::able, can::keep)) return backend.drop_kept() != 0;
    return false;
}

// discard_free - the whole pages inside free chunks, where they are `least` bytes together.
template <arena_config C>
bool discard_free(arena_state<C>& a, std::size_t least) noexcept {
    bool any = false;
    if (!can_discard(a)) return any;
    auto visit = [&](chunk_in<C>* c, auto&&...) noexcept { any |= discard_inside(a, c, least); };
    a.unsorted.for_each(visit);
    a.large.for_each(visit);
    if constexpr (requires { a.large.note_given_back(); }) a.large.note_given_back();
    return any;
}

// trim_end - of the main arena; of a side arena only where the configuration says so.
template <arena_config C>
bool trim_end(arena_state<C>& a, std::size_t pad) noexcept {
    if constexpr (has_sub_heaps<C>)
        if (a.side_arena) return C::ruled.trims_every_top && trim_sub_heaps(a, pad, 0);
    bool any = false;
    if constexpr (keeps_regions<C>) any |= drop_free_regions(a);
    return trim_top(a, pad) || any;
}
}

// give_back - merges what is fast, drops the pages inside free chunks where that is worth a call, and gives the end of
// top back.
//   pad      bytes that stay at the end of top
//   least    bytes: fewer pages in a row stay
//   returns  true: something was given back, or could have been before
//   cost     O(free chunks), and a system call for each large one
//   thread   the caller holds the arena's lock; the arena is prepared
template <arena_config C>
bool give_back(arena_state<C>& a, std::size_t pad, std::size_t least) noexcept {
    consolidate(a);
    bool any = detail::discard_free(a, least);
    return detail::trim_end(a, pad) || any;
}

// trim - gives back all that can be, and what backends keep; but for `pad` bytes at the end of top. A side arena keeps
// its top, where the configuration does not say trims_every_top: then only a free lets its sub-heaps shrink.
//   returns, cost, thread  as give_back
//   source                 glibc 2.36 malloc.c, mtrim
template <arena_config C>
bool trim(arena_state<C>& a, std::size_t pad) noexcept {
    bool any = give_back(a, pad, 0);
    bool kept = detail::drop_kept(a.backend);
    return detail::drop_kept(a.shared->mapped_backend) || kept || any;
}

} // namespace ptm
