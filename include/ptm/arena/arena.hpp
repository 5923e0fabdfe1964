// arena/arena.hpp - an arena as an object: memory of one's own, behind a lock, without a thread cache.
//
// As thread-safe as the configuration's lock. Many of one type may live side by side; each has its own backend. The
// blocks of an arena end with it when its backend ends with it; an arena itself has no destructor and may be constinit.
#pragma once

#include <cstddef>

#include <ptm/arena/align.hpp>
#include <ptm/arena/clear.hpp>
#include <ptm/arena/resize.hpp>
#include <ptm/arena/verify.hpp>

namespace ptm {

template <arena_config C>
class arena {
    using header = typename C::header;
    using chunk = typename header::chunk;

    shared_state<C> shared_{};
    arena_state<C> state_{shared_};

public:
    constexpr arena() noexcept = default;

    // from - the backend to take memory from, for backends that have something to know, such as buffer_backend.
    constexpr explicit arena(const typename C::main_backend& from) noexcept : state_(shared_, from) {}

    arena(const arena&) = delete;

    // allocate - a block of at least `request` bytes, aligned for every ordinary type.
    //   returns  nullptr and errno = ENOMEM when there is no memory; the arena is intact
    void* allocate(std::size_t request) noexcept {
        if (request > largest_request) return detail::out_of_memory();
        inside hold(state_);
        return user(ptm::allocate(state_, no_stash{}, want<C>(request)));
    }

    // allocate_cleared - the same, reading as zero.
    void* allocate_cleared(std::size_t request) noexcept {
        if (request > largest_request) return detail::out_of_memory();
        inside hold(state_);
        return user(ptm::allocate_cleared(state_, no_stash{}, want<C>(request)));
    }

    // allocate - with an alignment, a power of two in bytes.
    void* allocate(std::size_t request, std::size_t alignment) noexcept {
        if (alignment <= header::alignment) return allocate(request);
        if (request > largest_request || alignment > largest_request) return detail::out_of_memory();
        if (alignment < bytes(header::smallest)) alignment = bytes(header::smallest);
        inside hold(state_);
        return user(allocate_aligned(state_, no_stash{}, alignment, request));
    }

    // deallocate - p: from this arena, or nullptr. errno survives.
    // faults   those of a double free and of a damaged heap
    void deallocate(void* p) noexcept {
        if (!p) return;
        errno_guard keep;
        chunk* c = header::from_user(p);
        inside hold(state_);
        if (header::is_mapped(c)) return free_mapped(c);
        look_at_freed<C>(c, header::size_of(c));
        look_at_uncached<C>(c, header::size_of(c));
        release_to_arena(state_, c, origin::user);
    }

    // reallocate - p, from this arena, with room for `request` bytes; may move. The old contents are kept.
    //   returns  nullptr and errno = ENOMEM: p is as it was
    void* reallocate(void* p, std::size_t request) noexcept {
        if (!p) return allocate(request);
        if (request > largest_request) return detail::out_of_memory();
        chunk* c = header::from_user(p);
        inside hold(state_);
        chunk_size n = header::size_for(request);
        if (!header::is_mapped(c)) return user(resize(state_, no_stash{}, c, n));
        return resize_mapped(shared_, c, n, [&] { return user(ptm::allocate(state_, no_stash{}, want<C>(request))); });
    }

    // usable_size - bytes that may be written at p: at least those asked for.
    static std::size_t usable_size(const void* p) noexcept {
        if (!p) return 0;
        std::size_t word = header::peek(header::from_user(p));
        return bytes(header::size_in(word)) - (header::mapped_in(word) ? header::header_bytes : header::overhead);
    }

    // trim - gives back what can be, but for `pad` bytes at the end.
    //   returns  true: something went back
    bool trim(std::size_t pad = 0) noexcept {
        inside hold(state_);
        return ptm::trim(state_, pad);
    }

    // consolidate - merges the fast chunks with their neighbours.
    void consolidate() noexcept {
        inside hold(state_);
        ptm::consolidate(state_);
    }

    arena_figures figures() noexcept {
        inside hold(state_);
        return figures_of(state_);
    }

    // verify - nullptr, or the invariant that does not hold.
    const char* verify() noexcept {
        inside hold(state_);
        return ptm::verify(state_);
    }

    // shared - settings, and figures of mapped chunks. state - the data itself, for those who hold the lock.
    shared_state<C>& shared() noexcept { return shared_; }
    arena_state<C>& state() noexcept { return state_; }
    typename C::main_backend& backend() noexcept { return state_.backend; }

private:
    static void* user(chunk* c) noexcept { return c ? header::to_user(c) : detail::out_of_memory(); }

    void free_mapped(chunk* c) noexcept {
        adapt_threshold(shared_, c);
        unmap_chunk(shared_, c);
    }
};

} // namespace ptm
