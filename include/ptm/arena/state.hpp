// arena/state.hpp - the data of an arena, and what must hold of it.
//
//   base                                                        top           end of what the system gave
//    +-------+-------+-----------------------+------------------+---------------------+
//    | used  | free, | used, or in a fast    |       ...        | never handed out or |
//    |       | binned| bin or a thread's     |                  | merged back         |
//    +-------+-------+-----------------------+------------------+---------------------+
//
// Invariants (arena/verify.hpp has them as functions):
//   - a binned chunk has used neighbours, and its size is repeated behind it; fast and cached chunks look used
//   - top is the last chunk, has a used neighbour before it, and ends where the system's memory ends
//   - the bytes of all chunks in bins and of top are at most system_bytes; most_system_bytes is what that was at most
//     when the arena last grew
//   - contiguous: all memory lies in one run from base on, but for what others took from the backend in between
// Who calls a verb on an arena holds its lock. The shared part may be read and written by all arenas at any time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <ptm/arena/config.hpp>
#include <ptm/bin/index.hpp>
#include <ptm/core/relaxed.hpp>

namespace ptm {

// shared_state - what all arenas of one heap have in common: settings that may change, and mapped chunks.
template <arena_config C>
struct shared_state {
    static_assert(detail::possible<tuning(C::tuned)>::yes);

    // Settings; units and meaning as in struct tuning.
    relaxed<std::size_t> mmap_threshold = C::tuned.mmap_threshold;
    relaxed<int> mmap_max = C::tuned.mmap_max;
    relaxed<std::size_t> trim_threshold = C::tuned.trim_threshold;
    relaxed<std::size_t> top_pad = C::tuned.top_pad;
    relaxed<bool> adaptive = C::tuned.adaptive;
    relaxed<std::size_t> most_fast = fast_chunk_for(C::tuned.fast_request); // chunk size, within what bins can hold
    relaxed<std::size_t> cache_unsorted_limit = C::tuned.cache_unsorted_limit;
    relaxed<int> perturb = C::tuned.perturb;
    relaxed<std::size_t> huge_page = 0; // bytes, a power of two: the frontier stays on a multiple of it; 0: no matter
    relaxed<std::size_t> explicit_page = 0; // bytes of huge pages that the system sets aside; 0: they are not used
    relaxed<std::size_t> arena_max = C::tuned.arena_max;
    relaxed<std::size_t> arena_test = C::tuned.arena_test;

    // A sub-heap of a side arena is at first at least so large, and never larger than that. Bytes.
    relaxed<std::size_t> least_sub_heap = C::tuned.least_sub_heap;
    relaxed<std::size_t> most_sub_heap = reserved_bytes();

    // Mapped chunks, now and at most.
    relaxed<int> mapped_count = 0;
    relaxed<int> most_mapped_count = 0;
    relaxed<std::size_t> mapped_bytes = 0;
    relaxed<std::size_t> most_mapped_bytes = 0;

    // What all backends together have handed out, and what they may at most. Bytes.
    relaxed<std::size_t> held = 0;
    relaxed<std::size_t> limit = SIZE_MAX;
    relaxed<bool> refused = false; // because of the limit

    // What may be empty has no initialiser of its own, here and below: for {} GCC 12 may clear what lies at its
    // address, if it is a class with an inherited constructor.
    [[no_unique_address]] typename C::mapped_backend mapped_backend;
    [[no_unique_address]] typename C::observer observer;

    // The top of an arena that has nothing yet: size 0, so that it serves nothing. Never written.
    struct {
        std::size_t previous_size;
        std::size_t word;
    } no_top{};

    constexpr shared_state() noexcept = default;

    // has_room - is there room for so many bytes below the limit? may_hold - of who needs them: a no is noted.
    bool has_room(std::size_t more) const noexcept {
        std::size_t now = held, most = limit;
        return now <= most && more <= most - now;
    }
    bool may_hold(std::size_t more) noexcept {
        if (has_room(more)) return true;
        refused = true;
        return false;
    }

    // take_refusal - has may_hold() said no since this was asked last?
    bool take_refusal() noexcept {
        bool was = refused;
        if (was) refused = false;
        return was;
    }

