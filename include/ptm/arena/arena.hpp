// arena/arena.hpp - an arena as an object: memory of one's own, behind a lock, without a thread cache.
//
// As thread-safe as the configuration's lock: with one, any thread may use the arena, and the last one destroy it. Many
// of one type may live side by side; each has its own backend, and may be constinit. What an arena has goes back with
// release() and with its destructor, whoever still uses it, if its backends know what they have handed out
// (knows_its_memory); otherwise its blocks outlive it.
//
// An arena whose main backend has no frontier lives in regions, and gives each back as soon as nothing in it is used;
// when the last block is freed, the last one goes, too (see retain).
#pragma once

#include <cerrno>
#include <cstddef>
#include <exception>
#include <new>
#include <type_traits>

#include <ptm/arena/align.hpp>
#include <ptm/arena/allocate_run.hpp>
#include <ptm/arena/clear.hpp>
#include <ptm/arena/release_all.hpp>
#include <ptm/arena/resize.hpp>
#include <ptm/arena/verify.hpp>

namespace ptm {

// limit_handler - asked when an arena would need more memory than its limit allows, by the thread that asked for a
// block, without the arena's lock.
//   context  as given with the limit
//   request  bytes asked for
//   returns  true: try again (the handler has freed something, or raised the limit); false: there is no memory
using limit_handler = bool (*)(void* context, std::size_t request) noexcept;

template <complete_arena C>
class arena {
    using header = typename C::header;
    using chunk = typename header::chunk;
    using at_work = typename C::poisoning::at_work;

    // make_inside needs a backend that can be carried into its own memory.
    static constexpr bool lives_at_a_frontier =
        !keeps_regions<C> && knows_its_memory<C> && std::is_trivially_copyable_v<typename C::main_backend>;

    static constexpr bool tells_owners = requires { header::owners; };

    // Largest request that a fast bin can serve; no bin is asked that is not there.
    static constexpr std::size_t most_fast = bytes(C::fast_bins::template in<C>::most);
    static constexpr bool has_fast = most_fast > header::overhead;
    static constexpr std::size_t most_quick = has_fast ? most_fast - header::overhead : 0;

    shared_state<C> shared_{};
    arena_state<C> state_{shared_};
    std::size_t live_ = 0;   // blocks handed out
    std::size_t retain_ = 0; // bytes that may stay when there is none
    limit_handler handler_ = nullptr;
    void* context_ = nullptr;
    bool inside_ = false; // the arena stands at the start of its own memory
    unsigned owner_ = 0;  // what a header that tells owners says of our blocks

public:
    using config = C;

    constexpr arena() noexcept = default;

    // from - the backend to take memory from, for backends that have something to know, such as buffer_backend.
    constexpr explicit arena(const typename C::main_backend& from) noexcept : state_(shared_, from) {}

    arena(const arena&) = delete;
    arena& operator=(const arena&) = delete;

    ~arena() {
        if constexpr (knows_its_memory<C>) release();
    }

    // make_inside - an arena that stands in the memory of its own main backend, before its blocks: wholly inside a
    // buffer, a reserved stretch, a file. It ends with end_inside().
    //   returns  nullptr: the backend has no room for it
    static arena* make_inside(typename C::main_backend from) noexcept
        requires(lives_at_a_frontier)
    {
        std::size_t ahead = 0;
        if (std::byte* at = from.frontier()) ahead = bytes_to_aligned(at, alignof(arena));
        pages run = from.obtain(align_up(ahead + sizeof(arena), from.page_bytes()));
        if (!run) return nullptr;
        arena* a = ::new (run.data + ahead) arena(from);
        a->inside_ = true;
        return a;
    }

    // end_inside - of an arena that make_inside() has made. Its memory goes back.
    static void end_inside(arena* a) noexcept
        requires(lives_at_a_frontier)
    {
        a->release();
        typename C::main_backend memory = a->state_.backend;
        memory.release();
    }

