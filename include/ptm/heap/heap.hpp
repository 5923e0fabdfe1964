// heap/heap.hpp - the process-wide allocator of a configuration: an arena, a cache for each thread, mapped chunks,
// fork.
//
// All state is static and constant-initialised: a heap works before constructors and after destructors, and an object
// of type heap<C> is only a name for it. Two heaps are two structs. Everything is thread-safe if the configuration's
// lock is, and its mapped backend.
//
// The usual path takes one look at the calling thread's cache. What is not there goes through a function of its own,
// which makes the cache if there is none, takes the arena's lock, and searches.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>

#include <sys/single_threaded.h>

#include <ptm/arena/align.hpp>
#include <ptm/arena/clear.hpp>
#include <ptm/arena/resize.hpp>
#include <ptm/arena/settings.hpp>
#include <ptm/arena/verify.hpp>
#include <ptm/core/checked.hpp>
#include <ptm/heap/config.hpp>
#include <ptm/os/huge_page.hpp>
#include <ptm/sync/spin_lock.hpp>
#include <ptm/thread/exit.hpp>
#include <ptm/thread/fork.hpp>

namespace ptm {

template <heap_config C>
class heap {
    using header = typename C::header;
    using chunk = typename header::chunk;
    using block = typename C::cache::template in<C>;
    using limits = typename block::limits;

public:
    // malloc - a block of at least `request` bytes, aligned for every ordinary type; a unique one also for 0.
    //   returns  nullptr and errno = ENOMEM when there is no memory, or request > PTRDIFF_MAX
    //   cost     a few instructions if the thread has one cached; else as allocate()
    //   faults   those of allocate(); cache_unaligned_chunk
    PTM_ALWAYS_INLINE static void* malloc(std::size_t request) noexcept {
        void* p = cache_->get(request, limits_);
        return watched(p ? p : malloc_uncached(request), request);
    }

    // free - gives a block back; p may be nullptr. errno survives.
    //   faults   those of a double free, of a pointer that is none, of a damaged heap
    PTM_ALWAYS_INLINE static void free(void* p) noexcept {
        if (!p) [[unlikely]]
            return;
        shared_.observer(events::freed{p});
        chunk* c = header::from_user(p);
        std::size_t word = header::peek(c);
        if (header::mapped_in(word)) [[unlikely]]
            return free_mapped(c);
        chunk_size n = header::size_in(word);
        look_at_freed<C>(c, n);
        if (!cache_->accept_plain(c, n, limits_)) [[unlikely]]
            free_uncached(c);
    }

    // calloc - room for n objects of `each` bytes, reading as zero; ENOMEM also when the product is too large.
    static void* calloc(std::size_t n, std::size_t each) noexcept {
        std::size_t request = checked_multiply(n, each).value_or(SIZE_MAX);
        set_up_once();
        if (request > largest_request) return detail::out_of_memory();
        stash s = stash_of_thread();
        return watched(user([&] { return allocate_cleared(arena_, s, want<C>(request)); }), request);
    }

    // realloc - p with room for `request` bytes; may move, the contents are kept. p == nullptr: as malloc. request ==
    // 0: frees p and returns nullptr with errno unchanged.
    //   returns  nullptr and errno = ENOMEM: p is as it was
    static void* realloc(void* p, std::size_t request) noexcept {
        if (!p) return malloc(request);
        if (request == 0) {
            free(p);
            return nullptr;
        }
        chunk* c = header::from_user(p);
        std::size_t word = header::peek(c);
        bool mapped = header::mapped_in(word);
        if (!mapped) make_cache();
        bool possible = !wraps<header>(c, header::size_in(word)) && user_aligned<header>(c);
        expect<C, fault::resize_invalid_pointer>(possible, c);
        if (request > largest_request) return detail::out_of_memory();
        shared_.observer(events::freed{p});
        void* moved = mapped ? realloc_mapped(c, request) : realloc_in_arena(c, request);
        if (!moved) watched(p, usable_size(p)); // it stays with its user
        return watched(moved, request);
    }

