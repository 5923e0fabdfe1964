// arena/mapped.hpp - chunks with a mapping of their own: large requests bypass the bins.
//
//   mapping ->  +-------+--------+------------------------------------------+
//               | shift | header | user bytes, to the end of the mapping    |
//               +-------+--------+------------------------------------------+
//
// The threshold adapts: freeing a mapped chunk says that chunks of its size come and go, so from then on they come from
// the bins. Needs no arena; thread-safe as far as the mapped backend is.
#pragma once

#include <ptm/arena/fill.hpp>
#include <ptm/arena/state.hpp>
#include <ptm/check/predicates.hpp>
#include <ptm/core/checked.hpp>
#include <ptm/core/errno_guard.hpp>

namespace ptm {

// contents - of memory: zero: it reads so. any: also zero, if its backend always gives that.
enum class contents : bool { any, zero };

// clears_mappings - is a mapping to be asked for cleared, where it is to read as zero?
template <arena_config C>
inline constexpr bool clears_mappings = has(C::mapped_backend::able, can::clears);

namespace detail {

// Bytes from the start of a mapping to its chunk, so that the user pointer is aligned.
template <header_policy H>
inline constexpr std::size_t mapped_shift = H::alignment > H::header_bytes ? H::alignment - H::header_bytes : 0;

// mapping_for - bytes of the mapping for a chunk of n: nobody lends it a first word behind it, so it needs one more.
template <arena_config C>
std::size_t mapping_for(shared_state<C>& s, chunk_size n) noexcept {
    using header = typename C::header;
    std::size_t slack = mapped_shift<header> ? header::alignment - 1 : 0;
    return align_up(bytes(n) + header::overhead + slack, s.mapped_backend.page_bytes());
}

template <arena_config C>
void count_mapped(shared_state<C>& s, std::size_t gained) noexcept {
    s.most_mapped_bytes.raise_to(s.mapped_bytes.add(gained));
}

// advise_huge - asks for huge pages in a run that may hold one, if the heap cares.
template <arena_config C, backend_policy B>
void advise_huge(shared_state<C>& s, B& backend, pages run) noexcept {
    if constexpr (has(B::able, can::advise))
        if (std::size_t huge = s.huge_page; huge != 0 && run.bytes >= huge) backend.advise_huge(run);
}

// obtain_explicit - in huge pages that were set aside; {}: there are none, or the heap does not use them.
template <arena_config C>
pages obtain_explicit(shared_state<C>& s, std::size_t bytes) noexcept {
    if constexpr (has(C::mapped_backend::able, can::huge))
        if (std::size_t page = s.explicit_page; page != 0 && s.may_hold(align_up(bytes, page)))
            return s.mapped_backend.obtain_huge(align_up(bytes, page), page);
    return {};
}

// within_limit - a run that was to have `length` bytes, which are within the limit: what a backend gives beyond them,
// because it had that, is cut off where the limit does not allow it. {}: that is not possible.
template <arena_config C, backend_policy B>
pages within_limit(shared_state<C>& s, B& backend, pages run, std::size_t length) noexcept {
    if constexpr (has(B::able, can::keep)) {
        if (run.bytes <= length || s.may_hold(run.bytes)) return run;
        if constexpr (has(B::able, can::remap))
            if (pages less = backend.remap(run, length)) return less;
        backend.give_back(run);
        return no_pages();
    }
    return run;
}

// obtain_wanted - of the mapped backend.
template <contents Wanted, arena_config C>
pages obtain_wanted(shared_state<C>& s, std::size_t length) noexcept {
    if constexpr (Wanted == contents::zero)
        return s.mapped_backend.obtain_cleared(length);
    else
        return s.mapped_backend.obtain(length);
}

// obtain_for_chunk - a mapping of `length` bytes, or of whole explicit pages if the chunk of n fills one.
template <contents Wanted, arena_config C>
pages obtain_for_chunk(shared_state<C>& s, chunk_size n, std::size_t length) noexcept {
    if (bytes(n) >= s.explicit_page)
        if (pages run = obtain_explicit(s, length)) return run;
    if (!s.may_hold(length)) return no_pages();
    pages run = within_limit(s, s.mapped_backend, obtain_wanted<Wanted>(s, length), length);
    if (run) advise_huge(s, s.mapped_backend, run);
    return run;
}

// mapping_sane - does the chunk begin and end where a mapping could, and was its size written so? Freeing anything else
// would unmap a stranger.
template <arena_config C>
bool mapping_sane(shared_state<C>& s, chunk_in<C>* c) noexcept {
    std::size_t page = s.mapped_backend.page_bytes();
    pages run = C::header::mapping_of(c);
    std::size_t in_page = address_of(C::header::to_user(c)) & (page - 1);
    bool in_place = is_aligned(address_of(run.data) | run.bytes, page) && (in_page == 0 || is_power_of_two(in_page));
    return in_place && C::header::sound(c);
}

// mark_around - mark(p, n) on all of a mapping but the `kept` bytes at `user`.
inline void mark_around(pages run, std::byte* user, std::size_t kept, auto mark) noexcept {
    mark(run.data, bytes_between(run.data, user));
    mark(user + kept, bytes_between(user + kept, run.end()));
}

// remap_exposed - what a backend moves is exposed; a block keeps what its user may touch, as far as there is room.
template <arena_config C>
pages remap_exposed(shared_state<C>& s, pages run, std::size_t length, chunk_in<C>* c) noexcept {
    using poisoning = typename C::poisoning;
    if constexpr (!poisoning::poisons) {
        return s.mapped_backend.remap(run, length);
    } else {
        std::size_t ahead = bytes_between(run.data, C::header::to_user(c));
        std::size_t kept = reach_of<C>(c);
        mark_around(run, run.data + ahead, kept, poisoning::expose);
        pages moved = s.mapped_backend.remap(run, length);
        pages now = moved ? moved : run;
        if (kept > now.bytes - ahead) kept = now.bytes - ahead;
        mark_around(now, now.data + ahead, kept, poisoning::hide);
        return moved;
    }
}

} // namespace detail

// map_chunk - a chunk of at least n in a mapping of its own.
//   returns  nullptr when the backend refuses (errno = ENOMEM) or n is too large for any mapping
template <contents Wanted = contents::any, arena_config C>
chunk_in<C>* map_chunk(shared_state<C>& s, chunk_size n) noexcept {
    using header = typename C::header;
    constexpr std::size_t shift = detail::mapped_shift<header>;
    std::size_t length = detail::mapping_for(s, n);
    if (length <= bytes(n)) return nullptr;
    pages run = detail::obtain_for_chunk<Wanted>(s, n, length);
    if (!run) return nullptr;
    if (!representable<header>(run.bytes)) {
        s.mapped_backend.give_back(run);
        return nullptr;
    }
    chunk_in<C>* c = header::at(run.data, shift);
    header::set_mapped(c, chunk_size{run.bytes - shift}, shift);
    s.most_mapped_count.raise_to(s.mapped_count.add(1));
    detail::count_mapped(s, run.bytes);
    s.gained(run);
    return c;
}

// map_alone - for a request that no arena can serve: mapped whatever its size, and however many mappings there are.
//   returns  nullptr; errno is as it was
template <contents Wanted = contents::any, arena_config C>
chunk_in<C>* map_alone(shared_state<C>& s, wanted w) noexcept {
    errno_guard keep;
    return w.request <= largest_request ? fill_fresh(s, map_chunk<Wanted>(s, w.size), w.request) : nullptr;
}

// deserves_mapping - is n above the threshold, and may there be one more mapping?
template <arena_config C>
bool deserves_mapping(shared_state<C>& s, chunk_size n) noexcept {
    return bytes(n) >= s.mmap_threshold && s.mapped_count < s.mmap_max;
}

// adapt_threshold - before a mapped chunk is freed by the user.
//   source   glibc 2.36 malloc.c, free: the size word is compared with its flag, so that a chunk of exactly the most
//            does not count
template <arena_config C>
void adapt_threshold(shared_state<C>& s, const chunk_in<C>* c) noexcept {
    std::size_t word = C::header::word_of(c);
    if (!s.adaptive || word <= s.mmap_threshold || word > C::tuned.most_mmap_threshold) return;
    s.mmap_threshold = bytes(C::header::size_of(c));
    s.trim_threshold = 2 * s.mmap_threshold;
}

// unmap_chunk
// faults   unmap_invalid_pointer
template <arena_config C>
void unmap_chunk(shared_state<C>& s, chunk_in<C>* c) noexcept {
    expect<C, fault::unmap_invalid_pointer>(detail::mapping_sane(s, c), c);
    pages run = C::header::mapping_of(c);
    s.mapped_count.subtract(1);
    s.mapped_bytes.subtract(run.bytes);
    s.lost(run.bytes);
    C::poisoning::expose(run.data, run.bytes);
    s.mapped_backend.give_back(run);
}

// remap_chunk - the chunk grown or shrunk to hold n, moved if need be.
//   returns  nullptr: not possible, c is as it was
//   faults   remap_invalid_pointer
template <arena_config C>
chunk_in<C>* remap_chunk(shared_state<C>& s, chunk_in<C>* c, chunk_size n) noexcept {
    using header = typename C::header;
    if constexpr (!has(C::mapped_backend::able, can::remap)) {
        return nullptr;
    } else {
        expect<C, fault::remap_invalid_pointer>(detail::mapping_sane(s, c), c);
        errno_guard keep; // not possible is not yet a failure: the caller has other ways
        pages run = header::mapping_of(c);
        std::size_t shift = run.bytes - bytes(header::size_of(c));
        std::size_t length = align_up(bytes(n) + shift + header::overhead, s.mapped_backend.page_bytes());
        if (length == run.bytes) return c;
        if (length > run.bytes && !s.may_hold(length - run.bytes)) return nullptr;
        if (!representable<header>(length)) return nullptr;
        pages moved = detail::remap_exposed(s, run, length, c);
        if (!moved) return nullptr;
        s.lost(run.bytes);
        s.note_gain(moved);
        c = header::at(moved.data, shift);
        header::set_mapped(c, chunk_size{moved.bytes - shift}, shift);
        detail::count_mapped(s, moved.bytes - run.bytes);
        return c;
    }
}

// resize_mapped - c made to hold n: in its mapping, as it is if that is large enough, or by moving.
//   elsewhere  called without arguments for a block to move to; nullptr: there is none
//   returns    the user's block; nullptr: c is as it was
//   faults     resize_invalid_pointer, if the seal is broken; those of remap_chunk and unmap_chunk
template <arena_config C>
void* resize_mapped(shared_state<C>& s, chunk_in<C>* c, chunk_size n, auto elsewhere) noexcept {
    using header = typename C::header;
    expect<C, fault::resize_invalid_pointer>(header::sound(c), c);
    if (chunk_in<C>* same = remap_chunk(s, c, n)) return header::to_user(same);
    std::size_t usable = bytes(header::size_of(c)) - header::overhead;
    if (usable >= bytes(n)) return header::to_user(c);
    void* fresh = elsewhere();
    if (!fresh) return nullptr;
    copy_block<C>(fresh, c, usable - header::overhead);
    unmap_chunk(s, c);
    return fresh;
}

} // namespace ptm
