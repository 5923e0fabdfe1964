// heap/heap.hpp - the process-wide allocator of a configuration: arenas, a cache for each thread, mapped chunks, fork.
//
// All state is static and constant-initialised: a heap works before constructors and after destructors, and an object
// of type heap<C> is only a name for it. Two heaps are two structs. Everything is thread-safe if the configuration's
// lock is, and its mapped backend.
//
// The usual path takes one look at the calling thread's cache. What is not there goes through a function of its own,
// which makes the cache if there is none, gets an arena for the thread, locked, and searches that. A block comes back
// to the arena that it is from, whichever thread frees it: its header says whether that is the main arena, and the
// aligned sub-heap that it lies in knows the others.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>

#include <sys/single_threaded.h>

#include <ptm/arena/align.hpp>
#include <ptm/arena/allocate_batch.hpp>
#include <ptm/arena/allocate_run.hpp>
#include <ptm/arena/allocate_window.hpp>
#include <ptm/arena/clear.hpp>
#include <ptm/arena/resize.hpp>
#include <ptm/arena/settings.hpp>
#include <ptm/arena/verify.hpp>
#include <ptm/core/checked.hpp>
#include <ptm/heap/config.hpp>
#include <ptm/os/clock.hpp>
#include <ptm/os/huge_page.hpp>
#include <ptm/os/page.hpp>
#include <ptm/os/processors.hpp>
#include <ptm/sync/spin_lock.hpp>
#include <ptm/thread/address_order.hpp>
#include <ptm/thread/busy.hpp>
#include <ptm/thread/exit.hpp>
#include <ptm/thread/fork.hpp>
#include <ptm/thread/slab_shelves.hpp>
#include <ptm/thread/transfer_cache.hpp>

namespace ptm {

template <complete_heap C>
class heap {
    using header = typename C::header;
    using chunk = typename header::chunk;
    using block = typename C::cache::template in<C>;
    using limits = typename block::limits;
    using hooks = typename C::hooks;
    using arena = registered_arena<C>;
    using at_work = typename C::poisoning::at_work;

    static constexpr bool has_slabs = [] {
        if constexpr (C::cache::exchanges) return C::cache::slab_bytes != 0;
        return false;
    }();
    static constexpr bool headerless = [] { // its slabs' blocks
        if constexpr (has_slabs) return block::headerless;
        return false;
    }();
    static constexpr bool keeps_mappings = has(C::mapped_backend::able, can::keep);

    static_assert(has_sub_heaps<C> || !C::arenas::several,
                  "heap: several arenas need an arena_backend that can::locate, such as reserve_backend");
    static_assert(std::is_trivially_destructible_v<typename C::main_backend>,
                  "heap: main_backend has a destructor, and a heap is used until the very end; see arena<C>");
    static_assert(std::is_trivially_destructible_v<typename C::mapped_backend>,
                  "heap: mapped_backend has a destructor, and a heap is used until the very end; see arena<C>");

public:
    using config = C;

    // malloc - a block of at least `request` bytes, aligned for every ordinary type; a unique one also for 0.
    //   returns  nullptr and errno = ENOMEM when there is no memory, or request > PTRDIFF_MAX
    //   cost     a few instructions if the thread has one cached; else as allocate()
    //   faults   those of allocate(); cache_unaligned_chunk
    PTM_ALWAYS_INLINE static void* malloc(std::size_t request) noexcept {
        if (malloc_hook hook = hooks::on_malloc()) [[unlikely]]
            return hook(request, __builtin_return_address(0));
        if (!shared_.permits(request)) [[unlikely]]
            return detail::out_of_memory();
        [[maybe_unused]] at_work working;
        void* p = get_at_once(request);
        if constexpr (!C::cache::exchanges) return handed(p ? p : malloc_uncached(request), request);
        if (!p) [[unlikely]]
            return handed(malloc_uncached(request), request); // with nothing left to do afterwards, a jump
        return handed(p, request);
    }

    // malloc_of - malloc(Request), for a number known while compiling: where the cache has a list for the size, a block
    // from there takes one look at the calling thread's cache, one compare and one pop.
    template <std::size_t Request>
    PTM_ALWAYS_INLINE static void* malloc_of() noexcept {
        if constexpr (!knows_size_for<Request>) {
            return malloc(Request);
        } else {
            if (malloc_hook hook = hooks::on_malloc()) [[unlikely]]
                return hook(Request, __builtin_return_address(0));
            [[maybe_unused]] at_work working;
            if (!shared_.permits(Request)) [[unlikely]]
                return detail::out_of_memory();
            void* p = cache().template get_known<known_size<Request>()>();
            return handed(p ? p : malloc_uncached(Request), Request);
        }
    }

    // free_of - free(p) of a block that was asked for with Request bytes; p is not nullptr. A wrong number costs time
    // and nothing else, unless the configuration trusts_sizes: then the block must not have been resized either.
    template <std::size_t Request>
    PTM_ALWAYS_INLINE static void free_of(void* p) noexcept {
        if constexpr (!knows_size_for<Request>) {
            free(p);
        } else {
            if (free_hook hook = hooks::on_free()) [[unlikely]]
                return hook(p, __builtin_return_address(0));
            [[maybe_unused]] at_work working;
            shared_.observer(events::freed{p});
            free_known<known_size<Request>()>(header::from_user(p));
        }
    }

    // free - gives a block back; p may be nullptr. errno survives.
    //   faults   those of a double free, of a pointer that is none, of a damaged heap
    PTM_ALWAYS_INLINE static void free(void* p) noexcept {
        if (free_hook hook = hooks::on_free()) [[unlikely]]
            return hook(p, __builtin_return_address(0));
        if constexpr (headerless) // before anything else: nullptr is in no window, as soon as there are some
            if (std::size_t window = shelves_.number_of(p); shelves_.holds(window)) [[likely]]
                return shared_.observer(events::freed{p}), free_headerless(p, window);
        if (!p) [[unlikely]]
            return;
        [[maybe_unused]] at_work working;
        shared_.observer(events::freed{p});
        free_with_header(header::from_user(p));
    }

    // calloc - room for n objects of `each` bytes, reading as zero; ENOMEM also when the product is too large.
    PTM_ALWAYS_INLINE static void* calloc(std::size_t n, std::size_t each) noexcept {
        std::size_t request = checked_multiply(n, each).value_or(SIZE_MAX);
        if constexpr (decides<typename C::observer>)
            if (hooks::on_malloc() == nullptr && !shared_.permits(request)) return detail::out_of_memory();
        [[maybe_unused]] at_work working;
        if constexpr (C::cache::serves_all)
            if (void* p = hooks::on_malloc() ? nullptr : cache().get(request, limits_))
                return handed_cleared(cleared(p), request);
        if constexpr (C::cache::exchanges)
            if (request <= block::most_request && !hooks::on_malloc())
                return handed_cleared(cleared_if_any(cached_or_not(request)), request);
        set_up_once();
        if (request > largest_request) return detail::out_of_memory();
        if (malloc_hook hook = hooks::on_malloc()) [[unlikely]]
            return cleared(hook(request, __builtin_return_address(0)), request);
        stash s = stash_of_thread(request);
        wanted w = want<C>(rounded(request));
        auto search = [&](arena_state<C>* a) { return a ? allocate_cleared(*a, s, w) : map_cleared(shared_, w); };
        return handed_cleared(user(request, request, search), request);
    }

    // realloc - p with room for `request` bytes; may move, the contents are kept. p == nullptr: as malloc. request ==
    // 0: frees p and returns nullptr with errno unchanged.
    //   returns  nullptr and errno = ENOMEM: p is as it was
    PTM_ALWAYS_INLINE static void* realloc(void* p, std::size_t request) noexcept {
        if (realloc_hook hook = hooks::on_realloc()) [[unlikely]]
            return hook(p, request, __builtin_return_address(0));
        return realloc_unhooked(p, request);
    }

    // aligned_alloc - alignment: bytes, any number; what is no power of two is rounded up to one.
    //   returns  nullptr and errno = EINVAL: no such power of two; ENOMEM: no memory, or a sum that is too large
    PTM_ALWAYS_INLINE static void* aligned_alloc(std::size_t alignment, std::size_t request) noexcept {
        if (memalign_hook hook = hooks::on_memalign()) [[unlikely]]
            return hook(alignment, request, __builtin_return_address(0));
        return aligned_alloc_unhooked(alignment, request);
    }

    // expand - p with room for `request` bytes where it is. Nothing moves; a smaller request gives the tail back, but
    // for a block in a mapping of its own, which stays as it is. Where a hook stands for realloc, nothing is expanded.
    //   returns  false: that would take another place; p is as it was. errno survives
    //   cost     O(1) under the arena's lock, none if the chunk has the right size
    static bool expand(void* p, std::size_t request) noexcept {
        if (hooks::on_realloc() || request > largest_request || !permits_growth(p, request)) return false;
        errno_guard keep;
        [[maybe_unused]] at_work working;
        [[maybe_unused]] std::size_t had = reach_of<C>(header::from_user(p));
        if (!expanded(header::from_user(p), request)) return false;
        resize_block<C>(p, had, request);
        shared_.observer(events::freed{p});
        watched(p, request);
        return true;
    }