    // aligned_alloc - alignment: bytes, any number; what is no power of two is rounded up to one.
    //   returns  nullptr and errno = EINVAL: no such power of two; ENOMEM: no memory, or a sum that is too large
    static void* aligned_alloc(std::size_t alignment, std::size_t request) noexcept {
        if (alignment <= header::alignment) return malloc(request);
        set_up_once();
        if (alignment > SIZE_MAX / 2 + 1) {
            errno = EINVAL;
            return nullptr;
        }
        if (request > largest_request || alignment > largest_request) return detail::out_of_memory();
        std::size_t at = bytes(header::smallest);
        while (at < alignment) at *= 2;
        return watched(user([&] { return allocate_aligned(arena_, present_stash(), at, request); }), request);
    }

    // usable_size - bytes that may be written at p, at least those asked for; 0 for nullptr and for a chunk that is
    // free.
    static std::size_t usable_size(const void* p) noexcept {
        if (!p) return 0;
        const chunk* c = header::from_user(p);
        std::size_t word = header::peek(c), n = bytes(header::size_in(word));
        if (header::mapped_in(word)) return n - header::header_bytes;
        return header::prev_in_use_in(header::peek(header::at(c, n))) ? n - header::overhead : 0;
    }

    // trim - gives memory back to the system, but for `pad` bytes at the end.
    //   returns  true: something went back
    static bool trim(std::size_t pad) noexcept {
        inside hold(ready_arena());
        return ptm::trim(arena_, pad);
    }

    // consolidate - merges the fast chunks with their neighbours.
    static void consolidate() noexcept {
        inside hold(ready_arena());
        ptm::consolidate(arena_);
    }

    static arena_figures figures() noexcept {
        inside hold(ready_arena());
        return figures_of(arena_);
    }

    // verify - nullptr, or the invariant of the arena that does not hold.
    static const char* verify() noexcept {
        inside hold(ready_arena());
        return ptm::verify(arena_);
    }

    // ready_arena - the arena, after the settings were read. Whoever looks inside holds its lock: class inside.
    static arena_state<C>& ready_arena() noexcept {
        set_up_once();
        return arena_;
    }

    // shared - settings, figures of mapped chunks, the observer.
    static shared_state<C>& shared() noexcept { return shared_; }

    // leave - hands the calling thread's cache back, which gets no other one; called by itself when a thread ends.
    PTM_COLD static void leave() noexcept {
        leaving_ = true;
        block* b = cache_;
        cache_ = block::nobody();
        if (b == block::nobody()) return;
        b->drain([](chunk* c) noexcept { free_doubtful(c); });
        free_doubtful(header::from_user(b));
    }

private:
    // stash - the calling thread's cache, as an arena sees it.
    struct stash {
        block* to;

        bool has_room(chunk_size n) noexcept { return to->has_room(n, limits_); }
        void put(chunk* c, chunk_size n) noexcept { to->put(c, n, limits_); }
        chunk* take(chunk_size n) noexcept { return to->take(n); }
        bool accept(chunk* c, chunk_size n) noexcept { return to->accept(c, n, limits_); }
    };

    static inline constinit shared_state<C> shared_{};
    static inline constinit arena_state<C> arena_{shared_};
    static inline constinit limits limits_{};
    static inline constinit thread_local block* cache_ = block::nobody();
    static inline constinit thread_local bool leaving_ = false;
    static inline constinit std::atomic<bool> is_set_up_ = false;
    static inline constinit spin_lock setting_up_{};
    static inline constinit thread_exit_hook<&heap::leave> exit_hook_{};

    // watched - tells the observer of a block that was handed out.
    PTM_ALWAYS_INLINE static void* watched(void* p, std::size_t request) noexcept {
        if (p) shared_.observer(events::allocated{p, request});
        return p;
    }

    static chunk_size owned_size(const chunk* c) noexcept { return header::size_in(header::peek(c)); }

    // user - runs a search in the arena, under its lock. The heap is set up.
    PTM_ALWAYS_INLINE static void* user(auto search) noexcept {
        holding hold(arena_.lock);
        chunk* c = search();
        return c ? header::to_user(c) : nullptr;
    }

    static stash present_stash() noexcept { return {cache_}; }
    static stash stash_of_thread() noexcept {
        make_cache();
        return present_stash();
    }

