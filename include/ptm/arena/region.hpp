// arena/region.hpp - where an arena lives whose main backend has no frontier: in regions, runs of memory apart from
// each other, each of which goes back whole as soon as nothing in it is used.
//
//   +-----+--------- chunks ... ---------+-------+-------+-----------------+
//   | pad | used | free | ... | (top)    | fence | fence | region: its run |
//   +-----+------------------------------+-------+-------+-----------------+
//   ^ run.data                           ^ the last chunk ends here        ^ run.end(), or a little before
//
// Invariants: every region ends with two used chunks of one header and its own record, so that a chunk that reaches the
// first fence and begins where the region's chunks begin is the whole region; top ends at such a fence; system_bytes of
// the arena is the sum of the runs. The caller holds the arena's lock.
#pragma once

#include <cstddef>
#include <new>

#include <ptm/arena/state.hpp>

namespace ptm {

// keeps_regions - does the main arena of this configuration live in regions?
template <arena_config C>
inline constexpr bool keeps_regions = !has(C::main_backend::able, can::grow);

namespace detail {

template <arena_config C>
inline constexpr std::size_t fence_bytes = 2 * C::header::header_bytes;

// region_overhead - bytes of a region that no chunk can have, at most.
template <arena_config C>
inline constexpr std::size_t region_overhead = C::header::alignment + fence_bytes<C> + alignof(region) + sizeof(region);

// chunks_of - where the first chunk of a region begins.
template <arena_config C>
chunk_in<C>* chunks_of(const region& r) noexcept {
    return C::header::at(r.run.data, misalignment<typename C::header>(r.run.data));
}

// region_behind - the region that a chunk's first fence belongs to.
template <arena_config C>
region* region_behind(chunk_in<C>* fence) noexcept {
    return reinterpret_cast<region*>(align_up(address_of(fence) + fence_bytes<C>, alignof(region)));
}

// is_fence - is what follows a chunk the end of its region?
template <arena_config C>
bool is_fence(const chunk_in<C>* c) noexcept {
    return bytes(C::header::size_of(c)) == C::header::header_bytes;
}

// lay_out - makes a run a region with one chunk, free or top, whose size word is yet to be written.
//   returns  the chunk
template <arena_config C>
span<C> lay_out(arena_state<C>& a, pages run, region_source from) noexcept {
    using header = typename C::header;
    std::size_t record = align_down(address_of(run.end()) - sizeof(region), alignof(region));
    chunk_in<C>* first = header::at(run.data, misalignment<header>(run.data));
    std::size_t room = record - fence_bytes<C> - address_of(first);
    chunk_size n{align_down(room, header::alignment)};
    chunk_in<C>* fence = header::at(first, bytes(n));
    header::set_fence(fence);
    header::set_fence(header::next(fence));
    region* r = region_behind<C>(fence);
    C::poisoning::expose(r, sizeof(region));
    ::new (static_cast<void*>(r)) region{run, nullptr, nullptr, from};
    a.regions.add(*r);
    return {first, n};
}

// give_back_region - to the backend that it is from; false: still held, and its record is as it was.
template <arena_config C>
bool give_back_region(arena_state<C>& a, region* r) noexcept {
    region was = *r;
    bool from_mapped = was.from == region_source::mapped;
    C::poisoning::expose(was.run.data, was.run.bytes);
    if (!(from_mapped ? a.shared->mapped_backend.give_back(was.run) : a.backend.give_back(was.run))) {
        C::poisoning::hide(was.run.data, was.run.bytes);
        C::poisoning::expose(r, sizeof was);
        return false;
    }
    if (was.from != region_source::offer) a.shared->lost(was.run.bytes);
    return true;
}

// drop_region - gives a region back in which nothing is used, and which is in no bin.
//   returns  false: the backend did not take it; the region is as it was
template <arena_config C>
bool drop_region(arena_state<C>& a, region* r) noexcept {
    std::size_t had = r->run.bytes;
    a.regions.remove(*r);
    if (!give_back_region(a, r)) {
        a.regions.add(*r);
        return false;
    }
    a.system_bytes -= had;
    return true;
}

// drop_if_whole - gives the region back that a free chunk, which is in no bin and ends at `after`, fills. One that was
// offered stays: it costs nobody anything.
template <arena_config C>
PTM_ALWAYS_INLINE bool drop_if_whole(arena_state<C>& a, chunk_in<C>* c, chunk_in<C>* after) noexcept {
    if constexpr (keeps_regions<C>)
        if (!a.side_arena && is_fence<C>(after)) {
            region* r = region_behind<C>(after);
            return c == chunks_of<C>(*r) && r->from != region_source::offer && drop_region(a, r);
        }
    return false;
}

} // namespace detail

// drop_top - gives top's region back, if top is all of it; the arena has no top then.
//   returns  true: it went
template <arena_config C>
bool drop_top(arena_state<C>& a) noexcept {
    if (a.side_arena || !a.has_top() || !detail::drop_if_whole(a, a.top, C::header::next(a.top))) return false;
    a.without_top();
    return true;
}

} // namespace ptm