    // malloc_run - `count` blocks of `request` bytes each into out[0], out[1], ..., neighbours in memory as far as that
    // goes, under one lock and past the thread's cache. Each is a block like any other.
    //   returns  how many there are; fewer than `count`: errno = ENOMEM, and the rest of `out` is as it was
    //   cost     as one miss of the cache for every 64 KiB, and a few stores for each block
    template <class T>
    static std::size_t malloc_run(std::size_t request, std::size_t count, T** out) noexcept {
        std::size_t served = 0;
        if (hooks::on_malloc()) [[unlikely]] {
            while (served < count && (out[served] = static_cast<T*>(malloc(request)))) ++served;
            return served;
        }
        [[maybe_unused]] at_work working;
        set_up_once();
        std::size_t all = checked_multiply(count, request).value_or(SIZE_MAX);
        if (all > largest_request || !shared_.permits(all)) return detail::out_of_memory(), std::size_t{0};
        while (served < count && user(request, request, run<T>{request, count, out, served})) {}
        return served;
    }

    // free_run - `count` blocks, under one lock as long as they are from one arena, and past the thread's cache; in the
    // order of their addresses they merge on the way. errno survives.
    //   faults   those of free
    template <class T>
    static void free_run(T* const* blocks, std::size_t count) noexcept {
        errno_guard keep;
        [[maybe_unused]] at_work working;
        while (count > 0) {
            std::size_t k = free_leading(blocks, count);
            blocks += k;
            count -= k;
        }
    }

    // good_size - bytes that a block for this request has at least. Who asks for so many wastes none.
    static constexpr std::size_t good_size(std::size_t request) noexcept {
        return request > largest_request ? request : bytes(header::size_for(rounded(request))) - header::overhead;
    }

    // usable_size - bytes that may be written at p, at least those asked for; 0 for nullptr and for a chunk that is
    // free.
    static std::size_t usable_size(const void* p) noexcept {
        if (!p) return 0;
        [[maybe_unused]] at_work working;
        return expose_usable<C>(p, usable(header::from_user(p)));
    }

    // trim - gives memory of all arenas back to the system, but for `pad` bytes at the end of the main one.
    //   returns  true: something went back
    static bool trim(std::size_t pad) noexcept {
        bool any = false;
        if constexpr (C::cache::exchanges) send_cached_home();
        for_each_arena([&](arena_state<C>& a) { any |= ptm::trim(a, pad); });
        return any;
    }

    // give_back - what nobody is going to miss: batches that threads left for one another and nobody has wanted since
    // this was done last, free pages, old mappings. A heap whose cache exchanges batches does so by itself when half a
    // second (exchange_period) has gone by and a thread frees; see heap/background.hpp for one that nobody uses.
    static void give_back() noexcept {
        set_up_once();
        if constexpr (C::cache::exchanges)
            give_back_unused();
        else
            trim(shared_.top_pad);
    }

    // consolidate - merges the fast chunks of all arenas with their neighbours.
    static void consolidate() noexcept {
        for_each_arena([](arena_state<C>& a) { ptm::consolidate(a); });
    }

    // figures - sums over all arenas, and windows.
    static heap_figures figures() noexcept {
        heap_figures sum;
        for_each_arena([&](arena_state<C>& a) { sum.add(figures_of(a)); });
        sum.add(windows());
        return sum;
    }

    // windows - those of headerless slabs: what their blocks do not use counts as used, as what threads have cached.
    static window_figures windows() noexcept {
        if constexpr (headerless) return {shelves_.windows().held_bytes(), shelves_.windows().ready_bytes()};
        return {};
    }

    // verify - nullptr, or the invariant that does not hold in some arena or slab.
    static const char* verify() noexcept {
        const char* broken = nullptr;
        for_each_arena([&](arena_state<C>& a) {
            if (!broken) broken = ptm::verify(a);
        });
        if constexpr (has_slabs)
            if (!broken) broken = shelves_.verify();
        return broken;
    }

    // for_each_arena - visit(arena), the main arena first, then the others from newest to oldest; each under its lock.
    static void for_each_arena(auto&& visit) {
        for_each_arena_unlocked([&](arena_state<C>& a) {
            entered hold(a);
            a.prepare();
            visit(a);
        });
    }

    // for_each_arena_unlocked - the same without locks: visit takes the arena's, where it needs it.
    static void for_each_arena_unlocked(auto&& visit) {
        set_up_once();
        arenas_.ring().for_each([&](arena_state<C>& a) { visit(a); });
    }

    // ready_arena - the main arena, after the settings were read. Whoever looks inside holds its lock: class inside.
    static arena_state<C>& ready_arena() noexcept {
        set_up_once();
        return main_;
    }

    // arena_of - the arena that a chunk is from, by its header; a mapped chunk is from none. The caller owns the chunk.
    PTM_ALWAYS_INLINE static arena_state<C>& arena_of(const chunk* c) noexcept {
        if constexpr (has_sub_heaps<C>)
            if (header::of_side_arena_in(header::peek(c))) return *sub_heap_of<C>(c)->arena;
        return main_;
    }

    // shared - settings, figures of mapped chunks, the observer.
    static shared_state<C>& shared() noexcept { return shared_; }

    // leave - hands the calling thread's cache back, which then gets no other one, and its arena; called by itself when
    // a thread ends.
    PTM_COLD static void leave() noexcept {
        if constexpr (C::cache::exchanges)
            leave_own();
        else
            leave_block();
        arenas_.leave();
    }

private:
    static void give_back_arenas(std::size_t least) noexcept {
        for_each_arena([&](arena_state<C>& a) { ptm::give_back(a, shared_.top_pad, least); });
    }

    // own_cache - a cache in the thread's own storage. serves: false before its first miss and after its end, when it
    // is empty and has room for nothing. stays_small: better no chunk than a larger arena, for the moment.
    //
    // trade: what the thread has brought to the exchange lately, beside what it wanted of it while only other places
    // had any. Who brings half as much is no mere producer.
    class own_cache : public block {
        static constexpr int most_trade = 1024;
        int trade_ = 0;

    public:
        bool serves = false;
        bool stays_small = false;
        unsigned handed_over = 0; // batches

        void brings() noexcept { trade_ = std::min(trade_ + 2, most_trade); }
        void wants() noexcept { trade_ = std::max(trade_ - 1, -most_trade); }
        bool brings_back() const noexcept { return trade_ >= 0; }
    };

    // exchange_of - between threads, of a cache that has one, and the order in which it is emptied.
    template <class P, bool>
    struct exchange_of {
        struct type {};
        struct order {};
    };
    template <class P>
    struct exchange_of<P, true> {
        using type = typename P::template exchange<C>;
        using order = address_order<C>;
    };
    using exchange = typename exchange_of<typename C::cache, C::cache::exchanges>::type;
    using homeward_order = typename exchange_of<typename C::cache, C::cache::exchanges>::order;

    // slabs_of - of a cache that has some: where they stand.
    template <class P, bool>
    struct slabs_of {
        struct shelves {};
        struct slab {};
    };
    template <class P>
    struct slabs_of<P, true> {
        using shelves = typename P::template shelves<C>;
        using slab = typename shelves::slab;
    };
    using shelves = typename slabs_of<typename C::cache, has_slabs>::shelves;
    using slab = typename slabs_of<typename C::cache, has_slabs>::slab;

    // cache - of the calling thread, or one that stands in for it. has_cache - is it a real one?
    PTM_ALWAYS_INLINE static block& cache() noexcept {
        if constexpr (C::cache::exchanges)
            return own_;
        else
            return *cache_;
    }
    static bool has_cache() noexcept {
        if constexpr (C::cache::exchanges)
            return own_.serves;
        else
            return cache_ != block::nobody();
    }

    // get_at_once - what the usual path looks for in the cache.
    PTM_ALWAYS_INLINE static void* get_at_once(std::size_t request) noexcept {
        if constexpr (C::cache::exchanges)
            return own_.get_at_once(request);
        else
            return cache().get(request, limits_);
    }

    // leave_own, leave_block - gives up a cache in the thread's own storage, and one in a block of its own.
    static void leave_own() noexcept {
        leaving_ = true;
        if (!own_.serves) return;
        own_.serves = false;
        for (unsigned i = 1; i < block::lists; ++i)
            while (batch b = own_.all_of(i)) put_batch(i, b);
        own_.end();
        threads_.subtract(1);
        constexpr int most_rounds = 16; // the system may refuse to take anything
        if (forking_) return;
        for (int round = 0; round < most_rounds && much_is_left() && try_collect(); ++round) give_back_at_end();
    }

    // much_is_left - more than a share of what is in use, or, when no two threads use it, a quarter of the least
    // otherwise. What waits is worth more than its bytes then: it keeps its neighbours from merging. Mappings that are
    // kept are likely to be wanted: a quarter counts. What a child of fork has from its parent does not, the first
    // time.
    static bool much_is_left() noexcept {
        std::size_t waiting = exchange_.held() + whole_slab_bytes(), held = shared_.held, known = known_left_;
        free_memory f = free_now();
        std::size_t used = held > f.bytes + waiting ? held - f.bytes - waiting : 0, least = C::tuned.collect_at_end;
        std::size_t left = f.unreturned + waiting + kept_mappings() / 4;
        if (left < known) known_left_ = known = left;
        return left - known >= (threads_ > 1 ? std::max(least, used / C::tuned.collect_share) : least / 4);
    }

    // free_memory - bytes in tops and long rows of pages of all arenas, as far as the bins know, and how many of them
    // the system has not got back.
    struct free_memory {
        std::size_t bytes = 0, unreturned = 0;
    };
    static free_memory free_now() noexcept {
        free_memory f;
        for_each_arena([&](arena_state<C>& a) {
            std::size_t top = ptm::bytes(header::size_of(a.top));
            f.bytes += top;
            if (!a.side_arena || C::ruled.trims_every_top) f.unreturned += top;
            if constexpr (requires { a.large.bytes_in_rows(); }) {
                f.bytes += a.large.bytes_in_rows();
                f.unreturned += a.large.unreturned_bytes();
            }
        });
        return f;
    }

