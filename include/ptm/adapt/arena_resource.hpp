// adapt/arena_resource.hpp - an arena as a std::pmr::memory_resource, for containers of std::pmr.
//
//   ptm::arena_resource<> r;
//   std::pmr::vector<int> v(&r);
//
// Choose it where a pool resource of the standard library would stand: it takes blocks of all sizes, merges what is
// freed, and holds nothing of its upstream once everything is freed. A hit - allocating and deallocating 64 bytes, both
// virtual calls included - takes 56 instructions; std::pmr::unsynchronized_pool_resource takes 300, Boost.Container's
// 129, operator new with glibc's cache 232 (callgrind, GCC 12, -O2, one other block live).
//
// Invariants: the resource owns its arena; what upstream throws comes out as it was thrown, and the arena is intact; no
// constructor asks upstream for anything. As thread-safe as the configuration's lock: unsynchronized_arena_resource is
// for one thread, synchronized_arena_resource for any number. Destroying the resource, or release(), ends all blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory_resource>
#include <new>
#include <type_traits>
#include <utility>

#include <ptm/arena/arena.hpp>
#include <ptm/core/text.hpp>
#include <ptm/heap/unsynchronized_arena.hpp>

namespace ptm {

// limit_exceeded - thrown for a request that would need more memory than the limit allows.
class limit_exceeded : public std::bad_alloc {
    text<120> what_; // one zero at least is left behind it
    std::size_t request_, limit_;

public:
    limit_exceeded(std::size_t request, std::size_t held, std::size_t limit) noexcept
        : request_(request), limit_(limit) {
        what_ << "ptm: a request of " << request << " bytes with " << held << " bytes held exceeds the limit of "
              << limit << " bytes";
    }

    const char* what() const noexcept override { return what_.view().data(); }
    std::size_t request() const noexcept { return request_; } // bytes asked for
    std::size_t limit() const noexcept { return limit_; }     // bytes
};

// arena_options - all in bytes; 0 in the last two: as the configuration says.
struct arena_options {
    std::size_t limit = SIZE_MAX;  // never more than this from the backends, a buffer included
    std::size_t retain = 0;        // may stay when the last block is freed
    std::size_t largest_quick = 0; // blocks for requests up to this are kept by size when freed, and merge later
    std::size_t own_region = 0;    // blocks from this size on have memory of their own, which goes back with them

    // like - what corresponds in the options of a pool resource. How many blocks a pool gets at a time has no
    // counterpart: an arena grows with what it holds.
    static constexpr arena_options like(const std::pmr::pool_options& pool) noexcept {
        arena_options o;
        o.largest_quick = pool.largest_required_pool_block;
        return o;
    }
};

namespace detail {
// take_failure - what a backend, or the one that it is around, kept of an exception; nullptr: nothing.
template <class B>
std::exception_ptr take_failure(B& backend) noexcept {
    if constexpr (requires { backend.take_failure(); })
        return backend.take_failure();
    else if constexpr (requires { backend.inner(); })
        return take_failure(backend.inner());
    else
        return nullptr;
}

// upstream_of - the memory resource that a backend, or the one that it is around, asks.
template <class B>
auto upstream_of(const B& backend) noexcept {
    if constexpr (requires { backend.upstream(); })
        return backend.upstream();
    else if constexpr (requires { backend.inner(); })
        return upstream_of(backend.inner());
}

template <class B>
concept has_upstream = std::is_constructible_v<B, std::pmr::memory_resource*>
    && std::is_convertible_v<decltype(upstream_of(std::declval<const B&>())), std::pmr::memory_resource*>;
}

template <arena_config C = unsynchronized_arena>
class arena_resource final : public std::pmr::memory_resource {
    static_assert(knows_its_memory<C>,
                  "arena_resource: a backend cannot give back all at once (can::release), so that "
                  "release() and the destructor could not; see listed<B>, reserve_backend");

    using header = typename C::header;
    using backend = typename C::main_backend;
    static constexpr bool asks_upstream = detail::has_upstream<backend>;
    static constexpr bool takes_buffer = std::is_constructible_v<backend, pages, std::pmr::memory_resource*>;

    ptm::arena<C> arena_;

public:
    using config = C;

    // Constructors, in the order of the standard's pool resources. Without `upstream`: the default resource as it is
    // now.
    arena_resource() noexcept {} // not defaulted: the resource may be const
    explicit arena_resource(const arena_options& options) noexcept : arena_resource() { set(options); }
    explicit arena_resource(std::pmr::memory_resource* upstream) noexcept
        requires(asks_upstream)
        : arena_(backend(upstream)) {}
    arena_resource(const arena_options& options, std::pmr::memory_resource* upstream) noexcept
        requires(asks_upstream)
        : arena_resource(upstream) {
        set(options);
    }

