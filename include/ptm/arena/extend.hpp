// arena/extend.hpp - getting memory from the system when nothing in the arena fits.
//
// Large requests get a mapping of their own. Otherwise the main backend is asked for more at its frontier, so that top
// grows; when somebody else moved the frontier, or the main backend refuses and the mapped one helps out, a new top
// begins elsewhere and the old one is left behind as a free chunk between fences:
//
//   +------+------------+-------+-------+  ...  +-----------+
//   | used | old top,   | fence | fence |       | new top   |
//   |      | freed      |       |       |       |           |
//   +------+------------+-------+-------+       +-----------+
//
// A main backend without a frontier gives regions (arena/region.hpp): a large chunk gets one of its own, and top moves
// to a new one when the old one is used up.
//
// A side arena grows its newest sub-heap, or opens another one and leaves its old top behind in the same way.
//
// source   glibc 2.36 malloc.c, sysmalloc
#pragma once

#include <ptm/arena/mapped.hpp>
#include <ptm/arena/release.hpp>
#include <ptm/arena/split.hpp>
#include <ptm/arena/sub_heap.hpp>
#include <ptm/core/errno_guard.hpp>

namespace ptm {

namespace detail {

// gain - a run of new memory, and whether it lies at the main backend's frontier.
struct gain {
    pages run;
    bool at_frontier = false;
};

template <arena_config C>
span<C> top_of(arena_state<C>& a) noexcept {
    return {a.top, C::header::size_of(a.top)};
}

// frontier_of - where the next memory will begin; 0 if the backend has no such place.
template <arena_config C>
std::size_t frontier_of(arena_state<C>& a) noexcept {
    if constexpr (has(C::main_backend::able, can::grow)) return address_of(a.backend.frontier());
    return 0;
}

// whole_pages - `more`, rounded up so that the memory ends with a page, or with a huge page where those matter.
template <arena_config C>
std::size_t whole_pages(arena_state<C>& a, std::size_t more) noexcept {
    std::size_t huge = a.shared->huge_page;
    if (huge == 0) return align_up(more, a.backend.page_bytes());
    std::size_t from = frontier_of(a);
    return align_up(from + more, huge) - from;
}

// ahead_of - bytes to ask for beyond the need.
template <arena_config C>
std::size_t ahead_of(const arena_state<C>& a) noexcept {
    std::size_t pad = a.shared->top_pad;
    if constexpr (C::tuned.ahead_share != 0) {
        std::size_t share = a.system_bytes / C::tuned.ahead_share;
        pad = larger(pad, share < C::tuned.most_ahead ? share : C::tuned.most_ahead);
    }
    return pad;
}

// growth_for - bytes to ask for, so that top can serve n and some more; what top has already is not asked for again.
template <arena_config C>
std::size_t growth_for(arena_state<C>& a, chunk_size n) noexcept {
    std::size_t more = bytes(n) + ahead_of(a) + bytes(C::header::smallest);
    if (a.contiguous) more -= bytes(C::header::size_of(a.top));
    return whole_pages(a, more);
}

// suits - can the header note the size of an arena with this run, and lead from the arena's bins to all of it?
template <arena_config C>
bool suits(const arena_state<C>& a, pages run) noexcept {
    using header = typename C::header;
    return representable<header>(a.system_bytes + run.bytes) && header::reaches(&a, run.data)
        && header::reaches(&a, run.end());
}

// if_suits - the run, or {} after it went back.
template <arena_config C>
pages if_suits(const arena_state<C>& a, backend_policy auto& from, pages run) noexcept {
    if (!run || suits(a, run)) return run;
    from.give_back(run);
    return {};
}

template <arena_config C>
gain ask_main(arena_state<C>& a, std::size_t more) noexcept {
    if (static_cast<std::ptrdiff_t>(more) <= 0 || a.shared->explicit_page != 0 || !a.shared->may_hold(more)) return {};
    pages run = if_suits(a, a.backend, within_limit(*a.shared, a.backend, a.backend.obtain(more), more));
    advise_huge(*a.shared, a.backend, run);
    return {run, has(C::main_backend::able, can::grow)};
}

// fallback_for - bytes of a region that takes the place of `more` at the frontier; 0: so many that the sum wrapped.
template <arena_config C>
std::size_t fallback_for(arena_state<C>& a, std::size_t more, chunk_size n, std::size_t multiple,
                         std::size_t least) noexcept {
    if (a.contiguous) more = align_up(more + bytes(C::header::size_of(a.top)), multiple);
    if (more < least) more = least;
    return more > bytes(n) ? more : 0;
}

// ask_explicit - a region in explicit huge pages. What the last page has beyond the need stays unused, as in glibc.
template <arena_config C>
pages ask_explicit(arena_state<C>& a, std::size_t more, chunk_size n) noexcept {
    std::size_t page = a.shared->explicit_page;
    std::size_t size = page != 0 ? fallback_for(a, more, n, page, page) : 0;
    pages run = size != 0 ? obtain_explicit(*a.shared, size) : pages{};
    run = if_suits(a, a.shared->mapped_backend, run);
    return {run.data, run ? size : 0};
}

// ask_region - a region from the mapped backend.
template <arena_config C>
pages ask_region(arena_state<C>& a, std::size_t more, chunk_size n) noexcept {
    constexpr tuning t = C::tuned;
    std::size_t page = a.shared->mapped_backend.page_bytes();
    std::size_t size = fallback_for(a, more, n, t.fallback_multiple ? t.fallback_multiple : page,
                                    t.fallback_least ? t.fallback_least : page);
    pages run = size != 0 && a.shared->may_hold(size) ? a.shared->mapped_backend.obtain(size) : pages{};
    run = within_limit(*a.shared, a.shared->mapped_backend, run, size);
    run = if_suits(a, a.shared->mapped_backend, run);
    advise_huge(*a.shared, a.shared->mapped_backend, run);
    return run;
}

// ask_mapped - the way out when the main backend refuses. The arena is never taken for contiguous again.
template <arena_config C>
gain ask_mapped(arena_state<C>& a, std::size_t more, chunk_size n) noexcept {
    pages run = ask_explicit(a, more, n);
    if (!run) run = ask_region(a, more, n);
    if (run) a.contiguous = false;
    return {run, false};
}

// note_most - keeps the book of the most that the arena ever had.
template <arena_config C>
void note_most(arena_state<C>& a) noexcept {
    if (a.system_bytes > a.most_system_bytes) a.most_system_bytes = a.system_bytes;
}

template <arena_config C>
void account(arena_state<C>& a, pages run) noexcept {
    a.system_bytes += run.bytes;
    a.shared->gained(run);
}

// strand - makes an old top a free chunk with two fences behind it, so that nothing merges across its end.
template <arena_config C>
void strand(arena_state<C>& a, stash_policy<C> auto stash, span<C> old) noexcept {
    using header = typename C::header;
    if (bytes(old.size) == 0) return;
    chunk_size kept{align_down(bytes(old.size) - 2 * header::header_bytes, header::alignment)};
    chunk_in<C>* fence = header::at(old.begin, bytes(kept));
    header::set_top(old.begin, kept);
    header::set_fence(fence);
    header::set_fence(header::at(fence, header::header_bytes));
    if (kept >= header::smallest) release(a, stash, old.begin);
}

template <arena_config C>
void begin_top(arena_state<C>& a, stash_policy<C> auto stash, span<C> old, std::byte* begin, std::byte* end) noexcept {
    a.top = C::header::at(begin, 0);
    C::header::set_top(a.top, chunk_size{bytes_between(begin, end)});
    strand(a, stash, old);
}

// top_beyond_a_gap - the first growth, or one after somebody else took memory at the frontier: align the new start,
// make up for what the old top was counted on to give, and end on a page.
// faults   break_adjusted, when the frontier went back below what the arena holds
template <arena_config C>
    requires(has(C::main_backend::able, can::grow))
void top_beyond_a_gap(arena_state<C>& a, stash_policy<C> auto stash, span<C> old, pages run) noexcept {
    bool first = bytes(old.size) == 0;
    std::byte* old_end = offset(old.begin, bytes(old.size));
    expect<C, fault::break_adjusted>(first || run.data >= old_end, run.data);
    if (!first) a.system_bytes += bytes_between(old_end, run.data);
    std::size_t ahead = misalignment<typename C::header>(run.data);
    std::size_t more = ahead + bytes(old.size);
    std::byte* end = offset(run.end(), more);
    more += bytes_to_aligned(end, a.backend.page_bytes());
    pages rest{a.backend.frontier(), 0};
    if (more != 0)
        if (pages got = a.backend.obtain(more)) account(a, rest = got);
    if (rest) begin_top(a, stash, old, run.data + ahead, rest.end());
}

// end_of - where the memory that a gain belongs to ends: the frontier, if others took some there meanwhile.
template <arena_config C>
std::byte* end_of(arena_state<C>& a, gain g) noexcept {
    if constexpr (has(C::main_backend::able, can::grow))
        if (g.at_frontier) return a.backend.frontier();
    return g.run.end();
}

// place_top - puts new memory to use: at the end of top, beyond a gap, or apart from it.
template <arena_config C>
void place_top(arena_state<C>& a, stash_policy<C> auto stash, gain g) noexcept {
    span<C> old = top_of(a);
    if constexpr (has(C::main_backend::able, can::grow)) {
        if (g.at_frontier && address_of(g.run.data) == address_of(old.end()))
            return C::header::set_top(a.top, old.size + chunk_size{g.run.bytes});
        if (g.at_frontier && a.contiguous) return top_beyond_a_gap(a, stash, old, g.run);
    }
    std::byte* begin = g.run.data + misalignment<typename C::header>(g.run.data);
    begin_top(a, stash, old, begin, end_of(a, g));
}

// grow_top
//   returns  false: no backend has anything; the arena is as it was
template <arena_config C>
bool grow_top(arena_state<C>& a, stash_policy<C> auto stash, chunk_size n) noexcept {
    std::size_t more = growth_for(a, n);
    gain g = ask_main(a, more);
    if (!g.run) g = ask_mapped(a, more, n);
    if (!g.run) return false;
    if (!a.base) a.base = g.run.data;
    account(a, g.run);
    place_top(a, stash, g);
    return true;
}

// leave_top - the end of a sub-heap that will not grow any more: a fence and a word that says size 0; what is before
// them is freed if it can be a chunk, else it becomes part of the fence.
template <arena_config C>
void leave_top(arena_state<C>& a, stash_policy<C> auto stash, span<C> old) noexcept {
    using header = typename C::header;
    chunk_size kept{align_down(bytes(old.size - header::smallest), header::alignment)};
    chunk_size fence{header::header_bytes};
    header::set_top(header::at(old.begin, bytes(kept + fence)), chunk_size{0});
    if (kept < header::smallest) return header::set_free(old.begin, kept + fence);
    header::set_free(header::at(old.begin, bytes(kept)), fence);
    header::set_used(old.begin, kept, true);
    if (!C::ruled.new_sub_heap_stays) return release(a, stash, old.begin);
    span<C> left{old.begin, kept};
    header::set_prev_in_use(left.end(), false);
    merge_back<no_check>(a, left);
    file_free<no_check>(a, left.begin, left.size);
}

// with_pad - `more` bytes and top_pad, or as many as there is room for.
template <arena_config C>
std::size_t with_pad(arena_state<C>& a, sub_heap<C>* h, std::size_t more) noexcept {
    std::size_t room = a.shared->most_sub_heap - h->size(), ahead = more + ahead_of(a);
    return align_up(ahead < room ? ahead : larger(more, room), h->memory.page_bytes());
}

// grow_newest - the newest sub-heap grows by the pages that are missing.
template <arena_config C>
bool grow_newest(arena_state<C>& a, chunk_size n) noexcept {
    sub_heap<C>* h = sub_heap_of<C>(a.top);
    chunk_size had = C::header::size_of(a.top);
    std::size_t missing = bytes(n + C::header::smallest - had);
    if (static_cast<std::ptrdiff_t>(missing) <= 0) return false;
    std::size_t more = align_up(missing, h->memory.page_bytes());
    if (C::ruled.sub_heaps_grow_ahead) more = with_pad(a, h, more);
    if (!representable<typename C::header>(a.system_bytes + more)) return false;
    if (!grow_sub_heap(*a.shared, h, more)) return false;
    a.system_bytes += more;
    C::header::set_top(a.top, had + chunk_size{more});
    return true;
}

// begin_newest - top moves to a new sub-heap. When the old top is large and free with its neighbours, leaving it may
// make the arena give the new one back at once: there is no memory then, and the caller tries another arena.
template <arena_config C>
bool begin_newest(arena_state<C>& a, stash_policy<C> auto stash, chunk_size n) noexcept {
    using header = typename C::header;
    sub_heap<C>* h = open_sub_heap(*a.shared, bytes(n + header::smallest) + head_bytes<C>, ahead_of(a));
    if (!h) return false;
    if (!suits(a, pages{h->begin(), h->size()})) return close_sub_heap(*a.shared, h), false;
    span<C> old = top_of(a);
    h->arena = &a;
    h->previous = sub_heap_of<C>(a.top);
    a.system_bytes += h->size();
    a.top = first_chunk(h);
    header::set_top(a.top, chunk_size{bytes_between(a.top, h->end())});
    leave_top(a, stash, old);
    return true;
}

// grow_side
//   returns  false: no sub-heap can be had; the arena is as it was
template <arena_config C>
bool grow_side(arena_state<C>& a, stash_policy<C> auto stash, chunk_size n) noexcept {
    return grow_newest(a, n) || begin_newest(a, stash, n);
}

// region_bytes - of a region that is to hold `least` bytes: more, if the arena is large already.
template <arena_config C>
std::size_t region_bytes(arena_state<C>& a, std::size_t least) noexcept {
    constexpr tuning t = C::tuned;
    std::size_t share = a.system_bytes / t.region_share;
    if (share > t.most_region) share = t.most_region;
    return larger(larger(share, t.least_region), least);
}

// obtain_region - `whole` bytes, {}: the limit or the backend refuses.
template <arena_config C, backend_policy B>
pages obtain_region(arena_state<C>& a, B& backend, std::size_t whole) noexcept {
    if (!a.shared->may_hold(whole)) return {};
    return if_suits(a, backend, within_limit(*a.shared, backend, backend.obtain(whole), whole));
}

// ask_for_region - from the main backend, or the mapped one when that refuses.
template <arena_config C>
pages ask_for_region(arena_state<C>& a, std::size_t size, region_source& from) noexcept {
    shared_state<C>& s = *a.shared;
    std::size_t whole = align_up(size, a.backend.page_bytes());
    from = region_source::main;
    if (s.explicit_page == 0 && whole >= size)
        if (pages run = obtain_region(a, a.backend, whole)) return run;
    from = region_source::mapped;
    if (pages run = if_suits(a, s.mapped_backend, obtain_explicit(s, size))) return run;
    whole = align_up(size, s.mapped_backend.page_bytes());
    return whole >= size ? obtain_region(a, s.mapped_backend, whole) : pages{};
}

template <arena_config C>
void advise_region(arena_state<C>& a, pages run, region_source from) noexcept {
    if (from == region_source::mapped)
        advise_huge(*a.shared, a.shared->mapped_backend, run);
    else
        advise_huge(*a.shared, a.backend, run);
}

// has_offer - is there a run that is best used first, and has it room for a chunk of n?
template <arena_config C>
bool has_offer(const arena_state<C>& a, chunk_size n) noexcept {
    if constexpr (has(C::main_backend::able, can::offer)) {
        std::size_t room = a.backend.offered();
        return room >= region_overhead<C> && room - region_overhead<C> >= bytes(n);
    }
    return false;
}

template <arena_config C>
pages take_offer(arena_state<C>& a, chunk_size n) noexcept {
    if constexpr (has(C::main_backend::able, can::offer))
        if (has_offer(a, n)) return if_suits(a, a.backend, a.backend.take_offered());
    return {};
}

// open_region - a new one with a single chunk of at least n.
//   spare    ask for more than that, if there is more
//   returns  begin == nullptr: no backend has it; the arena is as it was
template <arena_config C>
span<C> open_region(arena_state<C>& a, chunk_size n, bool spare) noexcept {
    std::size_t least = bytes(n) + region_overhead<C>;
    if (least < bytes(n)) return {};
    std::size_t wanted = spare ? region_bytes(a, least) : least;
    region_source from = region_source::offer;
    pages run = spare ? take_offer(a, n) : pages{};
    if (!run) run = ask_for_region(a, wanted, from);
    if (!run && wanted > least) run = ask_for_region(a, least, from);
    if (!run) return {};
    if (!a.base) a.base = run.data;
    advise_region(a, run, from);
    a.system_bytes += run.bytes;
    if (from != region_source::offer)
        a.shared->gained(run);
    else
        C::poisoning::hide(run.data, run.bytes);
    return lay_out(a, run, from);
}

// from_own_region - a chunk that is all of a region, so that its memory goes back when it is freed.
template <arena_config C>
chunk_in<C>* from_own_region(arena_state<C>& a, chunk_size n) noexcept {
    span<C> all = open_region(a, n, false);
    if (all.begin) C::header::set_used(all.begin, all.size, false);
    return all.begin;
}

// grow_regions - top moves to a new region; what is left of the old one is freed.
template <arena_config C>
bool grow_regions(arena_state<C>& a, chunk_size n) noexcept {
    span<C> fresh = open_region(a, n + C::header::smallest, true);
    if (!fresh.begin) return false;
    span<C> old = top_of(a);
    bool had = a.has_top();
    a.top = fresh.begin;
    C::header::set_top(a.top, fresh.size);
    if (had) merge_free(a, old.begin, old.size);
    return true;
}

template <arena_config C>
bool grow(arena_state<C>& a, stash_policy<C> auto stash, chunk_size n) noexcept {
    if constexpr (has_sub_heaps<C>)
        if (a.side_arena) return grow_side(a, stash, n);
    if constexpr (keeps_regions<C>)
        return grow_regions(a, n);
    else
        return grow_top(a, stash, n);
}

} // namespace detail

// from_system - a side arena that cannot grow takes a mapping also for what is too small for one.
//   returns  nullptr when no backend has enough; errno is as it was in any case
template <arena_config C>
PTM_NOINLINE chunk_in<C>* from_system(arena_state<C>& a, stash_policy<C> auto stash, chunk_size n) noexcept {
    constexpr contents wanted = is_clearing<decltype(stash)> ? contents::zero : contents::any;
    errno_guard keep;
    bool map = deserves_mapping(*a.shared, n);
    if (map)
        if (chunk_in<C>* c = map_chunk<wanted>(*a.shared, n)) return c;
    if constexpr (keeps_regions<C>)
        if (!a.side_arena && bytes(n) >= a.shared->mmap_threshold && !detail::has_offer(a, n + C::header::smallest))
            if (chunk_in<C>* c = detail::from_own_region(a, n)) return detail::note_most(a), c;
    bool grew = detail::grow(a, stash, n);
    detail::note_most(a); // trimming may have added some too
    if (grew) return cut_top(a, n);
    return a.side_arena && !map ? map_chunk<wanted>(*a.shared, n) : nullptr;
}

} // namespace ptm