    // give_back_at_end - the mappings that it keeps count for half of what makes the last thread collect: by themselves
    // they are no reason for another round. While others are about, windows that lie alone may get neighbours yet.
    static void give_back_at_end() noexcept {
        if constexpr (headerless) drop_windows(threads_ > 1 ? shelves_.windows().few : 1);
        give_back_arenas(C::tuned.give_back_least);
        if constexpr (keeps_mappings) shared_.mapped_backend.drop_beyond(C::tuned.collect_at_end / 2);
        known_left_ = 0;
    }
    static std::size_t whole_slab_bytes() noexcept {
        std::size_t sum = 0;
        if constexpr (has_slabs) sum += shelves_.whole_bytes();
        if constexpr (headerless) sum += shelves_.windows().ready_bytes();
        return sum;
    }
    static std::size_t kept_mappings() noexcept {
        if constexpr (keeps_mappings) return shared_.mapped_backend.kept();
        return 0;
    }

    static void leave_block() noexcept {
        block* b = cache_;
        leaving_ = !C::ruled.cache_after_the_end || b != block::nobody();
        cache_ = block::nobody();
        if (b == block::nobody()) return;
        [[maybe_unused]] at_work working;
        empty(*b);
        free_block(header::from_user(b));
    }

    // stash - the calling thread's cache, as an arena sees it.
    struct stash {
        block* to;

        bool has_room(chunk_size n) noexcept {
            if constexpr (C::cache::refills)
                return to->wants_more(n, limits_);
            else
                return to->has_room(n, limits_);
        }
        void put(chunk* c, chunk_size n) noexcept { to->put(c, n, limits_); }
        chunk* take(chunk_size n) noexcept { return to->take(n); }
        bool may_grow() noexcept {
            if constexpr (C::cache::exchanges)
                return !own_.stays_small;
            else
                return true;
        }
        bool accept(chunk* c, chunk_size n) noexcept { return C::cache::takes_pieces && to->accept(c, n, limits_); }
    };

    // entered - holds an arena's lock for a scope, unless a fork holds all of them.
    class [[nodiscard]] entered {
        [[no_unique_address]] at_work working_;
        arena_state<C>& a_;

    public:
        PTM_ALWAYS_INLINE explicit entered(arena_state<C>& a) noexcept : a_(a) {
            if (!forking_) [[likely]]
                busy::enter(a_.lock);
        }
        entered(const entered&) = delete;
        PTM_ALWAYS_INLINE ~entered() {
            if (!forking_) [[likely]]
                busy::leave(a_.lock);
        }
    };

    // homecoming - brings chunks back, each to its arena, and lets an arena's lock go when another one's turn comes, or
    // now and then for whoever waits for it.
    class homecoming {
        static constexpr unsigned most_at_a_time = 64;

        arena_state<C>* at_ = nullptr;
        unsigned brought_ = 0;
        ptm::detail::neighbours<C> pending_{};

    public:
        homecoming() noexcept = default;
        homecoming(const homecoming&) = delete;
        ~homecoming() { rest(); }

        // rest - holds no lock until the next chunk.
        void rest() noexcept { go_to(nullptr); }

        // operator() - a slab that stands nowhere any more, but stood at that place.
        void operator()(slab& s, [[maybe_unused]] unsigned place) noexcept {
            if (++brought_ % most_at_a_time == 0) rest();
            if constexpr (headerless) return shelves_.windows().put(&s, place, forking_);
            arena_state<C>& a = arena_of(s.first());
            if (&a != at_) go_to(&a);
            join(a, s.unite());
        }

        void operator()(chunk* c) noexcept {
            if (++brought_ % most_at_a_time == 0) rest();
            if (headerless && went_to_slab(c)) return;
            if constexpr (C::ruled.size_doubted_late) look_at_uncached<C>(c, owned_size(c));
            if (C::ruled.trusts_sizes && header::mapped_in(header::peek(c))) return free_mapped(c);
            if (!headerless && went_to_slab(c)) return;
            arena_state<C>& a = arena_of(c);
            if (&a != at_) go_to(&a);
            if (!C::cache::exchanges) return release_to_arena(a, c, origin::user);
            join(a, c);
        }

    private:
        void join(arena_state<C>& a, chunk* c) noexcept {
            if (pending_.join(c)) return;
            pending_.release(a);
            pending_ = ptm::detail::neighbours<C>(c);
        }

        void go_to(arena_state<C>* a) noexcept {
            if (at_) pending_.release(*at_);
            if (at_ && !forking_) busy::leave(at_->lock);
            if (a && !forking_) busy::enter(a->lock);
            at_ = a;
        }
    };

    static inline constinit shared_state<C> shared_{};
    static inline constinit arena main_{shared_};
    static inline constinit typename C::arenas::template in<C> arenas_{main_};
    static inline constinit limits limits_{};
    static inline constinit thread_local block* cache_ = block::nobody();
    static inline constinit thread_local own_cache own_{}; // in place of cache_, of a cache that exchanges
    static inline constinit exchange exchange_{};          // the same
    static inline constinit shelves shelves_{};            // the same, if it has slabs
    static inline constinit homeward_order order_{};       // of whoever is collecting
    static inline constinit std::atomic<bool> collecting_ = false;
    static inline constinit thread_local bool collects_ = false;  // the calling thread does
    static inline constinit relaxed<std::size_t> known_left_ = 0; // bytes, in a new child
    static inline constinit relaxed<std::size_t> largest_ = 0;    // bytes, see much_in_slabs
    static inline constinit relaxed<std::size_t> threads_ = 0;    // that have caches in their own storage
    static inline constinit thread_local bool leaving_ = false;
    static inline constinit thread_local bool will_leave_ = false; // the thread's end will be told
    static inline constinit std::atomic<bool> is_set_up_ = false;
    static inline constinit std::atomic<bool> has_fork_hook_ = false;
    static const bool has_fork_hook_early_;
    static inline constinit spin_lock setting_up_{};
    static inline constinit thread_exit_hook<&heap::leave> exit_hook_{};
    static inline constinit thread_local bool forking_ = false; // this thread holds the locks of all arenas

    // all_there_is - bytes, at least; for poisoning policies.
    static std::size_t all_there_is() noexcept {
        std::size_t offered = 0;
        if constexpr (has(C::main_backend::able, can::offer)) offered = main_.backend.taken();
        return shared_.held + offered;
    }

    // free_chunk - of any size, mapped or not. free_with_header - not headerless.
    PTM_ALWAYS_INLINE static void free_chunk(chunk* c) noexcept {
        if constexpr (headerless) {
            void* p = header::to_user(c);
            if (std::size_t window = shelves_.number_of(p); shelves_.holds(window)) return free_headerless(p, window);
        }
        free_with_header(c);
    }
    PTM_ALWAYS_INLINE static void free_with_header(chunk* c) noexcept {
        std::size_t word = header::peek(c);
        if constexpr (C::cache::exchanges)
            free_by_word(c, word);
        else
            free_by_size(c, word);
    }

    // is_headerless - c stands for a block without a header: what precedes that is not to be looked at.
    // list_of_headerless - its list; 0: nobody has a block there.
    PTM_ALWAYS_INLINE static bool is_headerless([[maybe_unused]] const chunk* c) noexcept {
        if constexpr (headerless) {
            std::size_t window = shelves_.number_of(header::to_user(const_cast<chunk*>(c)));
            return shelves_.holds(window) && (shelves_.scaled_list_of(window) != 0 || !shelves_.windows().gave_up());
        }
        return false;
    }
    static unsigned list_of_headerless(const chunk* c) noexcept {
        return shelves_.list_of(header::to_user(const_cast<chunk*>(c)));
    }

    PTM_ALWAYS_INLINE static void free_headerless(void* p, std::size_t window) noexcept {
        if (!own_.accept_block(p, shelves_.scaled_list_of(window))) [[unlikely]]
            free_unstacked(p);
    }

    PTM_ALWAYS_INLINE static void free_by_size(chunk* c, std::size_t word) noexcept {
        if (header::mapped_in(word)) [[unlikely]]
            return free_mapped(c);
        look_at_ordinary(c, word);
        if (!cache().accept_plain(c, header::size_in(word), limits_)) [[unlikely]]
            free_uncached(c);
    }

    // maps_small - may a mapped chunk be one of the sizes that are stacked? It has half a page at least, aligned or
    // not.
    static constexpr bool maps_small = [] {
        using mapped = typename C::mapped_backend;
        if constexpr (C::cache::exchanges && knows_page_bytes<mapped>)
            return mapped::page_bytes() / 2 <= block::most_stacked_request + header::overhead;
        else
            return false;
    }();

    // free_by_word - a mapped chunk is usually too large for a stack: it needs no question of its own.
    PTM_ALWAYS_INLINE static void free_by_word(chunk* c, std::size_t word) noexcept {
        if constexpr (maps_small)
            if (header::mapped_in(word)) return free_mapped(c);
        if constexpr (C::poisoning::poisons || looks_at_freed<C>)
            if (!header::mapped_in(word)) look_at_ordinary(c, word);
        if (!own_.accept_at_once(c, word)) [[unlikely]]
            free_unstacked(header::to_user(c));
    }

    PTM_ALWAYS_INLINE static void look_at_ordinary(chunk* c, std::size_t word) noexcept {
        look_at_freed<C>(c, header::size_in(word));
        expect<C, fault::free_invalid_size>(header::sound_in(word, c), c);
        if constexpr (C::poisoning::poisons) hide_freed<C>(all_there_is(), c);
    }

    // rounded - a request, so that a chunk for it may stand in for a headerless block, in the list of those.
    static constexpr std::size_t rounded(std::size_t request) noexcept {
        if constexpr (headerless)
            if (request <= block::most_stacked_request) return align_up(request, header::alignment);
        return request;
    }