    // arena_resource - begins in a buffer of `size` bytes, as std::pmr::monotonic_buffer_resource does; it is used
    // again after release(), and when everything in it is freed.
    arena_resource(void* buffer, std::size_t size) noexcept
        requires(takes_buffer)
        : arena_resource(buffer, size, std::pmr::get_default_resource()) {}
    arena_resource(void* buffer, std::size_t size, std::pmr::memory_resource* upstream) noexcept
        requires(takes_buffer)
        : arena_(backend(pages{static_cast<std::byte*>(buffer), size}, upstream)) {}

    // arena_resource - over a backend that has something to know, such as buffer_backend.
    explicit arena_resource(const backend& from, const arena_options& options = {}) noexcept : arena_(from) {
        set(options);
    }

    arena_resource(const arena_resource&) = delete;
    arena_resource& operator=(const arena_resource&) = delete;
    ~arena_resource() override = default;

    // release - all blocks are gone, also those not deallocated. Options and limit stay.
    void release() noexcept { arena_.release(); }

    // trim - gives back what can be while blocks are in use.
    //   returns  true: something went back
    bool trim() noexcept { return arena_.trim(); }

    // limit - see arena::limit. remaining - bytes that may yet come from the backends.
    void limit(std::size_t bytes, limit_handler handler = nullptr, void* context = nullptr) noexcept {
        arena_.limit(bytes, handler, context);
    }
    std::size_t remaining() noexcept { return arena_.remaining(); }

    // owns - does p lie in memory of this resource?
    bool owns(const void* p) noexcept { return arena_.owns(p); }

    std::pmr::memory_resource* upstream_resource() const noexcept
        requires(asks_upstream)
    {
        return detail::upstream_of(const_cast<ptm::arena<C>&>(arena_).backend());
    }

    // options - in effect, with what the configuration says in place of 0.
    arena_options options() const noexcept {
        shared_state<C>& s = const_cast<ptm::arena<C>&>(arena_).shared();
        std::size_t fast = s.most_fast;
        return {s.limit, arena_.retain(), fast != 0 ? fast - header::overhead : 0, s.mmap_threshold};
    }

    // arena - for all that an arena can. Blocks of one are blocks of the other.
    ptm::arena<C>& arena() noexcept { return arena_; }

private:
    // throws   what upstream threw; limit_exceeded; else std::bad_alloc
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (alignment > header::alignment) [[unlikely]]
            return allocate_or_throw(bytes, alignment);
        return arena_.allocate_quick_or(bytes, [&] { return allocate_or_throw(bytes, alignment); });
    }

    // Of what it is given only `bytes` is looked at: a block that is smaller is a fault (free_invalid_size).
    void do_deallocate(void* p, std::size_t bytes, std::size_t) override { arena_.deallocate(p, bytes); }

    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    // What upstream threw is taken under the lock, so that each of several threads that fail has its own.
    PTM_NOINLINE void* allocate_or_throw(std::size_t bytes, std::size_t alignment) {
        std::exception_ptr thrown;
        bool refused = false;
        void* p = arena_.allocate_or(bytes, alignment, [&](bool because_of_limit) noexcept {
            thrown = failure();
            refused = because_of_limit;
        });
        if (!p) [[unlikely]]
            fail(bytes, thrown, refused);
        return p;
    }

    std::exception_ptr failure() noexcept {
        std::exception_ptr main = detail::take_failure(arena_.backend());
        std::exception_ptr mapped = detail::take_failure(arena_.shared().mapped_backend);
        return mapped ? mapped : main;
    }

    [[noreturn]] PTM_COLD void fail(std::size_t bytes, const std::exception_ptr& thrown, bool refused) {
        if (thrown) std::rethrow_exception(thrown);
        if (refused) PTM_THROW(limit_exceeded(bytes, arena_.held(), arena_.limit()));
        PTM_THROW(std::bad_alloc());
    }

    void set(const arena_options& o) noexcept {
        shared_state<C>& s = arena_.shared();
        arena_.limit(o.limit);
        arena_.retain(o.retain);
        if (o.largest_quick != 0) s.set_most_fast(o.largest_quick);
        if (o.own_region != 0) s.mmap_threshold = o.own_region;
    }
};

using unsynchronized_arena_resource = arena_resource<unsynchronized_arena>;
using synchronized_arena_resource = arena_resource<synchronized_arena>;

} // namespace ptm