    // allocate - a block of at least `request` bytes, aligned to header::alignment: with most headers for every
    // ordinary type.
    //   returns  nullptr and errno = ENOMEM when there is no memory; the arena is intact
    //   cost     for a fast chunk 23 instructions without a lock; the rest is in a function of its own
    PTM_ALWAYS_INLINE void* allocate(std::size_t request) noexcept {
        if (!shared_.permits(request)) [[unlikely]]
            return detail::out_of_memory();
        [[maybe_unused]] at_work working;
        state_.lock.lock();
        if (chunk* c = quick(request)) [[likely]] {
            state_.lock.unlock();
            return header::to_user(c);
        }
        return search_held(request);
    }

    // allocate_or - as allocate(request, alignment). When nothing is found, failed(refused, thrown) is called under the
    // lock, and must not throw. What the handler of the limit finds ends that failure.
    //   refused  bool: because of the limit
    //   thrown   thrown() is what a backend keeps of an exception, a std::exception_ptr, or nullptr
    void* allocate_or(std::size_t request, std::size_t alignment, auto failed) noexcept {
        if (request > largest_request || alignment > largest_request) return detail::out_of_memory();
        if (!shared_.permits(request)) return detail::out_of_memory();
        state_.lock.lock();
        return search_aligned_held(request, alignment, failed);
    }

    // allocate_quick_or - allocate(request), if that is quick; else otherwise(), without the lock.
    PTM_ALWAYS_INLINE void* allocate_quick_or(std::size_t request, auto otherwise) {
        if constexpr (decides<typename C::observer>) return otherwise();
        chunk* c = quick_locked(request);
        if (!c) [[unlikely]]
            return otherwise();
        return header::to_user(c);
    }

    // allocate_cleared - the same, reading as zero.
    void* allocate_cleared(std::size_t request) noexcept { return allocate_cleared_or(request, no_matter); }

    // allocate_cleared_or - the same; failed: see allocate_or.
    void* allocate_cleared_or(std::size_t request, auto failed) noexcept {
        if (request > largest_request || !shared_.permits(request)) return detail::out_of_memory();
        state_.lock.lock();
        auto find = [&] { return handed_out(ptm::allocate_cleared(state_, no_stash{}, want<C>(request)), request); };
        void* p = attempt_held(request, find, failed);
        if (p) C::poisoning::define(p, request);
        return p;
    }

    // allocate - with an alignment, a power of two in bytes.
    void* allocate(std::size_t request, std::size_t alignment) noexcept {
        if (alignment <= header::alignment) return allocate(request);
        return allocate_or(request, alignment, no_matter);
    }

    // deallocate - p: from this arena, or nullptr. errno survives.
    // faults   those of a double free and of a damaged heap
    PTM_ALWAYS_INLINE void deallocate(void* p) noexcept {
        if (!p) return;
        [[maybe_unused]] at_work working;
        chunk* c = header::from_user(p);
        std::size_t word = header::peek(c);
        chunk_size n = header::size_in(word);
        state_.lock.lock();
        shared_.observer(events::freed{p});
        if (header::mapped_in(word) || bytes(n) > shared_.most_fast || !header::sound_in(word, c) || !suits_freed(c, n)
            || !quick_return(c, n)) [[unlikely]]
            return return_held(c);
        state_.lock.unlock();
    }

    // deallocate - p: from this arena, not nullptr. request: as it was allocated with, or with reallocate. Saves the
    // questions that a size word must be asked which nobody vouches for.
    // faults   free_invalid_size, if the block is smaller than the request; those of deallocate(p)
    PTM_ALWAYS_INLINE void deallocate(void* p, std::size_t request) noexcept {
        [[maybe_unused]] at_work working;
        chunk* c = header::from_user(p);
        std::size_t word = header::peek(c);
        chunk_size n = header::size_for(request);
        state_.lock.lock();
        shared_.observer(events::freed{p});
        if (!header::ordinary_in(word, n) || !header::sound_in(word, c) || bytes(n) > shared_.most_fast
            || !user_aligned<header>(c) || !quick_return(c, n)) [[unlikely]]
            return return_sized_held(c, request);
        state_.lock.unlock();
    }