    // known_size - of the chunks in the list for so many bytes.
    template <std::size_t Request>
    static constexpr chunk_size known_size() noexcept {
        if constexpr (headerless) return block::size_for(Request);
        return header::size_for(Request);
    }

    // knows_size_for - has the cache a quicker way for requests of so many bytes?
    template <std::size_t Request>
    static constexpr bool knows_size_for = [] {
        if constexpr (C::cache::knows_sizes) return Request <= largest_request && block::knows(known_size<Request>());
        return false;
    }();

    // free_known - of a size that is known; a chunk may yet be larger than its request, or mapped.
    template <chunk_size N>
    PTM_ALWAYS_INLINE static void free_known(chunk* c) noexcept {
        if constexpr (believes_sizes) return free_believed<N>(c);
        std::size_t word = header::peek(c);
        if (!header::ordinary_in(word, N)) [[unlikely]]
            return free_other(c);
        look_at_freed<C>(c, N);
        expect<C, fault::free_invalid_size>(header::sound_in(word, c), c);
        hide_block<C>(c);
        if (!cache().template accept_known<N, C::tuned>(c, limits_)) [[unlikely]]
            free_uncached(c);
    }
    PTM_NOINLINE static void free_other(chunk* c) noexcept { free_chunk(c); }

    // free_believed - whatever its header says, c goes to the list of N: it has at least that size.
    template <chunk_size N>
    PTM_ALWAYS_INLINE static void free_believed(chunk* c) noexcept {
        if (!cache().template accept_known<N, C::tuned>(c, limits_)) [[unlikely]]
            free_uncached(c);
    }
    static constexpr bool believes_sizes =
        C::ruled.trusts_sizes && C::cache::exchanges && !looks_at_freed<C> && !C::poisoning::poisons;

    // usable - of a block; 0: c is free.
    static std::size_t usable(const chunk* c) noexcept {
        if constexpr (headerless)
            if (is_headerless(c)) return shelves::block_bytes(list_of_headerless(c));
        std::size_t word = header::peek(c), n = bytes(header::size_in(word));
        if (header::mapped_in(word)) return n - header::header_bytes;
        return header::prev_in_use_in(header::peek(header::at(c, n))) ? n - header::overhead : 0;
    }

    // handed - a hidden block, to its user. handed_cleared - one that reads as zero.
    PTM_ALWAYS_INLINE static void* handed(void* p, std::size_t request) noexcept {
        if constexpr (C::poisoning::poisons)
            if (p) expose_block<C>(p, request);
        return watched(p, request);
    }
    PTM_ALWAYS_INLINE static void* handed_cleared(void* p, std::size_t request) noexcept {
        if constexpr (C::poisoning::poisons)
            if (p) C::poisoning::define(p, request);
        return watched(p, request);
    }

    // watched - tells the observer of a block that was handed out.
    PTM_ALWAYS_INLINE static void* watched(void* p, std::size_t request) noexcept {
        if (p) shared_.observer(events::allocated{p, request});
        return p;
    }

    static void* realloc_unhooked(void* p, std::size_t request) noexcept {
        if (!p) return malloc(request);
        if (request == 0) {
            free(p);
            return nullptr;
        }
        [[maybe_unused]] at_work working;
        chunk* c = header::from_user(p);
        if (is_headerless(c)) return realloc_headerless(c, request);
        std::size_t word = header::peek(c);
        bool mapped = header::mapped_in(word);
        if (!mapped) make_early_cache();
        bool possible = !wraps<header>(c, header::size_in(word)) && user_aligned<header>(c);
        expect<C, fault::resize_invalid_pointer>(possible && header::sound_in(word, c), c);
        if (request > largest_request || !permits_growth(p, request)) return detail::out_of_memory();
        [[maybe_unused]] std::size_t had = reach_of<C>(c);
        shared_.observer(events::freed{p});
        void* moved = fits_closely(c, request, mapped) ? p
            : mapped                                   ? realloc_mapped(c, request)
                                                       : realloc_in_arena(c, request);
        if (!moved) watched(p, usable(c)); // it stays with its user
        if constexpr (C::poisoning::poisons)
            if (moved && (moved == p || !hooks::on_malloc())) resize_block<C>(moved, had, request);
        return watched(moved, request);
    }

    static void* realloc_headerless(chunk* c, std::size_t request) noexcept {
        void* p = header::to_user(c);
        if (request > largest_request || !permits_growth(p, request)) return detail::out_of_memory();
        shared_.observer(events::freed{p});
        void* moved = realloc_cached(c, request);
        if (!moved) watched(p, usable(c)); // it stays with its user
        return watched(moved, request);
    }

    static void* aligned_alloc_unhooked(std::size_t alignment, std::size_t request) noexcept {
        if (alignment <= header::alignment) return malloc(request);
        [[maybe_unused]] at_work working;
        if (alignment > SIZE_MAX / 2 + 1) {
            errno = EINVAL;
            return nullptr;
        }
        std::size_t at = std::bit_ceil(std::max(alignment, bytes(header::smallest)));
        if (!shared_.permits(request)) return detail::out_of_memory();
        if constexpr (keeps_natural)
            if (natural_pays(at, request)) return handed(natural(at, request), request);
        return handed(aligned_uncached(at, request), request);
    }

    // aligned_uncached - from an arena, unless the cache happens to have one.
    static void* aligned_uncached(std::size_t alignment, std::size_t request) noexcept {
        set_up_once();
        if constexpr (C::cache::serves_all) {
            if (void* p = cache().get_aligned(request, alignment, limits_)) return p;
            if (request > largest_request) return detail::out_of_memory();
            make_cache_for(request);
        }
        auto search = [&](arena_state<C>* a) -> chunk* {
            if (request > largest_request || alignment > largest_request) return nullptr; // glibc tries another arena
            return a ? allocate_aligned(*a, present_stash(), alignment, rounded(request))
                     : map_aligned(shared_, alignment, rounded(request));
        };
        return user(request, request + alignment + bytes(header::smallest), search);
    }

    static void* cached_or_not(std::size_t request) noexcept {
        void* p = get_at_once(request);
        return p ? p : malloc_uncached(request);
    }

    // keeps_natural - are there lists of naturally aligned chunks?
    static constexpr bool keeps_natural = C::cache::exchanges && header::marks_natural;

    // natural_pays - no more is lost than half of the block, or a cache line.
    static bool natural_pays(std::size_t alignment, std::size_t request) noexcept {
        return request <= block::most_request && alignment <= std::max(request, cache_line_bytes)
            && alignment <= header::most_natural && natural_size(alignment, request) <= block::largest_natural;
    }
    static chunk_size natural_size(std::size_t alignment, std::size_t request) noexcept {
        std::size_t all = headerless ? align_up(request, header::alignment) : request; // as rounded(), without a branch
        return chunk_size{align_up(bytes(header::size_for(all)), alignment)};
    }

    static void* natural(std::size_t alignment, std::size_t request) noexcept {
        unsigned i = block::natural_list(natural_size(alignment, request));
        if (void* p = own_.get_in(i)) return p;
        return natural_missed(alignment, request, i);
    }

    PTM_NOINLINE static void* natural_missed(std::size_t alignment, std::size_t request, unsigned i) noexcept {
        if (void* p = own_.get_from(i)) return p;
        make_cache();
        if (!own_.serves) return aligned_uncached(alignment, request);
        auto cut = [&](arena_state<C>* a) -> chunk* {
            if (!a) return map_aligned(shared_, alignment, request);
            return first_into_list(
                i, [&](auto take) { allocate_natural(*a, block::size_in(i), own_.wanted(i), present_stash(), take); });
        };
        return from_batch(i, request, request + alignment + bytes(header::smallest), cut, alignment);
    }

    PTM_ALWAYS_INLINE static bool permits_growth(const void* p, std::size_t request) noexcept {
        return shared_.permits_growth(request, [p] { return usable(header::from_user(p)); });
    }

    static bool expanded(chunk* c, std::size_t request) noexcept {
        if (is_headerless(c)) return request <= usable(c);
        std::size_t word = header::peek(c);
        if (header::mapped_in(word)) return request <= usable(c);
        if (header::size_in(word) == header::size_for(rounded(request))) return true;
        if (in_slab(c)) return request <= usable(c);
        arena_state<C>& a = arena_of(c);
        entered hold(a);
        return ptm::expand(a, present_stash(), c, header::size_for(rounded(request))) || request <= usable(c);
    }

    // run - searches an arena for as many blocks as there is memory for, from out[served] on; without one, for a single
    // one in a mapping. Returns the first.
    template <class T>
    struct run {
        std::size_t request, count;
        T** out;
        std::size_t& served;

        chunk* operator()(arena_state<C>* a) const noexcept {
            std::size_t before = served;
            if (a)
                allocate_run(*a, header::size_for(rounded(request)), count - served, *this);
            else if (chunk* c = map_alone(shared_, want<C>(rounded(request))))
                (*this)(c);
            return served > before ? header::from_user(out[before]) : nullptr;
        }
        void operator()(chunk* c) const noexcept {
            out[served++] = static_cast<T*>(handed(header::to_user(c), request));
        }
    };

