// arena/trim.hpp - giving memory back: the end of top, and whole pages inside free chunks.
#pragma once

#include <ptm/arena/consolidate.hpp>

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
    std::size_t released = a.backend.retreat(extra);
    if (released == 0) return false;
    a.system_bytes -= released;
    header::set_top(a.top, chunk_size{whole - released});
    a.shared->observer(events::system_shrank{released});
    return true;
}

// Without a frontier top has no end that could go back.
template <arena_config C>
bool trim_top(arena_state<C>&, std::size_t) noexcept {
    return false;
}

namespace detail {
// discard_inside - drops the whole pages of a free chunk behind its links.
template <arena_config C>
bool discard_inside(arena_state<C>& a, chunk_in<C>* c) noexcept {
    constexpr std::size_t links = sizeof(chunk_in<C>);
    std::size_t page = a.backend.page_bytes(), n = bytes(C::header::size_of(c));
    if (n <= page - 1 + links) return false;
    std::size_t ahead = links + bytes_to_aligned(offset(c, links), page);
    if (ahead >= n || n - ahead < page) return false;
    a.backend.discard({offset(c, ahead), align_down(n - ahead, page)});
    return true;
}
}

// trim - consolidates, drops the pages inside free chunks, and gives the end of top back but for `pad` bytes.
//   returns  true: something was given back, or could have been before
//   cost     O(free chunks)
//   thread   the caller holds the arena's lock; the arena is prepared
//   source   glibc 2.36 malloc.c, mtrim
template <arena_config C>
bool trim(arena_state<C>& a, std::size_t pad) noexcept {
    consolidate(a);
    bool any = false;
    if constexpr (has(C::main_backend::able, can::discard)) {
        auto visit = [&](chunk_in<C>* c, auto&&...) noexcept { any |= detail::discard_inside(a, c); };
        a.unsorted.for_each(visit);
        a.large.for_each(visit);
    }
    return trim_top(a, pad) || any;
}

} // namespace ptm
