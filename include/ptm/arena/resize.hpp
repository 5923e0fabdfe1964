// arena/resize.hpp - a used chunk becomes larger or smaller: in place where that is possible, else by moving.
#pragma once

#include <ptm/arena/allocate.hpp>

namespace ptm {

namespace detail {

// faults   resize_invalid_old_size, resize_invalid_next_size
template <arena_config C>
PTM_ALWAYS_INLINE void look_at_resized(arena_state<C>& a, chunk_in<C>* c) noexcept {
    using header = typename C::header;
    expect<C, fault::resize_invalid_old_size>(word_plausible<header>(c, a.system_bytes), c);
    expect<C, fault::resize_invalid_next_size>(word_plausible<header>(header::next(c), a.system_bytes), c);
}

// grow_into_top - top gives what is missing, if it stays a top.
template <arena_config C>
bool grow_into_top(arena_state<C>& a, chunk_in<C>* c, chunk_size n) noexcept {
    using header = typename C::header;
    chunk_size both = header::size_of(c) + header::size_of(a.top);
    if (header::next(c) != a.top || both < n + header::smallest) return false;
    header::set_size(c, n);
    a.top = header::at(c, bytes(n));
    header::set_top(a.top, both - n);
    return true;
}

// grow_into_next - the size that c has with its next chunk, which is detached if it is free and makes c large enough.
template <arena_config C>
bool grow_into_next(arena_state<C>& a, chunk_in<C>* c, chunk_size n) noexcept {
    using header = typename C::header;
    chunk_in<C>* after = header::next(c);
    if (after == a.top || header::in_use(after)) return false;
    chunk_size both = header::size_of(c) + header::size_of(after);
    if (both < n) return false;
    detach(a, after);
    header::set_size(c, both);
    return true;
}

// grow_in_place - c, too small for n, has at least n afterwards, what follows it in memory being free.
//   returns  false: it is not, and nothing has changed
template <arena_config C>
bool grow_in_place(arena_state<C>& a, chunk_in<C>* c, chunk_size n) noexcept {
    return grow_into_top(a, c, n) || grow_into_next(a, c, n);
}

// cut_tail - c shrinks to n; what is beyond is freed if it can be a chunk.
template <arena_config C>
void cut_tail(arena_state<C>& a, stash_policy<C> auto stash, chunk_in<C>* c, chunk_size n) noexcept {
    using header = typename C::header;
    chunk_size rest = header::size_of(c) - n;
    header::set_prev_in_use(header::next(c), true);
    if (rest < header::smallest) return;
    header::set_size(c, n);
    chunk_in<C>* tail = header::at(c, bytes(n));
    C::poisoning::hide(offset(header::to_user(c), bytes(n) - header::overhead), bytes(rest));
    header::set_used(tail, rest, a.side_arena);
    release(a, stash, tail);
}

// move - to a new chunk of size n. When that one lies right behind, the two become one and nothing is copied.
//   returns  c itself, grown, or the new chunk, or nullptr: no memory, c is untouched
template <arena_config C>
chunk_in<C>* move(arena_state<C>& a, stash_policy<C> auto stash, chunk_in<C>* c, chunk_size n) noexcept {
    using header = typename C::header;
    chunk_in<C>* fresh = allocate(a, stash, wanted{bytes(n) - (header::alignment - 1), n});
    if (!fresh) return nullptr;
    if (fresh == header::next(c)) {
        header::set_size(c, header::size_of(c) + header::size_of(fresh));
        return c;
    }
    copy_block<C>(header::to_user(fresh), c, bytes(header::size_of(c)) - header::overhead);
    hide_block<C>(c);
    release(a, stash, c);
    return fresh;
}

} // namespace detail

// resize - makes c, a used chunk of this arena, hold n.
//
//   returns  the chunk, which may have moved with its contents; nullptr: no memory, c and errno are as they were
//   cost     as allocate, and the bytes copied if it moved
//   faults   resize_invalid_old_size, resize_invalid_next_size; those of allocate and release
//   thread   the caller holds the lock of the chunk's arena
//   source   glibc 2.36 malloc.c, _int_realloc
template <arena_config C>
chunk_in<C>* resize(arena_state<C>& a, stash_policy<C> auto stash, chunk_in<C>* c, chunk_size n) noexcept {
    detail::look_at_resized(a, c);
    if (C::header::size_of(c) < n) {
        if (detail::grow_into_top(a, c, n)) return c;
        if (!detail::grow_into_next(a, c, n)) {
            chunk_in<C>* moved = detail::move(a, stash, c, n);
            if (moved != c) return moved;
        }
    }
    detail::cut_tail(a, stash, c, n);
    return c;
}

// expand - makes c, a used chunk of this arena, hold n where it is; a smaller n cuts its tail off.
//
//   returns  false: it would have to move; it is as it was. errno survives
//   cost     O(1), and never a way to the system for more
//   faults   resize_invalid_old_size, resize_invalid_next_size; those of release
//   thread   the caller holds the lock of the chunk's arena
template <arena_config C>
bool expand(arena_state<C>& a, stash_policy<C> auto stash, chunk_in<C>* c, chunk_size n) noexcept {
    detail::look_at_resized(a, c);
    if (C::header::size_of(c) < n && !detail::grow_in_place(a, c, n)) return false;
    detail::cut_tail(a, stash, c, n);
    return true;
}

} // namespace ptm
