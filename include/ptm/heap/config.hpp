// heap/config.hpp - a complete configuration: CONCEPT heap_config, one struct with a line for every decision.
#pragma once

#include <ptm/arena/config.hpp>
#include <ptm/observe/hooks.hpp>
#include <ptm/thread/arenas.hpp>
#include <ptm/thread/cache.hpp>

namespace ptm {

template <class C>
concept names_every_policy = names_arena_policies<C> && requires {
    typename C::arenas;
    typename C::cache;
    typename C::hooks;
};

template <class C>
concept heap_config = names_every_policy<C> && arena_config<C> && arenas_policy<typename C::arenas, C>
    && cache_policy<typename C::cache, C> && hooks_policy<typename C::hooks>;

namespace detail {
template <class C>
struct heap_slots : arena_slots<C> {
    static_assert(requires { typename C::arenas; }, "configuration: the slot `arenas` is missing or misspelled");
    static_assert(requires { typename C::cache; }, "configuration: the slot `cache` is missing or misspelled");
    static_assert(requires { typename C::hooks; }, "configuration: the slot `hooks` is missing or misspelled");
};
} // namespace detail

// complete_heap - see complete_arena.
template <class C>
concept complete_heap = detail::heap_slots<C>::all && heap_config<C>;

} // namespace ptm
