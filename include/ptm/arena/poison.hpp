// arena/poison.hpp - blocks and memory, as the configuration's poisoning policy is told of them.
//
// Invariant: what an arena has from its backends is hidden, but for the heads that it keeps there (of sub-heaps, of
// regions) and for the bytes of each block that the user asked for; and whoever asks for the usable size of a block may
// use all of it. So chunks that are cut, merged, binned or cached need no telling, what a chunk holds is written
// between expose and hide, and memory that goes back is exposed before.
//
// Under no_poisoning none of this is there.
#pragma once

#include <cstddef>
#include <cstring>

#include <ptm/arena/config.hpp>

namespace ptm {

// usable_bytes - of a block: all of its chunk that may ever be the user's.
template <header_policy H>
std::size_t usable_bytes(const typename H::chunk* c) noexcept {
    std::size_t word = H::peek(c);
    return bytes(H::size_in(word)) - (H::mapped_in(word) ? H::header_bytes : H::overhead);
}

// hide_block - c comes back from its user, or is nobody's yet.
template <arena_config C>
PTM_ALWAYS_INLINE void hide_block(chunk_in<C>* c) noexcept {
    if constexpr (C::poisoning::poisons) C::poisoning::hide(C::header::to_user(c), usable_bytes<typename C::header>(c));
}

// hide_freed - the same for what is said to come back: a size beyond the `most` bytes that there are is damage, to be
// reported by those who look for it.
template <arena_config C>
PTM_ALWAYS_INLINE void hide_freed([[maybe_unused]] std::size_t most, [[maybe_unused]] chunk_in<C>* c) noexcept {
    if constexpr (C::poisoning::poisons)
        if (usable_bytes<typename C::header>(c) <= most) hide_block<C>(c);
}

// expose_block - p, a hidden block, is handed to its user, who asked for `request` bytes. Returns it.
template <arena_config C>
PTM_ALWAYS_INLINE void* expose_block(void* p, std::size_t request) noexcept {
    if constexpr (C::poisoning::poisons) C::poisoning::expose(p, request);
    return p;
}

// expose_usable - the user of p was told its usable size. Returns it.
template <arena_config C>
PTM_ALWAYS_INLINE std::size_t expose_usable(const void* p, std::size_t usable) noexcept {
    if constexpr (C::poisoning::poisons) {
        std::size_t had = C::poisoning::reach(p, usable);
        C::poisoning::expose(offset(const_cast<void*>(p), had), usable - had);
    }
    return usable;
}

// reach_of - bytes of a block that its user may touch: those asked for. Under no_poisoning: 0, and nobody asks.
template <arena_config C>
PTM_ALWAYS_INLINE std::size_t reach_of([[maybe_unused]] chunk_in<C>* c) noexcept {
    if constexpr (C::poisoning::poisons)
        return C::poisoning::reach(C::header::to_user(c), usable_bytes<typename C::header>(c));
    return 0;
}

// resize_block - p holds `had` bytes of an old block, or all of them that it has room for; its user asked for
// `request`.
template <arena_config C>
PTM_ALWAYS_INLINE void resize_block([[maybe_unused]] void* p, [[maybe_unused]] std::size_t had,
                                    [[maybe_unused]] std::size_t request) noexcept {
    if constexpr (C::poisoning::poisons) {
        std::size_t usable = usable_bytes<typename C::header>(C::header::from_user(p));
        if (request > had) C::poisoning::expose(offset(p, had), request - had);
        C::poisoning::hide(offset(p, request), usable - request);
    }
}

// copy_block - the bytes of c that are its user's, at most n, to a hidden block that has room for them.
template <arena_config C>
PTM_ALWAYS_INLINE void copy_block(void* to, chunk_in<C>* c, std::size_t n) noexcept {
    n = C::poisoning::reach(C::header::to_user(c), n);
    C::poisoning::expose(to, n);
    std::memcpy(to, C::header::to_user(c), n);
}

// fill_block - n bytes of a hidden block, which stays hidden.
template <arena_config C>
PTM_ALWAYS_INLINE void fill_block(chunk_in<C>* c, int byte, std::size_t n) noexcept {
    C::poisoning::expose(C::header::to_user(c), n);
    std::memset(C::header::to_user(c), byte, n);
    C::poisoning::hide(C::header::to_user(c), n);
}

} // namespace ptm
