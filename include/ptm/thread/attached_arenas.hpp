// thread/attached_arenas.hpp - each thread is attached to an arena and stays with it: what glibc does.
//
// A thread's first request attaches it: to an arena that ended threads have left; else to a new one, as long as there
// are fewer than the limit; else to one in use, round the ring, preferably one that nobody has locked at the moment. A
// thread leaves its arena only when the main arena had no memory for it.
//
// The limit is a multiple of the number of processors, found out once: when the first few arenas (the tunable
// arena_test) are made, or at once if arena_max says a number. It holds for the life of the process.
// source   glibc 2.36 arena.c: arena_get2, get_free_list, reused_arena, arena_get_retry
#pragma once

#include <atomic>
#include <cstddef>

#include <ptm/os/processors.hpp>
#include <ptm/thread/arenas.hpp>

namespace ptm {

// count_processors - returns a number of processors; 0: unknown.
using count_processors = std::size_t (*)() noexcept;

namespace detail {
inline std::size_t count_online() noexcept { return online_processors(); }
inline std::size_t count_listed() noexcept { return listed_processors(); }
inline std::size_t count_allowed() noexcept { return allowed_processors(); }
}

// attached_arenas - at most PerProcessor arenas for each processor that Count finds; at least `arena_test` + 1.
template <unsigned PerProcessor, count_processors Count = detail::count_online>
struct attached_arenas {
    static constexpr bool several = true;

    template <arena_config C>
    class in;
};

// arenas_by_quota - the same, counting the processors that this process may really use: its affinity mask and the quota
// of its control groups. For containers, whose machine has many more.
template <unsigned PerProcessor>
using arenas_by_quota = attached_arenas<PerProcessor, detail::count_allowed>;

template <unsigned PerProcessor, count_processors Count>
template <arena_config C>
class attached_arenas<PerProcessor, Count>::in {
public:
    using arena = registered_arena<C>;

private:
    arena_ring<C> ring_;
    [[no_unique_address]] typename C::lock attaching_; // for all that follows, and for arena::attached and next_free
    bool attaching_held_by_fork_ = false;
    arena* free_ = nullptr; // arenas without a thread, the one left last on top
    std::atomic<arena*> cursor_ = nullptr;
    std::atomic<std::size_t> made_ = 1;
    std::atomic<std::size_t> limit_ = 0; // 0: not decided

    static inline constinit thread_local arena* mine_ = nullptr;
    static inline constinit thread_local bool left_ = false; // mine_ is used as a guest

    // attaching - holds the lock for a scope.
    class [[nodiscard]] attaching {
        busy::registering mark_{};
        holding<typename C::lock> hold_;

    public:
        explicit attaching(in& arenas) noexcept : hold_(arenas.attaching_) {}
    };

public:
    constexpr explicit in(arena& main) noexcept : ring_(main) {}

    void begin() noexcept {
        ring_.main().attached = 1;
        mine_ = &ring_.main();
    }

    PTM_ALWAYS_INLINE arena* lock_one(std::size_t request) noexcept {
        if (!mine_) [[unlikely]]
            return lock_first(request);
        busy::enter(mine_->lock);
        return mine_;
    }

    // lock_other - the main arena, where the thread is not attached by that; or, when that one has failed, another one,
    // where it is from now on.
    PTM_COLD arena* lock_other(arena& failed, std::size_t request) noexcept {
        busy::leave(failed.lock);
        if (&failed == &ring_.main()) return left_ ? nullptr : attach(request, &failed);
        busy::enter(ring_.main().lock);
        return &ring_.main();
    }

    void leave() noexcept {
        if (left_) return;
        left_ = true;
        if (!mine_) return;
        attaching hold(*this);
        if (--mine_->attached == 0) push_free(*mine_);
    }

    arena_ring<C>& ring() noexcept { return ring_; }

    void before_fork() noexcept {
        ring_.lock_for_fork();
        attaching_held_by_fork_ = ring_.take(attaching_, busy::holder_of_registry());
    }
    void after_fork() noexcept {
        if (attaching_held_by_fork_) attaching_.unlock();
        ring_.unlock_after_fork();
    }