    // free_leading - the first block, if it is mapped, or all of its arena that follow it.
    //   returns  how many
    template <class T>
    static std::size_t free_leading(T* const* blocks, std::size_t count) noexcept {
        if (free_hook hook = hooks::on_free()) [[unlikely]]
            return hook(blocks[0], __builtin_return_address(0)), 1;
        chunk* first = header::from_user(blocks[0]);
        std::size_t k = 1;
        bool mapped = !is_headerless(first) && header::mapped_in(header::peek(first)), alone = mapped || in_slab(first);
        if (!alone)
            while (k < count && is_from(arena_of(first), header::from_user(blocks[k]))) ++k;
        for (std::size_t i = 0; i < k; ++i) shared_.observer(events::freed{blocks[i]});
        if (mapped) return free_mapped(first), k;
        if (alone) return free_to_arena(first), k;
        arena_state<C>& a = arena_of(first);
        entered hold(a);
        release_run(a, blocks, k);
        return k;
    }

    static bool is_from(const arena_state<C>& a, chunk* c) noexcept {
        return !in_slab(c) && !header::mapped_in(header::peek(c)) && &arena_of(c) == &a;
    }

    // cleared - what a hook gave to calloc.
    static void* cleared(void* p, std::size_t request) noexcept { return p ? std::memset(p, 0, request) : nullptr; }

    static chunk_size owned_size(const chunk* c) noexcept { return header::size_in(header::peek(c)); }

    // user - runs search(arena) in an arena for the calling thread, under its lock, and in another one if that had no
    // memory; search(nullptr) where none is to be had. The heap is set up.
    //   request  bytes, as asked for
    //   room     bytes that an arena made for it must have
    //   returns  nullptr and errno = ENOMEM
    PTM_ALWAYS_INLINE static void* user(std::size_t request, std::size_t room, auto search) noexcept {
        if (forking_ || !will_leave_) [[unlikely]]
            if (!look_around()) return user_of(search(&main_));
        if constexpr (C::cache::exchanges)
            if (void* p = before_growth(room, search)) return p;
        arena* a = arenas_.lock_one(room);
        chunk* c = search(a);
        if (c && a) [[likely]] {
            busy::leave(a->lock);
            return header::to_user(c);
        }
        return user_elsewhere(c, a, request, search);
    }

    // look_around - what a thread has to do before it uses an arena.
    //   returns  false: nothing is to be locked
    PTM_COLD static bool look_around() noexcept {
        if (!will_leave_ && !leaving_) {
            will_leave_ = true; // first: this may allocate
            exit_hook_.arm();
        }
        return !forking_;
    }

    // user_elsewhere - c: what was found without an arena; nullptr: arena `a` has nothing, but with other threads about
    // there are other ones.
    PTM_COLD static void* user_elsewhere(chunk* c, arena* a, std::size_t request, auto search) noexcept {
        if (a && C::arenas::several && !__libc_single_threaded) c = search(a = arenas_.lock_other(*a, request));
        if (a) busy::leave(a->lock);
        if constexpr (headerless)
            if (!c && shelves_.windows().give_up()) return user(request, request, search); // once
        return user_of(c);
    }

    static void* user_of(chunk* c) noexcept { return c ? header::to_user(c) : detail::out_of_memory(); }

    // in_arena - runs search(arena) in the arena of c, which the caller owns, under its lock. nullptr: errno is as it
    // was.
    PTM_ALWAYS_INLINE static void* in_arena(chunk* c, auto&& search) noexcept {
        arena_state<C>& a = arena_of(c);
        entered hold(a);
        chunk* found = search(a);
        return found ? header::to_user(found) : nullptr;
    }

    static stash present_stash() noexcept { return {&cache()}; }
    static stash stash_of_thread(std::size_t request) noexcept {
        make_cache_for(request);
        return present_stash();
    }

    // A thread that has a cache found the heap set up.
    PTM_NOINLINE static void* malloc_uncached(std::size_t request) noexcept {
        if constexpr (C::cache::exchanges)
            return malloc_exchanged(request);
        else
            return malloc_from_arena(request);
    }

    // malloc_exchanged - what the front of its list does not have.
    PTM_ALWAYS_INLINE static void* malloc_exchanged(std::size_t request) noexcept {
        if (request > block::most_request) return malloc_from_arena(request);
        return malloc_missed(request, block::list_for(request));
    }

    // malloc_missed - from a batch: one that the list has yet, or one that another thread left, or one that an arena
    // makes.
    PTM_NOINLINE static void* malloc_missed(std::size_t request, unsigned i) noexcept {
        if (void* p = own_.get_from(i)) return p;
        make_cache();
        if (!own_.serves) return malloc_from_arena(request);
        if constexpr (has_slabs)
            if (block::has_slabs(i) && !forking_)
                if (void* p = from_slab(i)) return headerless ? own_.grow_after_miss(i) : void(), p;
        return from_batch(i, request, request, [&](arena_state<C>* a) -> chunk* {
            if (!a) return map_alone(shared_, want<C>(rounded(request)));
            return first_into_list(i, [&](auto take) {
                bool apart = own_.is_new(i) && block::is_shared(i);
                if (!apart || allocate_apart(*a, block::size_in(i), take) == 0)
                    allocate_batch(*a, block::size_in(i), own_.wanted(i), present_stash(), take);
            });
        });
    }

    // from_slab - a chunk for list i, which is empty, and further ones into it, side by side. A list gets a slab of its
    // own when it has been emptied so often that it wants whole batches; a headerless one, of which nobody touches what
    // nobody has, at once. Before an arena grows for that, it gets what there is at other places; before there is
    // another window, only what is too much there.
    //   returns  nullptr: single ones will do, or there is no memory
    static void* from_slab(unsigned i) noexcept {
        unsigned near = place(), most = block::batch_of(i);
        bool few = own_.wanted(i) < most;
        if (headerless && few) most = own_.wanted_apart(i);
        unsigned some = few ? most : shelves_.ample(i, most, near);
        if (batch b = shelves_.take(i, some, near)) return own_.add(i, b);
        if (few) return headerless ? first_of(idle_or_new_slab(i, near), i, most, near) : nullptr;
        if (batch b = exchange_.take_near(i, bytes(block::size_in(i)), near)) return own_.add(i, b);
        if (void* p = first_of(idle_slab(i, near), i, most, near)) return p;
        if (batch b = from_elsewhere(i, near)) return own_.add(i, b);
        if constexpr (!headerless)
            collect_for_growth();
        else if (tidy_slabs())
            return first_of(idle_or_new_slab(i, near), i, most, near);
        return first_of(new_slab(i, near), i, most, near);
    }
    static void* first_of(slab* s, unsigned i, unsigned most, unsigned near) noexcept {
        return s ? own_.add(i, shelves_.take_first(i, s, most, near)) : nullptr;
    }

    // idle_slab - one that nobody uses, or that can be made without a larger arena; nullptr: there is none, or it is
    // another place's, and such are a small part of the heap. The contents of those are in the cache of another
    // processor: where two threads go from size to size (bench/phases), and each may take what the other has just left,
    // that takes 1.4 times as long where the two processors are far from each other.
    static slab* idle_slab(unsigned i, unsigned near) noexcept {
        if constexpr (headerless) {
            if (slab* s = near_window(near)) return shelves_.begin(i, s);
            return much_is_idle() ? far_slab(i, near) : nullptr;
        } else {
            slab* s = far_whole_slab(i, near);
            return s ? s : without_larger_arena([&] { return new_slab_in_arena(i); });
        }
    }

    // near_window - that this place had last and nobody uses any more, also when all its whole slabs have gone home.
    static slab* near_window(unsigned near) noexcept {
        if (slab* s = shelves_.windows().take_ready(near)) return s;
        if (shelves_.whole_bytes(near) == 0) return nullptr;
        homecoming home;
        slabs_home(near, whole, home);
        return shelves_.windows().take_ready(near);
    }

    // far_slab - another place's. far_window - any, also when all whole slabs have gone home, of whatever list.
    // much_is_idle - are slabs and windows that nobody uses a large part of the heap?
    static slab* far_slab(unsigned i, unsigned near) noexcept {
        if (slab* s = far_whole_slab(i, near)) return s;
        slab* s = far_window(near);
        return s ? shelves_.begin(i, s) : nullptr;
    }
    static slab* far_whole_slab(unsigned i, unsigned near) noexcept {
        for (unsigned k = 1; k < shelves::places; ++k)
            if (slab* s = shelves_.take_whole(i, near + k)) return s;
        return nullptr;
    }
    static slab* far_window(unsigned near) noexcept {
        auto& windows = shelves_.windows();
        if (slab* s = windows.take_far(near)) return s;
        if (shelves_.whole_bytes() == 0) return nullptr;
        homecoming home;
        whole_slabs_home(home);
        slab* s = windows.take_ready(near);
        return s ? s : windows.take_far(near);
    }
    static bool much_is_idle() noexcept {
        std::size_t held = shared_.held;
        std::size_t share = held <= C::tuned.idle_small ? C::tuned.idle_share_small : C::tuned.idle_share;
        return whole_slab_bytes() > held / share;
    }

    // without_larger_arena - what search() finds where no arena may grow for the thread's cache.
    static auto without_larger_arena(auto search) noexcept {
        own_.stays_small = true;
        auto found = search();
        own_.stays_small = false;
        return found;
    }

    static slab* idle_or_new_slab(unsigned i, unsigned near) noexcept {
        slab* s = idle_slab(i, near);
        return s ? s : new_slab(i, near);
    }
    static slab* new_slab(unsigned i, unsigned near) noexcept {
        if constexpr (headerless)
            return new_headerless_slab(i, near);
        else
            return new_slab_in_arena(i);
    }

    static slab* new_slab_in_arena(unsigned i) noexcept {
        arena* a = arenas_.lock_one(C::cache::slab_bytes);
        if (!a) return nullptr;
        errno_guard keep;
        chunk* c = allocate_window(*a, C::cache::slab_bytes, present_stash());
        slab* s = c ? shelves_.add(i, c) : nullptr;
        if (c && !s) release_to_arena(*a, c, origin::arena);
        busy::leave(a->lock);
        return s;
    }

