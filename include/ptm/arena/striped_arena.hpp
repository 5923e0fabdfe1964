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
#include <exception>
#include <functional>
#include <type_traits>
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

    // allocate, allocate_or, allocate_quick_or, allocate_cleared, deallocate, reallocate, expand - as those of arena.
    PTM_ALWAYS_INLINE void* allocate(std::size_t request) noexcept {
        return allocate_quick_or(request, [&] { return allocate_or(request, header::alignment, no_matter); });
    }
    void* allocate(std::size_t request, std::size_t alignment) noexcept {
        return allocate_or(request, alignment, no_matter);
    }
    void* allocate_or(std::size_t request, std::size_t alignment, auto failed) noexcept {
        return served(request, failed, [=](stripe& s, auto note) { return s.allocate_or(request, alignment, note); });
    }
    PTM_ALWAYS_INLINE void* allocate_quick_or(std::size_t request, auto otherwise) {
        return stripes_[detail::thread_number::get() % Stripes].allocate_quick_or(request, otherwise);
    }
    void* allocate_cleared(std::size_t request) noexcept {
        return served(request, no_matter, [=](stripe& s, auto note) { return s.allocate_cleared_or(request, note); });
    }
    PTM_ALWAYS_INLINE void deallocate(void* p) noexcept {
        if (p) owner(p).deallocate(p);
    }
    PTM_ALWAYS_INLINE void deallocate(void* p, std::size_t request) noexcept { owner(p).deallocate(p, request); }
    bool expand(void* p, std::size_t request) noexcept { return owner(p).expand(p, request); }
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
    std::size_t retain() const noexcept { return stripes_[0].retain(); }

    void largest_quick(std::size_t bytes) noexcept {
        for (stripe& s : stripes_) s.largest_quick(bytes);
    }
    std::size_t largest_quick() const noexcept { return stripes_[0].largest_quick(); }
    void own_region(std::size_t bytes) noexcept {
        for (stripe& s : stripes_) s.own_region(bytes);
    }
    std::size_t own_region() const noexcept { return stripes_[0].own_region(); }

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

    static constexpr auto no_matter = [](bool, auto&&) noexcept {};

    // shortfall - why there is no memory: what the stripes say, taken together.
    struct shortfall {
        bool refused = false;
        std::exception_ptr thrown{};

        void operator()(bool because_of_limit, auto failure) noexcept {
            refused |= because_of_limit;
            if (std::exception_ptr one = failure()) thrown = one;
        }
    };

    // served - the thread's own stripe first.
    //   ask      (stripe, note): from there, or nullptr and note(refused, thrown)
    void* served(std::size_t request, auto failed, auto ask) noexcept {
        if (void* p = ask(stripes_[detail::thread_number::get() % Stripes], no_matter)) [[likely]]
            return p;
        shortfall why;
        do {
            why = {};
            for (stripe& s : stripes_)
                if (void* p = ask(s, std::ref(why))) return p;
        } while (why.refused && handler_ && handler_(context_, request));
        failed(why.refused, [&]() noexcept { return why.thrown; });
        return nullptr;
    }
};

namespace detail {
template <class C>
struct arena_type {
    using type = arena<C>;
};
template <class C>
    requires requires { C::stripes; }
struct arena_type<C> {
    using type = striped_arena<C, C::stripes>;
};
} // namespace detail

// arena_for - what a configuration asks for: with `static constexpr unsigned stripes`, an arena of so many of them.
template <arena_config C>
using arena_for = typename detail::arena_type<C>::type;

} // namespace ptm
