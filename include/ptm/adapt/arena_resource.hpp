// adapt/arena_resource.hpp - an arena as a std::pmr::memory_resource, for containers of std::pmr.
//
//   ptm::arena_resource<> r;
//   std::pmr::vector<int> v(&r);
//
// Choose it where a pool resource of the standard library would stand: it takes blocks of all sizes, merges what is
// freed, and holds nothing of its upstream once everything is freed. Some KiB lie in the resource itself, so that
// temporaries and small containers do not go upstream at all; it is an object of 8 KiB, or 32 if synchronized.
//
// Instructions for allocating and deallocating 64 bytes in a loop of virtual calls, one other block being live
// (callgrind, GCC 12, -O2):
//
//                                  here   std::pmr's pools   Boost.Container's pools   std::pmr::new_delete_resource()
//   unsynchronized_arena_resource    75                300                        82                               226
//   synchronized_arena_resource     160                483                       241
//
// Invariants: the resource owns its arena; what upstream throws comes out as it was thrown, and the arena is intact; no
// constructor asks upstream for anything. As thread-safe as the configuration's lock: unsynchronized_arena_resource is
// for one thread; synchronized_arena_resource is for any number, and has stripes, so that they seldom wait. Destroying
// the resource, or release(), ends all blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory_resource>
#include <new>
#include <type_traits>
#include <utility>

#include <ptm/arena/striped_arena.hpp>
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
    std::size_t limit = SIZE_MAX;  // never more than this from the backends; a buffer does not count
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
// upstream_of - the memory resource that a backend, or the one that it is around, asks.
template <class B>
auto upstream_of(const B& backend) noexcept {
    if constexpr (requires { backend.upstream(); })
        return backend.upstream();
    else if constexpr (requires { backend.inner(); })
        return upstream_of(backend.inner());
}

// unwritten - bytes that nobody wrote to yet. hide - none of them is in use.
template <std::size_t Bytes, poisoning_policy P>
struct unwritten {
    alignas(std::max_align_t) std::byte bytes[Bytes];

    unwritten() noexcept {} // they stay as they are
    ~unwritten() { P::expose(bytes, Bytes); }
    void hide() noexcept { P::hide(bytes, Bytes); }
    pages run() const noexcept { return {const_cast<std::byte*>(bytes), Bytes}; }
};
template <poisoning_policy P>
struct unwritten<0, P> {
    static void hide() noexcept {}
};

// has_upstream - is made from a memory resource, and tells it.
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

    using arena_type = arena_for<C>;
    static constexpr std::size_t room_inside =
        takes_buffer ? align_up(sizeof(arena_type) + 4096, 8192) - sizeof(arena_type) - 64 : 0;

    [[no_unique_address]] detail::unwritten<room_inside, typename C::poisoning> room_;
    arena_type arena_;

public:
    using config = C;

    // Constructors, in the order of the standard's pool resources. Without `upstream`: the default resource as it is
    // now. With an upstream, and without a buffer, the first 4 KiB come from the resource itself, so that temporaries
    // and small containers do not go there at all.
    arena_resource() noexcept // not defaulted: the resource may be const
        requires(!asks_upstream)
    {}
    arena_resource() noexcept
        requires(asks_upstream)
        : arena_resource(std::pmr::get_default_resource()) {}
    explicit arena_resource(const arena_options& options) noexcept : arena_resource() { set(options); }
    explicit arena_resource(std::pmr::memory_resource* upstream) noexcept
        requires(asks_upstream)
        : arena_(over(room_, upstream)) {}
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
    void release() noexcept {
        arena_.release();
        room_.hide();
    }

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
        return detail::upstream_of(const_cast<arena_type&>(arena_).backend());
    }

    // options - in effect, with what the configuration says in place of 0.
    arena_options options() const noexcept {
        return {arena_.limit(), arena_.retain(), arena_.largest_quick(), arena_.own_region()};
    }

    // arena - for all that an arena can. Blocks of one are blocks of the other.
    arena_type& arena() noexcept { return arena_; }

private:
    static backend over(const auto& room, std::pmr::memory_resource* upstream) noexcept {
        if constexpr (takes_buffer)
            return backend(room.run(), upstream);
        else
            return backend(upstream);
    }

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
        void* p = arena_.allocate_or(bytes, alignment, [&](bool because_of_limit, auto failure) noexcept {
            thrown = failure();
            refused = because_of_limit;
        });
        if (!p) [[unlikely]]
            fail(bytes, thrown, refused);
        return p;
    }

    [[noreturn]] PTM_COLD void fail(std::size_t bytes, const std::exception_ptr& thrown, bool refused) {
        if (thrown) std::rethrow_exception(thrown);
        if (refused) PTM_THROW(limit_exceeded(bytes, arena_.held(), arena_.limit()));
        PTM_THROW(std::bad_alloc());
    }

    void set(const arena_options& o) noexcept {
        arena_.limit(o.limit);
        arena_.retain(o.retain);
        if (o.largest_quick != 0) arena_.largest_quick(o.largest_quick);
        if (o.own_region != 0) arena_.own_region(o.own_region);
    }
};

using unsynchronized_arena_resource = arena_resource<unsynchronized_arena>;
using synchronized_arena_resource = arena_resource<synchronized_arena>;

} // namespace ptm