    // new_headerless_slab - in a new window, or, if there is no memory for that, another place's that nobody uses.
    static slab* new_headerless_slab(unsigned i, unsigned near) noexcept {
        auto& windows = shelves_.windows();
        if (populate_windows(near))
            if (slab* s = windows.take_ready(near)) return shelves_.begin(i, s);
        slab* s = shared_.may_hold(C::cache::slab_bytes) ? windows.take_anew(near) : nullptr;
        if (!s) return far_slab(i, near);
        shared_.note_gain(windows.window_of(s));
        return shelves_.begin(i, s, true);
    }

    // populate_windows - in a large heap: several for that place, with all their pages; false: there are none ready.
    static bool populate_windows(unsigned near) noexcept {
        std::size_t most = std::min(shared_.held / C::tuned.populate_share, C::tuned.populate_most);
        most = align_down(most, C::cache::slab_bytes);
        if (most <= C::cache::slab_bytes || !shared_.has_room(most)) return false;
        return shelves_.windows().populate(near, most / C::cache::slab_bytes, [](pages p) { shared_.note_gain(p); });
    }

    // drop_windows - the pages of those that nobody uses, `least` or more side by side; drop_unused_windows - of those
    // that were not wanted for a while.
    static void drop_windows(std::size_t least = 1) noexcept {
        if constexpr (headerless) shelves_.windows().drop(lost, least);
    }
    static void drop_unused_windows() noexcept {
        if constexpr (headerless) shelves_.windows().drop_unused(lost);
    }
    static void lost(pages run) noexcept { shared_.lost(run.bytes); }

    // from_elsewhere - of slabs that are in use at another place, where they have much to spare, and this list more
    // than its part of 1/slab_share of the heap.
    static batch from_elsewhere(unsigned i, unsigned near) noexcept {
        std::size_t share = shared_.held / (C::tuned.slab_share * block::slab_lists);
        batch b;
        for (unsigned k = 1; k < shelves::places && !b; ++k)
            if (shelves_.spare_bytes(i, near + k) > share) b = shelves_.take_partial(i, block::batch_of(i), near + k);
        return b ? b : exchange_.take_elsewhere(i, bytes(block::size_in(i)), near);
    }

    // in_slab - is a used chunk of a slab? went_to_slab - a free one goes back to it; false: it is of none.
    static bool in_slab(chunk* c) noexcept {
        if constexpr (headerless)
            return is_headerless(c);
        else if constexpr (has_slabs)
            return owned_size(c) <= block::largest_in_slab && shelves_.owns(header::to_user(c));
        else
            return false;
    }
    static bool went_to_slab(chunk* c) noexcept {
        if constexpr (has_slabs) {
            if (!in_slab(c)) return false;
            void* user = header::to_user(c);
            unsigned i = list_in_slab(c);
            expect<C, fault::double_free_out>(i != 0, c);
            ptm::detail::cached_links<C>::lead(user, nullptr);
            return !shelves_.put(i, batch{user, 1}, forking_);
        } else {
            return false;
        }
    }

    static unsigned list_in_slab(const chunk* c) noexcept {
        if constexpr (headerless) return list_of_headerless(c);
        return block::list_of(owned_size(c));
    }

    // put_into_slabs - what of list i is of some; returns the others.
    static batch put_into_slabs(unsigned i, batch b) noexcept {
        if constexpr (has_slabs)
            if (block::has_slabs(i)) return shelves_.put(i, b, forking_);
        return b;
    }

    // whole_slabs_home - all of them, or those that nobody has wanted for a while. slabs_home - of one place.
    static void whole_slabs_home(homecoming& home) noexcept {
        if constexpr (has_slabs) each_place([&](unsigned place) { slabs_home(place, whole, home); });
    }
    static void unused_slabs_home() noexcept {
        homecoming home;
        if constexpr (has_slabs) each_place([&](unsigned place) { slabs_home(place, unused, home); });
    }
    static void each_place(auto visit) noexcept {
        for (unsigned place = 0; place < shelves::places; ++place) visit(place);
    }
    static void slabs_home(unsigned place, auto take, homecoming& home) noexcept {
        for (unsigned i = 1; i <= block::slab_lists; ++i)
            while (slab* s = take(i, place)) home(*s, place);
    }
    static slab* whole(unsigned i, unsigned place) noexcept { return shelves_.take_whole(i, place); }
    static slab* unused(unsigned i, unsigned place) noexcept { return shelves_.take_unused(i, place); }

    // much_in_slabs - is much of the heap free in slabs, and has the heap become larger than it was when this was true
    // the last time? What is done about that costs faults when the memory is wanted again.
    static bool much_in_slabs() noexcept {
        std::size_t held = shared_.held, before = largest_;
        if (held <= before + before / C::tuned.slab_growth || shelves_.free_bytes() <= held / C::tuned.slab_share)
            return false; // the second looks at every shelf
        largest_ = held;
        return true;
    }

    // lists_into_slabs - what the calling thread has cached of sizes that slabs have: a chunk here and there keeps many
    // a slab from being whole.
    static void lists_into_slabs() noexcept {
        for (unsigned i = 1; i <= block::slab_lists; ++i)
            while (batch b = own_.give(i)) put_batch(i, b);
    }

    // from_batch - a chunk for list i, which is empty, and further ones into it: what waits at the thread's own place
    // of the exchange, or elsewhere; or one of the thread's own that is somewhat larger, alone; or what cut(arena)
    // makes, as in user().
    //   alignment  that the chunk has, bytes
    static void* from_batch(unsigned i, std::size_t request, std::size_t room, auto cut,
                            std::size_t alignment = header::alignment) noexcept {
        if (!forking_)
            if (void* p = traded(i, room, cut)) return p;
        if (void* p = larger_cached(i, alignment)) return p;
        void* p = user(request, room, cut);
        own_.grow_after_miss(i);
        return p;
    }

    // traded - who brings back what it takes lets others' batches wait for them, as long as no arena has to grow for
    // that.
    static void* traded(unsigned i, std::size_t room, auto cut) noexcept {
        unsigned near = place();
        std::size_t each = bytes(block::size_in(i));
        if (batch b = exchange_.take_near(i, each, near)) return own_.add(i, b);
        if (!exchange_.any_elsewhere(i, near)) return nullptr;
        own_.wants();
        if (own_.brings_back())
            if (void* p = without_growth(room, cut)) return own_.grow_after_miss(i), p;
        batch b = exchange_.take_elsewhere(i, each, near);
        return b ? own_.add(i, b) : nullptr;
    }

    // larger_cached - no list gets longer then: in a small heap what all lists keep is much of it.
    static void* larger_cached(unsigned i, std::size_t alignment) noexcept {
        return shared_.held <= C::tuned.larger_below ? own_.get_larger(i, alignment) : nullptr;
    }

    // place - of the exchange, that the calling thread trades at first.
    static unsigned place() noexcept { return __libc_single_threaded ? 0 : running_processor(); }

    // take_any, take_unused, put_batch - from and to the exchange, unless a fork holds its locks or enough waits there.
    static batch take_any(unsigned i) noexcept {
        if (forking_) return {};
        return exchange_.take_any(i, bytes(block::size_in(i)));
    }
    static batch take_unused(unsigned i, unsigned place) noexcept {
        return exchange_.take_unused(i, bytes(block::size_in(i)), place);
    }
    static void put_batch(unsigned i, batch b) noexcept {
        b = put_into_slabs(i, b);
        if (!b) return;
        if (forking_) return send_home(b);
        unsigned near = place();
        if (enough_waits(i, near)) return send_home(b);
        exchange_.put(i, b, bytes(block::size_in(i)), near);
    }

    // enough_waits - to send more home; always, of chunks so large that each is a batch.
    static bool enough_waits(unsigned i, unsigned near) noexcept {
        if (block::batch_of(i) == 1) return true;
        std::size_t each = bytes(block::size_in(i));
        std::size_t share = block::is_natural(i) ? 0 : shared_.held / C::tuned.exchange_share;
        return each >= C::tuned.exchange_large
            && exchange_.batches(i, near) * block::batch_of(i) * each >= std::max(C::tuned.exchange_most, share);
    }

    // first_into_list - the first chunk that cut(take) takes; what follows goes to list i, which is empty.
    static chunk* first_into_list(unsigned i, auto&& cut) noexcept {
        chunk* first = nullptr;
        typename block::refill rest(own_, i);
        cut([&](chunk* c) { first ? rest(c) : void(first = c); });
        return first;
    }

    // before_growth - runs search(arena), which does not let it grow; if it was in vain, collects what there is.
    PTM_NOINLINE static void* before_growth(std::size_t room, auto search) noexcept {
        if (void* p = without_growth(room, search)) return p;
        collect_for_growth();
        return nullptr;
    }

    // collect_for_growth - what lies idle, before an arena grows.
    PTM_NOINLINE static void collect_for_growth() noexcept {
        if constexpr (has_slabs) {
            errno_guard keep;
            tidy_slabs();
            homecoming home;
            if (shelves_.whole_bytes() != 0) whole_slabs_home(home);
        }
        if constexpr (headerless)
            if (shelves_.windows().ready_bytes() > shared_.held / C::tuned.window_share) drop_windows();
        if (worth_collecting()) try_collect();
    }

    // tidy_slabs - where much is free in slabs; false: it is not.
    static bool tidy_slabs() noexcept {
        if (!much_in_slabs()) return false;
        errno_guard keep;
        lists_into_slabs();
        if constexpr (headerless)
            if (shelves_.free_bytes() >= C::tuned.slab_least) shelves_.drop_pages();
        return true;
    }