    // permits - may a block of so many bytes be handed out? Where the observer decides that, it is asked, and counts
    // the bytes if it says yes.
    PTM_ALWAYS_INLINE bool permits(std::size_t request) noexcept {
        if constexpr (decides<typename C::observer>)
            return observer.permits(request);
        else
            return true;
    }

    // permits_growth - the same for what a block of usable() bytes lacks of `request`.
    PTM_ALWAYS_INLINE bool permits_growth(std::size_t request, auto usable) noexcept {
        if constexpr (decides<typename C::observer>) return request <= usable() || permits(request - usable());
        return true;
    }

    // gained, lost - keeps the books of what came from a backend and what went back to one. gained hides it; who gives
    // it back exposes it before.
    void gained(pages run) noexcept {
        C::poisoning::hide(run.data, run.bytes);
        note_gain(run);
    }
    void note_gain(pages run) noexcept {
        held.add(run.bytes);
        observer(events::system_grew{run});
    }
    void lost(std::size_t bytes) noexcept {
        held.subtract(bytes);
        observer(events::system_shrank{bytes});
    }

    // use_explicit_pages - of `page` bytes: memory is mapped in such pages as long as there are some, and the main
    // backend is not asked any more. threshold_is_chosen: the user said what mmap_threshold is.
    void use_explicit_pages(std::size_t page, bool threshold_is_chosen = false) noexcept {
        explicit_page = page;
        if (page == 0) return;
        if (C::ruled.explicit_page_is_threshold && !threshold_is_chosen) {
            mmap_threshold = page;
            adaptive = false;
        }
        if (page > most_sub_heap / 4) return; // no more than is reserved
        least_sub_heap = page;
        if (C::ruled.four_pages_fill_a_sub_heap) most_sub_heap = 4 * page;
    }

    // set_most_fast - chunks for requests up to so many bytes are fast when freed.
    void set_most_fast(std::size_t request) noexcept { most_fast = fast_chunk_for(request); }

private:
    static constexpr std::size_t reserved_bytes() noexcept {
        if constexpr (has(C::arena_backend::able, can::locate)) return C::arena_backend::reserved_bytes;
        return 0;
    }

    // Rounded down, but for requests of 0 .. alignment - 1 - overhead bytes, which stand for "none".
    static constexpr std::size_t fast_chunk_for(std::size_t request) noexcept {
        using header = typename C::header;
        constexpr std::size_t most = bytes(C::fast_bins::template in<C>::most);
        if (request <= header::alignment - 1 - header::overhead) return 0;
        std::size_t n = align_down(request + header::overhead, header::alignment);
        return n < most ? n : most;
    }
};

// region_source - mapped: the main backend refused. offer: what the main one had to offer; not counted as held.
enum class region_source : unsigned char { main, offer, mapped };

// region - a run of memory that an arena has from a backend without a frontier: see arena/region.hpp.
struct region {
    pages run;
    region* older;
    region* newer;
    region_source from;
};

// region_list - those of an arena.
class region_list {
    region* newest_ = nullptr;

public:
    region* newest() const noexcept { return newest_; }

    void add(region& r) noexcept {
        r.older = newest_;
        r.newer = nullptr;
        if (newest_) newest_->newer = &r;
        newest_ = &r;
    }

    void remove(region& r) noexcept {
        (r.newer ? r.newer->older : newest_) = r.older;
        if (r.older) r.older->newer = r.newer;
    }

    void clear() noexcept { newest_ = nullptr; }

    // for_each - visit(region), newest first; visit may give the region back.
    void for_each(auto&& visit) const {
        for (region *r = newest_, *older; r; r = older) {
            older = r->older;
            visit(*r);
        }
    }
};

// no_regions - of an arena that grows at a frontier.
struct no_regions {
    void clear() noexcept {}
    void for_each(auto&&) const noexcept {}
};

// arena_state - all zero but for `shared` is a valid start: prepare() does the rest on first use.
template <arena_config C>
struct arena_state {
    using header = typename C::header;
    using chunk = typename header::chunk;
    using table = bin_table<header>;

