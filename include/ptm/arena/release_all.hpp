// arena/release_all.hpp - everything that an arena has, given back at once, whoever uses it.
#pragma once

#include <ptm/arena/coalesce.hpp>

namespace ptm {

// knows_its_memory - can an arena of this configuration list what it has from its backends? A frontier that others move
// too, such as the program break, does not tell, and neither do mappings for large chunks that nobody lists.
template <arena_config C>
inline constexpr bool knows_its_memory =
    (keeps_regions<C> || has(C::main_backend::able, can::release)) && has(C::mapped_backend::able, can::release);

namespace detail {

// return_regions - to their backends; what a backend did not take stays listed.
template <arena_config C>
void return_regions(arena_state<C>& a, region_list& kept) noexcept {
    a.regions.for_each([&](region& r) {
        if (!give_back_region(a, &r)) kept.add(r);
    });
}

// reuse_region - one that its backend did not take: a single free chunk.
template <arena_config C>
void reuse_region(arena_state<C>& a, region& r) noexcept {
    a.system_bytes += r.run.bytes;
    span<C> all = lay_out(a, r.run, r.from);
    C::header::set_used(all.begin, all.size, false); // whole before it is filed: bins ask for its size
    C::header::set_prev_in_use(all.end(), false);
    file_free<no_check>(a, all.begin, all.size);
}

// expose_to_frontier - all that an arena has at its frontier, `from` there on if that is not nullptr.
template <arena_config C>
void expose_to_frontier([[maybe_unused]] arena_state<C>& a, [[maybe_unused]] std::byte* from) noexcept {
    if constexpr (C::poisoning::poisons)
        if (std::byte* begin = from ? from : a.base)
            C::poisoning::expose(begin, bytes_between(begin, a.backend.frontier()));
}

// expose_mapped - whatever came from the mapped backend.
template <arena_config C>
void expose_mapped([[maybe_unused]] shared_state<C>& s) noexcept {
    if constexpr (C::poisoning::poisons) {
        static_assert(
            requires { s.mapped_backend.for_each_run([](pages) {}); },
            "release: with a poisoning policy, the mapped backend must have for_each_run(visit); see listed<B>");
        s.mapped_backend.for_each_run([](pages run) { C::poisoning::expose(run.data, run.bytes); });
    }
}

} // namespace detail

// release_all - the arena is as new afterwards, with the settings it had.
//   from     where a main backend with a frontier is to go back to; nullptr: it is as new
//   cost     O(regions), or one release of each backend
//   thread   the caller holds the arena's lock, and no mapped chunk belongs to another arena
template <arena_config C>
void release_all(arena_state<C>& a, std::byte* from = nullptr) noexcept {
    static_assert(knows_its_memory<C>,
                  "release: a backend cannot give back all at once (can::release); see listed<B>, reserve_backend");
    shared_state<C>& s = *a.shared;
    if constexpr (keeps_regions<C>) {
        region_list kept;
        detail::return_regions(a, kept);
        a.forget();
        a.prepare();
        kept.for_each([&](region& r) { detail::reuse_region(a, r); });
    } else {
        s.lost(a.system_bytes);
        detail::expose_to_frontier(a, from);
        if (from)
            a.backend.retreat(bytes_between(from, a.backend.frontier()));
        else
            a.backend.release();
        a.forget();
    }
    if (s.mapped_count != 0) s.lost(s.mapped_bytes);
    detail::expose_mapped(s);
    s.mapped_backend.release();
    s.mapped_count = 0;
    s.mapped_bytes = 0;
}

} // namespace ptm