    // without_growth - errno is as it was.
    static void* without_growth(std::size_t room, auto search) noexcept {
        arena* a = arenas_.lock_one(room);
        chunk* c = without_larger_arena([&]() -> chunk* { return a ? search(a) : nullptr; });
        if (a) busy::leave(a->lock);
        return c ? header::to_user(c) : nullptr;
    }

    static bool worth_collecting() noexcept {
        std::size_t waiting = exchange_.held();
        return waiting > C::tuned.collect_least && waiting > shared_.held / C::tuned.collect_share;
    }

    // try_collect - one thread at a time, as they would stand in each other's way. Whoever comes meanwhile may leave
    // more to the one who is at it, who looks again at the end.
    static bool try_collect() noexcept {
        if (collecting_.exchange(true, std::memory_order_acq_rel)) return false;
        collects_ = true;
        collect_in_order();
        collects_ = false;
        collecting_.exchange(false, std::memory_order_acq_rel); // what others left before they looked is seen then
        return true;
    }

    // collect - bring(batch) for all that threads have left for one another. collect_in_order - takes it home; only for
    // who is collecting; errno survives.
    static void collect(auto bring) noexcept {
        for (unsigned i = 1; i < block::lists; ++i)
            while (batch b = take_any(i)) bring(b);
    }
    PTM_NOINLINE static void collect_in_order() noexcept {
        errno_guard keep;
        homecoming home;
        collect([&](batch b) {
            homeward_order::is_scattered(b) ? order_.add(b, home) : block::for_each_in(b, home);
            home.rest();
        });
        order_.finish(home);
        whole_slabs_home(home);
    }

    // give_back_unused - and what nobody has wanted for a while.
    PTM_NOINLINE static void give_back_unused() noexcept {
        errno_guard keep;
        for (unsigned place = 0; place < exchange::places; ++place)
            for (unsigned i = 1; i < block::lists; ++i)
                while (batch b = take_unused(i, place)) send_home(b);
        unused_slabs_home();
        if constexpr (headerless) shelves_.drop_pages();
        drop_unused_windows();
        give_back_arenas(C::tuned.give_back_least);
        if constexpr (keeps_mappings) shared_.mapped_backend.drop_beyond(SIZE_MAX);
    }

    // give_back_sparingly - the next time comes later when there is much to look at: a twentieth of the time is enough.
    static void give_back_sparingly() noexcept {
        std::uint64_t begun = coarse_clock::now();
        give_back_unused();
        std::uint64_t ended = coarse_clock::now(), rest = 20 * (ended - begun);
        if (rest > C::tuned.exchange_period) exchange_.begin_period(ended + rest - C::tuned.exchange_period);
    }

    static void* malloc_from_arena(std::size_t request) noexcept {
        if (!has_cache()) set_up_once();
        if (request > largest_request) return detail::out_of_memory();
        stash s = stash_of_thread(request);
        wanted w = want<C>(rounded(request));
        return user(request, request,
                    [&](arena_state<C>* a) { return a ? allocate_missed(*a, s, w) : map_alone(shared_, w); });
    }

    // allocate_missed - for a request that the cache did not meet, which may want more of the same.
    PTM_ALWAYS_INLINE static chunk* allocate_missed(arena_state<C>& a, stash s, wanted w) noexcept {
        if constexpr (C::cache::refills)
            if (s.to != block::nobody()) return allocate_and_refill(a, s, w);
        return allocate(a, s, w);
    }

    static chunk* allocate_and_refill(arena_state<C>& a, stash s, wanted w) noexcept {
        s.to->begin_refill(w.size);
        chunk* c = allocate(a, s, w);
        if (c && !header::is_mapped(c)) refill(a, s, w);
        s.to->end_refill();
        return c;
    }

    // refill - as long as top has room: not worth asking the system.
    static void refill(arena_state<C>& a, stash s, wanted w) noexcept {
        while (header::size_of(a.top) >= w.size + header::smallest && s.has_room(w.size)) {
            chunk* c = allocate(a, no_stash{}, w);
            s.put(c, header::size_of(c));
        }
    }

    PTM_COLD static void free_mapped(chunk* c) noexcept {
        errno_guard keep;
        if constexpr (C::ruled.size_doubted_late) look_at_freed<C>(c, header::size_of(c));
        adapt_threshold(shared_, c);
        unmap_chunk(shared_, c);
    }

    // free_unstacked - larger than what is stacked, or its list is full, or there is no cache yet. By the user pointer,
    // which free still has: an instruction less there.
    PTM_NOINLINE static void free_unstacked(void* p) noexcept {
        chunk* c = header::from_user(p);
        if constexpr (headerless)
            if (is_headerless(c)) return free_unaccepted_block(c);
        std::size_t word = header::peek(c);
        if constexpr (header::marks_lists) return free_unaccepted(c, word); // all lists were asked
        chunk_size n = header::size_in(word);
        bool cached = !header::mapped_in(word) && block::cacheable(n) && own_.accept_in(block::list_by(word), c);
        if (!cached) free_unaccepted(c, word);
    }

    // free_unaccepted - what no list has room for at once.
    PTM_NOINLINE static void free_unaccepted(chunk* c, std::size_t word) noexcept {
        if (header::mapped_in(word)) return free_mapped(c);
        chunk_size n = header::size_in(word);
        if (!block::cacheable(n)) return free_to_arena(c);
        accept_slowly(block::list_by(word), c);
    }

    // free_unaccepted_block - the same, headerless; or nullptr, before there are windows.
    // faults   double_free_out
    PTM_NOINLINE static void free_unaccepted_block(chunk* c) noexcept {
        if (!header::to_user(c)) return;
        unsigned i = list_of_headerless(c);
        expect<C, fault::double_free_out>(i != 0, c);
        accept_slowly(i, c);
    }

    static void accept_slowly(unsigned i, chunk* c) noexcept {
        make_cache();
        if (!own_.serves) return free_to_arena(c);
        if (own_.is_new(i) && block::is_shared(i) && begin_apart(i)) return own_.push_last(i, c);
        if (!own_.make_room(i)) hand_over(i);
        own_.push(i, c);
    }

    // begin_apart - who frees a small block before it asked for one has it from another thread, whose blocks lie beside
    // it. It gets some that lie by themselves, and that one is kept for when they are used up.
    //   returns  false: it got none
    PTM_COLD static bool begin_apart(unsigned i) noexcept {
        if (__libc_single_threaded || forking_) return false;
        errno_guard keep;
        if constexpr (headerless) {
            void* p = from_slab(i);
            return p && (own_.push(i, header::from_user(p)), true);
        }
        arena* a = arenas_.lock_one(apart_bytes);
        if (!a) return false;
        std::size_t k = allocate_apart(*a, block::size_in(i), typename block::refill(own_, i));
        busy::leave(a->lock);
        return k != 0;
    }

    // hand_over - a batch of list i goes to the exchange.
    PTM_NOINLINE static void hand_over(unsigned i) noexcept {
        put_batch(i, own_.leaving(i, limits_, share_of_a_thread(i)));
        own_.brings();
        if (++own_.handed_over % 16 != 0 || forking_) return;
        if (exchange_.period_over(coarse_clock::now(), C::tuned.exchange_period)) [[unlikely]]
            give_back_sparingly();
    }

    // share_of_a_thread - bytes that its cache may hold of sizes that are costly to cut, if list i has such.
    static std::size_t share_of_a_thread([[maybe_unused]] unsigned i) noexcept {
        if constexpr (has_slabs)
            if (block::has_slabs(i)) return 0;
        return shared_.held / (C::tuned.budget_share * std::max<std::size_t>(threads_, 1));
    }

    // send_cached_home - what the calling thread has cached and what threads have left for one another.
    static void send_cached_home() noexcept {
        if constexpr (has_slabs)
            if (own_.serves) lists_into_slabs();
        if (own_.serves) empty(own_);
        errno_guard keep;
        collect(send_home);
        homecoming home;
        whole_slabs_home(home);
        drop_windows();
    }

    static void send_home(batch b) noexcept {
        homecoming home;
        block::for_each_in(b, home);
    }

    PTM_NOINLINE static void free_uncached(chunk* c) noexcept {
        if constexpr (C::cache::exchanges)
            free_unstacked(header::to_user(c));
        else
            free_refused(c);
    }

    static void free_refused(chunk* c) noexcept {
        if (!has_cache() || cache().suspects(c, limits_)) [[unlikely]]
            return free_doubtful(c);
        if constexpr (C::cache::flushes)
            if (kept_after_flush(c)) return;
        free_to_arena(c);
    }

    // kept_after_flush - the cache has no room for c, which is not cached: it flushes, if c is worth that.
    static bool kept_after_flush(chunk* c) noexcept {
        chunk_size n = owned_size(c);
        if (!cache().worth_a_flush(n, limits_)) return false;
        {
            homecoming home;
            cache().flush(limits_, home);
        }
        return cache().accept_plain(c, n, limits_);
    }

    // empty - of the thread that leaves; it has no cache any more.
    static void empty(block& b) noexcept {
        if constexpr (C::cache::flushes || C::cache::exchanges) {
            homecoming home;
            b.drain(home);
        } else {
            b.drain([](chunk* c) noexcept { free_doubtful(c); });
        }
    }

    // The first free of a thread may make its cache, which may then take the chunk. A chunk that looks cached already
    // is looked into.
    PTM_COLD static void free_doubtful(chunk* c) noexcept {
        make_early_cache();
        if (!cache().accept(c, owned_size(c), limits_)) free_to_arena(c);
    }

    // free_block - of a thread's cache, which may be in a mapping of its own.
    PTM_COLD static void free_block(chunk* c) noexcept {
        if (header::mapped_in(header::peek(c))) return free_mapped(c);
        hide_block<C>(c);
        free_doubtful(c);
    }