    // A thread that has a cache found the heap set up.
    PTM_NOINLINE static void* malloc_uncached(std::size_t request) noexcept {
        if (cache_ == block::nobody()) set_up_once();
        if (request > largest_request) return detail::out_of_memory();
        stash s = stash_of_thread();
        return user([&] { return allocate(arena_, s, want<C>(request)); });
    }

    PTM_COLD static void free_mapped(chunk* c) noexcept {
        errno_guard keep;
        adapt_threshold(shared_, c);
        unmap_chunk(shared_, c);
    }

    PTM_NOINLINE static void free_uncached(chunk* c) noexcept {
        if (cache_ == block::nobody() || cache_->suspects(c, limits_)) [[unlikely]]
            return free_doubtful(c);
        free_to_arena(c);
    }

    // The first free of a thread makes its cache, which may then take the chunk. A chunk that looks cached already is
    // looked into.
    PTM_COLD static void free_doubtful(chunk* c) noexcept {
        make_cache();
        if (!cache_->accept(c, owned_size(c), limits_)) free_to_arena(c);
    }

    PTM_ALWAYS_INLINE static void free_to_arena(chunk* c) noexcept {
        holding hold(arena_.lock);
        release_to_arena(arena_, c, origin::user);
    }

    static void* realloc_mapped(chunk* c, std::size_t request) noexcept {
        return resize_mapped(shared_, c, header::size_for(request), [&] { return malloc_cached_or_not(request); });
    }

    static void* realloc_in_arena(chunk* c, std::size_t request) noexcept {
        chunk_size n = header::size_for(request);
        stash s = present_stash();
        auto in_place_or_moved = [&] { return user([&] { return resize(arena_, s, c, n); }); };
        if (__libc_single_threaded) return in_place_or_moved();
        errno_guard keep;
        if (void* p = in_place_or_moved()) return p;
        if (void* p = realloc_elsewhere(c, request)) return p;
        keep.dismiss();
        return nullptr;
    }

    // With other threads about, a request that the arena cannot serve may still be met from the thread's cache.
    PTM_COLD static void* realloc_elsewhere(chunk* c, std::size_t request) noexcept {
        void* fresh = malloc_cached_or_not(request);
        if (!fresh) return nullptr;
        std::memcpy(fresh, header::to_user(c), bytes(owned_size(c)) - header::overhead);
        if (!cache_->accept(c, owned_size(c), limits_)) free_to_arena(c);
        return fresh;
    }

    static void* malloc_cached_or_not(std::size_t request) noexcept {
        void* p = cache_->get(request, limits_);
        return p ? p : malloc_uncached(request);
    }

    // make_cache - the calling thread's cache, if it has none and is not leaving. Without memory for one, the thread
    // does without, and tries again next time.
    PTM_ALWAYS_INLINE static void make_cache() noexcept {
        if (C::cache::caches && cache_ == block::nobody()) [[unlikely]]
            make_first_cache();
    }

    PTM_COLD static void make_first_cache() noexcept {
        set_up_once();
        if (leaving_) return;
        errno_guard keep;
        void* p = user([] { return allocate(arena_, no_stash{}, want<C>(sizeof(block))); });
        if (!p) return;
        cache_ = ::new (p) block;
        exit_hook_.arm();
    }

    static void set_up_once() noexcept {
        if (!is_set_up_.load(std::memory_order_acquire)) [[unlikely]]
            set_up();
    }

    // The fork hook comes last, when the heap can be used: what registers it might allocate.
    PTM_COLD static void set_up() noexcept {
        {
            holding hold(setting_up_);
            if (is_set_up_.load(std::memory_order_relaxed)) return;
            tuning t = C::tuned;
            if (t.environment == environment_source::glibc_variables) apply(shared_, t, read_process_settings());
            limits_.set(t);
            if (t.huge_pages) shared_.huge_page = advised_huge_page_bytes();
            arena_.prepare();
            exit_hook_.make(); // allocates nothing; whoever sees is_set_up_ may arm it
            is_set_up_.store(true, std::memory_order_release);
        }
        fork_hook<&heap::before_fork, &heap::after_fork, &heap::in_child>::make();
    }

    static void before_fork() noexcept { arena_.lock.lock(); }
    static void after_fork() noexcept { arena_.lock.unlock(); }
    static void in_child() noexcept { arena_.lock.reset_after_fork(); }
};

} // namespace ptm