    // reallocate - p, from this arena, with room for `request` bytes; may move. The old contents are kept.
    //   returns  nullptr and errno = ENOMEM: p is as it was
    void* reallocate(void* p, std::size_t request) noexcept {
        if (!p) return allocate(request);
        if (!may_resize(p, request)) return detail::out_of_memory();
        chunk* c = header::from_user(p);
        shared_.observer(events::freed{p});
        void* moved = attempt(request, [&] { return resized(c, request); });
        shared_.observer(events::allocated{moved ? moved : p, moved ? request : usable_bytes<header>(c)});
        return moved;
    }

    // expand - p, from this arena, with room for `request` bytes where it is. Nothing moves; a smaller request gives
    // the tail back, but for a block in a mapping of its own, which stays as it is.
    //   returns  false: that would take another place; p is as it was. errno survives
    //   cost     O(1), and never a way to the backend for more
    bool expand(void* p, std::size_t request) noexcept {
        if (!may_resize(p, request)) return false;
        errno_guard keep;
        inside hold(state_);
        [[maybe_unused]] std::size_t had = reach_of<C>(header::from_user(p));
        if (!expanded(header::from_user(p), request)) return false;
        resize_block<C>(p, had, request);
        shared_.observer(events::freed{p});
        shared_.observer(events::allocated{p, request});
        return true;
    }

    // allocate_run - `count` blocks of `request` bytes each into out[0], out[1], ..., neighbours in memory as far as
    // that goes, under one lock. Each is a block like any other. T: void, or what shall stand there.
    //   returns  how many there are; fewer than `count`: errno = ENOMEM, and the rest of `out` is as it was
    //   cost     as one allocate() for every 64 KiB, and a few stores for each block
    template <class T>
    std::size_t allocate_run(std::size_t request, std::size_t count, T** out) noexcept {
        std::size_t served = 0;
        if (checked_multiply(count, request).value_or(SIZE_MAX) > largest_request) return no_run();
        if (!shared_.permits(count * request)) return no_run();
        while (served < count && attempt(request, [&] { return run(request, count, out, served); })) {}
        return served;
    }

    // deallocate_run - `count` blocks from this arena, under one lock; in the order of their addresses they merge on
    // the way. errno survives.
    //   faults   those of deallocate
    template <class T>
    void deallocate_run(T* const* blocks, std::size_t count) noexcept {
        if (count == 0) return;
        errno_guard keep;
        inside hold(state_);
        for (std::size_t i = 0; i < count; ++i) shared_.observer(events::freed{blocks[i]});
        live_ -= count;
        while (count > 0) {
            std::size_t k = return_leading(blocks, count);
            blocks += k;
            count -= k;
        }
        if (live_ == 0) [[unlikely]]
            rest();
    }

    // usable_size - bytes that may be written at p: at least those asked for.
    static std::size_t usable_size(const void* p) noexcept {
        if (!p) return 0;
        [[maybe_unused]] at_work working;
        return expose_usable<C>(p, usable_bytes<header>(header::from_user(p)));
    }

    // owns - does p lie in memory of this arena?
    //   cost     O(regions)
    bool owns(const void* p) noexcept
        requires(knows_its_memory<C>)
    {
        inside hold(state_);
        if (shared_.mapped_backend.holds(p)) return true;
        if constexpr (keeps_regions<C>) {
            bool found = false;
            state_.regions.for_each([&](const region& r) { found |= bytes_between(r.run.data, p) < r.run.bytes; });
            return found;
        } else {
            return state_.backend.holds(p) && bytes_between(this, p) >= sizeof *this;
        }
    }

    // release - gives everything back at once: all blocks are gone, the arena is as new. Settings and limit stay.
    //   cost     O(regions), and nothing for each block
    void release() noexcept {
        [[maybe_unused]] at_work working;
        holding hold(state_.lock);
        give_all_back();
    }

