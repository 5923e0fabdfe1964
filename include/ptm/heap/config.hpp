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

} // namespace ptm