    // in_child - one thread is left; the arenas of all others have none now.
    void in_child() noexcept {
        ring_.reset_after_fork();
        if (attaching_held_by_fork_) attaching_.reset_after_fork();
        free_ = nullptr;
        ring_.for_each([this](arena& a) {
            a.attached = &a == mine_ ? 1 : 0;
            if (&a != mine_) push_free(a);
        });
    }

    // attached_to - the calling thread's arena; nullptr: it has none.
    static arena* attached_to() noexcept { return mine_; }

private:
    PTM_COLD arena* lock_first(std::size_t request) noexcept {
        if (!left_) return attach(request, nullptr);
        busy::enter(ring_.main().lock); // a thread that ends, and never had an arena
        return &ring_.main();
    }

    // attach - finds an arena, which becomes the calling thread's, and locks it.
    PTM_COLD arena* attach(std::size_t request, arena* avoid) noexcept {
        if (arena* a = take_free()) {
            busy::enter(a->lock);
            return a;
        }
        return may_make() ? attach_new(request) : attach_used(avoid);
    }

    arena* take_free() noexcept {
        attaching hold(*this);
        arena* a = free_;
        if (!a) return nullptr;
        free_ = a->next_free;
        become(*a);
        return a;
    }

    // may_make - counts one more arena, if the limit allows it.
    bool may_make() noexcept {
        std::size_t limit = decide_limit(), made = made_.load(std::memory_order_relaxed);
        do
            if (limit != 0 && made >= limit) return false;
        while (!made_.compare_exchange_weak(made, made + 1, std::memory_order_relaxed));
        return true;
    }

    std::size_t decide_limit() noexcept {
        std::size_t limit = limit_.load(std::memory_order_relaxed);
        if (limit != 0) return limit;
        const shared_state<C>& s = *ring_.main().shared;
        limit = s.arena_max;
        if (limit == 0 && made_.load(std::memory_order_relaxed) > s.arena_test) {
            std::size_t processors = Count();
            limit = PerProcessor * (processors != 0 ? processors : 2);
        }
        limit_.store(limit, std::memory_order_relaxed);
        return limit;
    }

    arena* attach_new(std::size_t request) noexcept {
        arena* a = ring_.make(request);
        if (!a) {
            made_.fetch_sub(1, std::memory_order_relaxed);
            return nullptr;
        }
        {
            attaching hold(*this);
            become(*a);
        }
        busy::enter(a->lock);
        return a;
    }

    // attach_used - the next one round the ring that nobody has locked; if all are locked, the next one, or the one
    // after it if that is to be avoided.
    arena* attach_used(arena* avoid) noexcept {
        arena* a = lock_used(avoid);
        attaching hold(*this);
        remove_free(*a);
        become(*a);
        cursor_.store(&ring_.after(*a), std::memory_order_relaxed);
        return a;
    }

    arena* lock_used(arena* avoid) noexcept {
        arena* first = cursor_.load(std::memory_order_relaxed);
        if (!first) first = &ring_.main();
        arena* a = first;
        do
            if (busy::try_enter(a->lock)) return a;
        while ((a = &ring_.after(*a)) != first);
        if (a == avoid) a = &ring_.after(*a);
        busy::enter(a->lock);
        return a;
    }

    // become - the calling thread's arena. The one that it had before is not left to others by that.
    void become(arena& a) noexcept {
        if (mine_) --mine_->attached;
        ++a.attached;
        mine_ = &a;
    }

    void push_free(arena& a) noexcept {
        a.next_free = free_;
        free_ = &a;
    }

    // remove_free - a thread took the arena in use when another one had just left it.
    void remove_free(arena& a) noexcept {
        for (arena** link = &free_; *link; link = &(*link)->next_free)
            if (*link == &a) {
                *link = a.next_free;
                return;
            }
    }
};

} // namespace ptm
