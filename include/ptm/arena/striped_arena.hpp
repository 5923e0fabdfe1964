// arena/striped_arena.hpp - several arenas that look like one: threads that meet at one arena would wait for each
// other.
//
// Each thread allocates from one of the stripes, chosen by its number; a block goes back to the stripe that its header
// names, whoever frees it. All stripes take their memory from one source, under one limit. When a stripe has nothing
// and the source neither, the others are asked.
//
// Choose it for what several threads use at once. The price: each stripe in use has its own regions, and a stripe is an
// object of some KiB.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <utility>

#include <ptm/arena/arena.hpp>
#include <ptm/arena/common_source.hpp>

namespace ptm {

namespace detail {

// thread_number - 0, 1, 2, ... in the order of asking; numbers of ended threads are not used again.
class thread_number {
    static inline constinit std::atomic<unsigned> next_{0};
    static inline constinit thread_local unsigned mine_ = 0; // plus one

    PTM_COLD static unsigned draw() noexcept { return mine_ = next_.fetch_add(1, std::memory_order_relaxed) + 1; }

public:
    static unsigned get() noexcept { return (mine_ != 0 ? mine_ : draw()) - 1; }
};

template <arena_config C>
struct stripe_of : C {
    using main_backend = from_common<typename C::main_backend, typename C::lock>;
};

} // namespace detail

// striped_arena - C: a configuration with a header that tells owners, a lock, and a main backend without a frontier.
template <arena_config C, unsigned Stripes>
class striped_arena {
    using header = typename C::header;
    static_assert(requires { header::owners; }, "striped_arena: the header does not tell owners; owned_tag does");
    static_assert(Stripes >= 1 && Stripes <= header::owners, "striped_arena: the header cannot tell so many owners");
    static_assert(has(C::mapped_backend::able, can::release), "striped_arena: the mapped backend must be no_backend");

    using stripe = arena<detail::stripe_of<C>>;

    common_source<typename C::main_backend, typename C::lock> source_;
    std::array<stripe, Stripes> stripes_;
    limit_handler handler_ = nullptr;
    void* context_ = nullptr;

public:
    using config = C;

    striped_arena() noexcept : striped_arena(typename C::main_backend{}) {}

    explicit striped_arena(const typename C::main_backend& from) noexcept
        : striped_arena(from, std::make_index_sequence<Stripes>()) {}

    striped_arena(const striped_arena&) = delete;
    striped_arena& operator=(const striped_arena&) = delete;

    // allocate, allocate_cleared, deallocate, reallocate - as those of arena.
    void* allocate(std::size_t request) noexcept {
        return served(request, [=](stripe& s) { return s.allocate(request); });
    }
    void* allocate(std::size_t request, std::size_t alignment) noexcept {
        return served(request, [=](stripe& s) { return s.allocate(request, alignment); });
    }
    void* allocate_cleared(std::size_t request) noexcept {
        return served(request, [=](stripe& s) { return s.allocate_cleared(request); });
    }
    void deallocate(void* p) noexcept {
        if (p) owner(p).deallocate(p);
    }
    void* reallocate(void* p, std::size_t request) noexcept {
        if (!p) return allocate(request);
        if (void* same = owner(p).reallocate(p, request)) return same;
        void* moved = allocate(request);
        if (!moved) return nullptr;
        std::size_t had = usable_size(p);
        std::memcpy(moved, p, had < request ? had : request);
        deallocate(p);
        return moved;
    }

    static std::size_t usable_size(const void* p) noexcept { return stripe::usable_size(p); }

    bool owns(const void* p) noexcept {
        for (stripe& s : stripes_)
            if (s.owns(p)) return true;
        return false;
    }

    void release() noexcept {
        for (stripe& s : stripes_) s.release();
    }
    bool trim() noexcept {
        bool any = false;
        for (stripe& s : stripes_) any |= s.trim();
        return any;
    }
    // retain - for each stripe.
    void retain(std::size_t bytes) noexcept {
        for (stripe& s : stripes_) s.retain(bytes);
    }

    void limit(std::size_t bytes, limit_handler handler = nullptr, void* context = nullptr) noexcept {
        source_.limit = bytes;
        handler_ = handler;
        context_ = context;
    }
    std::size_t limit() const noexcept { return source_.limit; }
    std::size_t held() const noexcept { return source_.held; }
    std::size_t remaining() const noexcept {
        std::size_t now = source_.held, most = source_.limit;
        return now < most ? most - now : 0;
    }

    std::size_t live() noexcept {
        std::size_t sum = 0;
        for (stripe& s : stripes_) sum += s.live();
        return sum;
    }
    void consolidate() noexcept {
        for (stripe& s : stripes_) s.consolidate();
    }
    void for_each_block(auto&& visit) {
        for (stripe& s : stripes_) s.for_each_block(visit);
    }
    const char* verify() noexcept {
        for (stripe& s : stripes_)
            if (const char* broken = s.verify()) return broken;
        return nullptr;
    }

    typename C::main_backend& backend() noexcept { return source_.backend(); }

private:
    template <std::size_t... I>
    striped_arena(const typename C::main_backend& from, std::index_sequence<I...>) noexcept
        : source_(from), stripes_{((void)I, stripe(typename detail::stripe_of<C>::main_backend(source_)))...} {
        (stripes_[I].set_owner(I), ...);
    }

    // faults   free_invalid_pointer
    stripe& owner(void* p) noexcept {
        unsigned i = header::owner_in(header::peek(header::from_user(p)));
        expect<C, fault::free_invalid_pointer>(i < Stripes, p);
        return stripes_[i];
    }

    PTM_ALWAYS_INLINE void* served(std::size_t request, auto ask) noexcept {
        void* p = ask(stripes_[detail::thread_number::get() % Stripes]);
        return p ? p : served_elsewhere(request, ask);
    }

    PTM_COLD void* served_elsewhere(std::size_t request, auto ask) noexcept {
        do
            for (stripe& s : stripes_)
                if (void* p = ask(s)) return p;
        while (over_limit() && handler_ && handler_(context_, request));
        return nullptr;
    }

    bool over_limit() noexcept {
        bool was = source_.refused;
        source_.refused = false;
        return was;
    }
};

} // namespace ptm