    shared_state<C>* shared = nullptr;
    [[no_unique_address]] typename C::lock lock;
    bool prepared = false;
    bool side_arena = false; // lives in sub-heaps (arena/sub_heap.hpp); chunks handed out carry the flag that says so
    bool contiguous = false; // as far as the arena knows
    bool have_fast = false;  // may a fast bin hold something?
    chunk* top = nullptr;
    chunk* last_remainder = nullptr; // of the last split for a small request; may be stale, only compared
    std::byte* base = nullptr;       // where the first memory began; of a side arena: its first chunk
    std::size_t system_bytes = 0;
    std::size_t most_system_bytes = 0;

    [[no_unique_address]] typename C::fast_bins::template in<C> fast;
    [[no_unique_address]] typename C::unsorted_bin::template in<C> unsorted;
    typename C::small_bins::template in<C> small{};
    typename C::large_bins::template in<C> large{};
    [[no_unique_address]] typename C::main_backend backend;
    [[no_unique_address]] std::conditional_t<has(C::main_backend::able, can::grow), no_regions, region_list> regions;

    constexpr arena_state() noexcept = default;
    constexpr explicit arena_state(shared_state<C>& with) noexcept : shared(&with) {}
    constexpr arena_state(shared_state<C>& with, const typename C::main_backend& from) noexcept
        : shared(&with), backend(from) {}
    arena_state(const arena_state&) = delete;

    // prepare - empties bins and top. Before anything else is done with the arena; later calls do nothing.
    void prepare() noexcept {
        if (prepared) return;
        unsorted.clear();
        small.clear();
        large.clear();
        without_top();
        contiguous = has(C::main_backend::able, can::grow);
        prepared = true;
    }

    // begin_in - makes an arena that has nothing a side arena, with `system` bytes that end at `end`; what lies before
    // `first`, the place of its first chunk, is not its to hand out.
    void begin_in(std::byte* first, std::byte* end, std::size_t system) noexcept {
        prepare();
        side_arena = true;
        contiguous = false;
        base = first;
        top = header::at(first, 0);
        header::set_top(top, chunk_size{bytes_between(first, end)});
        system_bytes = most_system_bytes = system;
    }

    bool has_memory() const noexcept { return system_bytes != 0; }

    // has_top - false: nothing was obtained yet, or what was went back. The arena is prepared.
    bool has_top() const noexcept { return bytes(header::size_of(top)) != 0; }
    void without_top() noexcept { top = no_top(); }
    chunk* no_top() const noexcept { return header::at(&shared->no_top, 0); }

    // forget - as new: all memory has gone back. The settings stay, and the most that the arena ever had.
    void forget() noexcept {
        prepared = have_fast = false;
        top = last_remainder = nullptr;
        base = nullptr;
        system_bytes = 0;
        fast = {};
        regions.clear();
    }
};

// span - a chunk with the size that it has while its neighbours are being merged in; not yet written to memory.
template <arena_config C>
struct span {
    chunk_in<C>* begin;
    chunk_size size;

    chunk_in<C>* end() const noexcept { return C::header::at(begin, bytes(size)); }
};

namespace detail {
// misalignment - bytes from `at` to the first place where a chunk may begin.
template <header_policy H>
std::size_t misalignment(const std::byte* at) noexcept {
    return bytes_to_aligned(at + H::header_bytes, H::alignment);
}
}

// inside - holds an arena's lock for a scope, the arena prepared.
template <arena_config C>
class [[nodiscard]] inside {
    [[no_unique_address]] typename C::poisoning::at_work at_work_;
    holding<typename C::lock> hold_;

public:
    explicit inside(arena_state<C>& a) noexcept : hold_(a.lock) { a.prepare(); }
    inside(arena_state<C>& a, already_held) noexcept : hold_(a.lock, already_held{}) { a.prepare(); }
};

// wanted - one request on its way through an arena.
struct wanted {
    std::size_t request; // bytes, as asked for
    chunk_size size;     // the chunk that it needs
};

template <arena_config C>
constexpr wanted want(std::size_t request) noexcept {
    return {request, C::header::size_for(request)};
}

} // namespace ptm