    // trim - gives back what can be, but for `pad` bytes at the end.
    //   returns  true: something went back
    bool trim(std::size_t pad = 0) noexcept {
        inside hold(state_);
        return ptm::trim(state_, pad);
    }

    // retain - bytes that may stay with an arena in regions when its last block is freed; 0 at first. For those who use
    // one block at a time: the next one then costs no way to the backend.
    void retain(std::size_t bytes) noexcept { retain_ = bytes; }
    std::size_t retain() const noexcept { return retain_; }

    // limit - the arena never has more than `bytes` from its backends; SIZE_MAX: as much as there is.
    //   handler  asked when that is not enough; nullptr: nobody
    //   thread   not while others allocate
    void limit(std::size_t bytes, limit_handler handler = nullptr, void* context = nullptr) noexcept {
        shared_.limit = bytes;
        handler_ = handler;
        context_ = context;
    }
    std::size_t limit() const noexcept { return shared_.limit; }

    // held - bytes from the backends now. remaining - bytes that may yet come from them.
    std::size_t held() const noexcept { return shared_.held; }
    std::size_t remaining() noexcept {
        std::size_t now = shared_.held, most = shared_.limit;
        std::size_t left = now < most ? most - now : 0;
        if constexpr (requires(typename C::main_backend& b) { b.remaining(); })
            if (std::size_t there = state_.backend.remaining(); there < left) left = there;
        return left;
    }

    // live - blocks that were handed out and not freed.
    std::size_t live() noexcept {
        holding hold(state_.lock);
        return live_;
    }

    // consolidate - merges the fast chunks with their neighbours.
    void consolidate() noexcept {
        inside hold(state_);
        ptm::consolidate(state_);
    }