    PTM_ALWAYS_INLINE static void free_to_arena(chunk* c) noexcept {
        if (went_to_slab(c)) return;
        if constexpr (C::ruled.size_doubted_late) look_at_uncached<C>(c, owned_size(c));
        arena_state<C>& a = arena_of(c);
        entered hold(a);
        release_to_arena(a, c, origin::user);
    }

    // cleared - a block from a cache: all that the user may write reads as zero.
    static void* cleared(void* p) noexcept {
        chunk* c = header::from_user(p);
        fill_block<C>(c, 0, usable(c));
        return p;
    }

    static void* cleared_if_any(void* p) noexcept { return p ? cleared(p) : nullptr; }

    // fits_closely - is c large enough for `request`, and not worth being made smaller?
    static bool fits_closely(const chunk* c, std::size_t request, bool mapped) noexcept {
        if constexpr (!C::ruled.realloc_keeps_close_fits) return false;
        std::size_t there = usable(c), spare = there - request;
        return request <= there && (spare < header::header_bytes || (mapped && spare <= system_page_bytes()));
    }

    static void* realloc_mapped(chunk* c, std::size_t request) noexcept {
        return resize_mapped(shared_, c, header::size_for(request), [&] { return malloc_cached_or_not(request); });
    }

    // realloc_cached - from one of the cache's sizes to another. A block that would waste less than half stays.
    static void* realloc_cached(chunk* c, std::size_t request) noexcept {
        std::size_t room = usable(c);
        void* p = header::to_user(c);
        if (request <= room && request >= room / 2) return p;
        int before = errno;
        void* fresh = malloc_cached_or_not(request);
        if (!fresh) return request <= room ? (errno = before, p) : nullptr;
        copy_block<C>(fresh, c, request < room ? request : room);
        free_chunk(c);
        return fresh;
    }

    static bool moves_by_cache(const chunk* c, std::size_t request) noexcept {
        if constexpr (C::cache::exchanges && C::ruled.small_realloc_moves)
            return request <= block::most_request && block::cacheable(owned_size(c));
        else
            return false;
    }

    static void* realloc_in_arena(chunk* c, std::size_t request) noexcept {
        if constexpr (C::cache::exchanges)
            if (moves_by_cache(c, request) || in_slab(c)) return realloc_cached(c, request);
        if constexpr (C::cache::exchanges)
            if (void* p = resized_before_growth(c, request)) return p;
        if (void* p = resized(c, request)) return p;
        if constexpr (headerless)
            if (shelves_.windows().give_up())
                if (void* p = resized(c, request)) return p;
        return __libc_single_threaded ? detail::out_of_memory() : realloc_elsewhere(c, request);
    }

    static void* resized(chunk* c, std::size_t request) noexcept {
        stash s = present_stash();
        return in_arena(c, [&](arena_state<C>& a) { return resize(a, s, c, header::size_for(rounded(request))); });
    }

    // resized_before_growth - as before_growth.
    static void* resized_before_growth(chunk* c, std::size_t request) noexcept {
        if (forking_ || !own_.serves) return nullptr;
        void* p = without_larger_arena([&] { return resized(c, request); });
        if (!p) collect_for_growth();
        return p;
    }

    // With other threads about, a request that the arena cannot serve may still be met from the thread's cache.
    PTM_COLD static void* realloc_elsewhere(chunk* c, std::size_t request) noexcept {
        void* fresh = malloc_cached_or_not(request);
        if (!fresh) return nullptr;
        copy_block<C>(fresh, c, bytes(owned_size(c)) - header::overhead);
        hide_block<C>(c);
        if (!present_stash().accept(c, owned_size(c))) free_to_arena(c);
        return fresh;
    }

    // malloc_cached_or_not - a new place for a block; a hook that watches malloc sees it.
    static void* malloc_cached_or_not(std::size_t request) noexcept {
        if (malloc_hook hook = hooks::on_malloc()) [[unlikely]]
            return hook(request, __builtin_return_address(0));
        return cached_or_not(request);
    }

    // make_cache - the calling thread's cache, if it has none and is not leaving. Without memory for one, the thread
    // does without, and tries again next time.
    PTM_ALWAYS_INLINE static void make_cache() noexcept {
        if (C::cache::caches && !has_cache()) [[unlikely]]
            make_first_cache();
    }

    // make_early_cache, make_cache_for - where any request or free makes a cache, and where only a request does that
    // the cache may serve.
    PTM_ALWAYS_INLINE static void make_early_cache() noexcept {
        if constexpr (C::cache::made_early) make_cache();
    }
    PTM_ALWAYS_INLINE static void make_cache_for([[maybe_unused]] std::size_t request) noexcept {
        if constexpr (C::cache::made_early)
            make_cache();
        else if (block::may_serve(request, limits_))
            make_cache();
    }

    PTM_COLD static void make_first_cache() noexcept {
        set_up_once();
        if (leaving_) return;
        if constexpr (C::cache::exchanges)
            begin_own_cache();
        else
            make_block();
    }

    // begin_own_cache - from now on the thread's end matters: there is something to be handed back.
    static void begin_own_cache() noexcept {
        own_.begin(limits_);
        own_.serves = true;
        threads_.add(1);
        if (!will_leave_) look_around();
    }

    static void make_block() noexcept {
        errno_guard keep;
        std::size_t n = sizeof(block);
        void* p = user(n, n, [&](arena_state<C>* a) {
            return a ? allocate(*a, no_stash{}, want<C>(n)) : map_alone(shared_, want<C>(n));
        });
        if (p) cache_ = ::new (expose_block<C>(p, n)) block;
    }

    static void set_up_once() noexcept {
        if (!is_set_up_.load(std::memory_order_acquire)) [[unlikely]]
            set_up();
    }

    PTM_COLD static void set_up() noexcept {
        {
            busy::registering mark;
            holding hold(setting_up_);
            if (is_set_up_.load(std::memory_order_relaxed)) return;
            take_settings();
            main_.prepare();
            if constexpr (headerless) shelves_.windows().prepare();
            if constexpr (C::cache::exchanges) exchange_.begin_period(coarse_clock::now());
            arenas_.begin();
            exit_hook_.make(); // allocates nothing; whoever sees is_set_up_ may arm it
            is_set_up_.store(true, std::memory_order_release);
        }
        if (!has_fork_hook_early_) make_fork_hook();
        hooks::set_up();
    }

    // make_fork_hook - once: before main begins, when there is one thread, or with the first request if that is
    // earlier. What registers it might allocate.
    static bool make_fork_hook() noexcept {
        if (!has_fork_hook_.exchange(true, std::memory_order_relaxed))
            fork_hook<&heap::before_fork, &heap::after_fork, &heap::in_child>::make();
        return true;
    }

    static void take_settings() noexcept {
        tuning t = C::tuned;
        settings user;
        if (t.environment == environment_source::glibc_variables) user = read_process_settings(C::ruled.tunables);
        apply(shared_, t, user);
        limits_.set(t);
        if (t.huge_pages == 1) shared_.huge_page = advised_huge_page_bytes();
        bool chosen = user[tunable::mmap_threshold].has_value();
        shared_.use_explicit_pages(explicit_huge_page_bytes(t.huge_pages), chosen);
    }

    // While there is one thread, nobody else holds a lock: there is nothing to wait for. Otherwise another one may be
    // setting the heap up; if it begins after this, the child does so anew. Handlers that were registered before ours
    // run while all arenas are locked, and may allocate.
    static void before_fork() noexcept {
        if (__libc_single_threaded) return;
        if (busy::holder_of_registry() == holder::another) holding wait(setting_up_);
        arenas_.before_fork();
        if constexpr (keeps_mappings) shared_.mapped_backend.before_fork();
        if constexpr (C::cache::exchanges)
            for_each_exchange([](auto& e) {
                e.lock_for_fork([](auto& lock) { return arena_ring<C>::take(lock, busy::holder_of_shelf(&lock)); });
            });
        forking_ = true;
    }
    static void after_fork() noexcept {
        if (!forking_) return;
        forking_ = false;
        if constexpr (keeps_mappings) shared_.mapped_backend.after_fork();
        if constexpr (C::cache::exchanges) for_each_exchange([](auto& e) { e.unlock_after_fork(); });
        arenas_.after_fork();
    }
    static void in_child() noexcept {
        if (!forking_) return;
        forking_ = false;
        if (!is_set_up_.load(std::memory_order_relaxed)) setting_up_.reset_after_fork();
        if constexpr (keeps_mappings) shared_.mapped_backend.after_fork();
        if constexpr (C::cache::exchanges) exchange_in_child();
        arenas_.in_child();
    }

    // for_each_exchange - of what threads share and lock beside the arenas.
    static void for_each_exchange(auto visit) noexcept {
        visit(exchange_);
        if constexpr (has_slabs) visit(shelves_);
        if constexpr (headerless) visit(shelves_.windows());
    }

    // exchange_in_child - what is left would be copied, page by page, to come home: in the child it does not count.
    // What another thread was bringing home is lost there. A thread that forks in a signal handler, out of a
    // collection, goes on with it.
    static void exchange_in_child() noexcept {
        for_each_exchange([](auto& e) { e.reset_after_fork(); });
        if (!collects_) {
            order_.forget();
            collecting_.store(false, std::memory_order_relaxed);
        }
        known_left_ = SIZE_MAX;
        threads_ = own_.serves ? 1 : 0;
    }
};

template <complete_heap C>
inline const bool heap<C>::has_fork_hook_early_ = heap<C>::make_fork_hook();

} // namespace ptm