    // for_each_block - visit(block, usable bytes): all blocks in use but for mapped ones, under the lock. Fast chunks
    // are merged first, so that they are not taken for blocks.
    void for_each_block(auto&& visit) {
        inside hold(state_);
        ptm::consolidate(state_);
        for_each_chunk(state_, [&](chunk* c, bool used) {
            if (used) visit(header::to_user(c), bytes(header::size_of(c)) - header::overhead);
        });
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

    // set_owner - what the header of a block says whose it is; before the first block.
    void set_owner(unsigned owner) noexcept
        requires(tells_owners)
    {
        owner_ = owner;
    }

    // shared - settings, and figures of mapped chunks. state - the data itself, for those who hold the lock.
    shared_state<C>& shared() noexcept { return shared_; }
    arena_state<C>& state() noexcept { return state_; }
    typename C::main_backend& backend() noexcept { return state_.backend; }

    // largest_quick - blocks for requests up to so many bytes are kept by size when freed, and merge later; 0: none
    // are. own_region - blocks from so many bytes on have memory of their own, which goes back with them.
    //   thread   not while others use the arena
    void largest_quick(std::size_t bytes) noexcept { shared_.set_most_fast(bytes); }
    std::size_t largest_quick() const noexcept {
        std::size_t most = shared_.most_fast;
        return most > header::overhead ? most - header::overhead : 0;
    }
    void own_region(std::size_t bytes) noexcept { shared_.mmap_threshold = bytes; }
    std::size_t own_region() const noexcept { return shared_.mmap_threshold; }

private:
    static constexpr auto no_matter = [](bool, auto&&) noexcept {};

    bool may_resize(const void* p, std::size_t request) noexcept {
        return request <= largest_request
            && shared_.permits_growth(request, [p] { return usable_bytes<header>(header::from_user(p)); });
    }

    // was_refused - because of the limit, since this was asked last; also by what the backend stands for.
    bool was_refused() noexcept {
        bool refused = shared_.take_refusal();
        if constexpr (requires { state_.backend.take_refusal(); }) refused |= state_.backend.take_refusal();
        return refused;
    }

    // failure - what a backend keeps of an exception, once; nullptr: nothing.
    std::exception_ptr failure() noexcept {
        std::exception_ptr main = detail::take_failure(state_.backend);
        std::exception_ptr mapped = detail::take_failure(shared_.mapped_backend);
        return mapped ? mapped : main;
    }

    // may_stay - may what the arena has remain when nothing of it is used?
    bool may_stay() const noexcept {
        std::size_t free_of_charge = 0;
        if constexpr (has(C::main_backend::able, can::offer)) free_of_charge = state_.backend.taken();
        return state_.system_bytes <= retain_ + free_of_charge;
    }

    // attempt_held - find() under the lock, which is held now and let go, and again as long as there is no memory and
    // the handler of the limit says so.
    //   find     returns something for the user, or nullptr
    //   failed   see allocate_or
    PTM_ALWAYS_INLINE void* attempt_held(std::size_t request, auto find, auto failed) noexcept {
        for (;;) {
            bool refused = false;
            {
                inside hold(state_, already_held{});
                shared_.refused = false; // by a search that found something smaller after all
                if (void* p = find()) [[likely]]
                    return p;
                refused = was_refused();
                failed(refused, [this]() noexcept { return failure(); });
            }
            if (!refused || !handler_ || !handler_(context_, request)) return detail::out_of_memory();
            state_.lock.lock();
        }
    }

    PTM_ALWAYS_INLINE void* attempt(std::size_t request, auto find) noexcept {
        state_.lock.lock();
        return attempt_held(request, find, no_matter);
    }

    // handed_out - a chunk for the user, or nullptr.
    PTM_ALWAYS_INLINE void* handed_out(chunk* c, std::size_t request) noexcept {
        if (!c) [[unlikely]]
            return nullptr;
        ++live_;
        expose_block<C>(header::to_user(c), request);
        shared_.observer(events::allocated{header::to_user(c), request});
        return handed_out(c);
    }

    // quick - a fast chunk, if there is one and nothing else is to be done with it. Needs no prepare(), and no look at
    // what is fast by the settings: a bin that is not in use is empty.
    PTM_ALWAYS_INLINE chunk* quick(std::size_t request) noexcept {
        if (!has_fast || request > most_quick || shared_.perturb != 0) [[unlikely]]
            return nullptr;
        chunk* c = state_.fast.try_pop(header::size_for(request));
        if (c) handed_out(c, request);
        return c;
    }

    PTM_ALWAYS_INLINE chunk* quick_locked(std::size_t request) noexcept {
        [[maybe_unused]] at_work working;
        holding hold(state_.lock);
        return quick(request);
    }

    // quick_return - puts a chunk of n into its fast bin, if nothing else is to be done and no check speaks against it.
    PTM_ALWAYS_INLINE bool quick_return(chunk* c, chunk_size n) noexcept {
        if (shared_.perturb != 0) [[unlikely]]
            return false;
        if (live_ == 1 && !may_stay()) return false;
        if (C::checked(fault::free_invalid_next_size_fast)
            && !word_plausible<header>(header::at(c, bytes(n)), state_.system_bytes)) [[unlikely]]
            return false;
        hide_block<C>(c);
        if (!state_.fast.try_push(c, n)) [[unlikely]]
            return false;
        state_.have_fast = true;
        --live_;
        return true;
    }

    // suits_freed - does no check speak against a chunk of n that comes back?
    static bool suits_freed(const chunk* c, chunk_size n) noexcept {
        if (C::checked(fault::free_invalid_pointer) && (wraps<header>(c, n) || !user_aligned<header>(c))) return false;
        return !C::checked(fault::free_invalid_size) || size_possible<header>(n);
    }

    // What is not quick. The lock is held, and let go.
    PTM_NOINLINE void* search_held(std::size_t request) noexcept {
        auto find = [&]() -> void* {
            if (request > largest_request) return nullptr;
            return handed_out(ptm::allocate(state_, no_stash{}, want<C>(request)), request);
        };
        return attempt_held(request, find, no_matter);
    }

    PTM_ALWAYS_INLINE void* search_aligned_held(std::size_t request, std::size_t alignment, auto failed) noexcept {
        if (alignment > header::alignment && alignment < bytes(header::smallest)) alignment = bytes(header::smallest);
        auto find = [&] {
            chunk* c = alignment <= header::alignment ? ptm::allocate(state_, no_stash{}, want<C>(request))
                                                      : allocate_aligned(state_, no_stash{}, alignment, request);
            return handed_out(c, request);
        };
        return attempt_held(request, find, failed);
    }

    PTM_NOINLINE void return_held(chunk* c) noexcept {
        errno_guard keep;
        inside hold(state_, already_held{});
        return_chunk(c);
        if (--live_ == 0) [[unlikely]]
            rest();
    }

    PTM_NOINLINE void return_sized_held(chunk* c, std::size_t request) noexcept {
        expect<C, fault::free_invalid_size>(request <= usable_bytes<header>(c), c);
        return_held(c);
    }

    PTM_ALWAYS_INLINE void* handed_out(chunk* c) noexcept {
        if constexpr (tells_owners) header::set_owner(c, owner_);
        return header::to_user(c);
    }

    static std::size_t no_run() noexcept {
        errno = ENOMEM;
        return 0;
    }

    // run - as many blocks as there is memory for, from out[served] on.
    //   returns  nullptr: there was none for another one
    template <class T>
    void* run(std::size_t request, std::size_t count, T** out, std::size_t& served) noexcept {
        std::size_t before = served;
        ptm::allocate_run(state_, header::size_for(request), count - served,
                          [&](chunk* c) { out[served++] = static_cast<T*>(handed_out(c, request)); });
        return served > before ? out[before] : nullptr;
    }

    // return_leading - the first block, if it is mapped, or all up to the next mapped one.
    //   returns  how many
    template <class T>
    std::size_t return_leading(T* const* blocks, std::size_t count) noexcept {
        chunk* first = header::from_user(blocks[0]);
        if (header::is_mapped(first)) return free_mapped(first), 1;
        std::size_t k = 1;
        while (k < count && !header::is_mapped(header::from_user(blocks[k]))) ++k;
        release_run(state_, blocks, k);
        return k;
    }

    bool expanded(chunk* c, std::size_t request) noexcept {
        if (header::is_mapped(c)) return request <= usable_bytes<header>(c);
        return ptm::expand(state_, no_stash{}, c, header::size_for(request));
    }

    void* resized(chunk* c, std::size_t request) noexcept {
        std::size_t had = reach_of<C>(c);
        void* p = with_room(c, request);
        if (p) resize_block<C>(p, had, request);
        return p;
    }

    PTM_ALWAYS_INLINE void* with_room(chunk* c, std::size_t request) noexcept {
        chunk_size n = header::size_for(request);
        if (!header::is_mapped(c)) return handed_out_if(resize(state_, no_stash{}, c, n));
        void* p = resize_mapped(shared_, c, n, [&]() -> void* {
            chunk* fresh = ptm::allocate(state_, no_stash{}, want<C>(request));
            return fresh ? header::to_user(fresh) : nullptr;
        });
        return handed_out_if(p ? header::from_user(p) : nullptr);
    }

    void* handed_out_if(chunk* c) noexcept { return c ? handed_out(c) : nullptr; }

    PTM_ALWAYS_INLINE void return_chunk(chunk* c) noexcept {
        if (header::is_mapped(c)) [[unlikely]]
            return free_mapped(c);
        detail::look_at_returned<C>(c);
        hide_freed<C>(state_.system_bytes, c);
        release_to_arena(state_, c, origin::user);
    }

    PTM_COLD void free_mapped(chunk* c) noexcept {
        adapt_threshold(shared_, c);
        unmap_chunk(shared_, c);
    }

    // rest - nothing is used.
    PTM_COLD void rest() noexcept {
        if constexpr (keeps_regions<C>) {
            if (may_stay()) return;
            ptm::consolidate(state_);
            drop_top(state_);
        }
    }

    void give_all_back() noexcept {
        release_all(state_, inside_ ? reinterpret_cast<std::byte*>(this + 1) : nullptr);
        live_ = 0;
    }
};

} // namespace ptm
