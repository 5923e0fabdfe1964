// arena/config.hpp - what an arena reads of a configuration: CONCEPT arena_config.
#pragma once

#include <concepts>

#include <ptm/bin/fast_bins.hpp>
#include <ptm/bin/large_bins.hpp>
#include <ptm/bin/small_bins.hpp>
#include <ptm/bin/unsorted_bin.hpp>
#include <ptm/observe/observer.hpp>
#include <ptm/os/backend.hpp>
#include <ptm/sync/lock.hpp>
#include <ptm/tune/rules.hpp>
#include <ptm/tune/tuning.hpp>

namespace ptm {

template <class C>
concept names_arena_policies = requires {
    typename C::header;
    typename C::main_backend;
    typename C::arena_backend;
    typename C::mapped_backend;
    typename C::fast_bins;
    typename C::unsorted_bin;
    typename C::small_bins;
    typename C::large_bins;
    typename C::lock;
    typename C::observer;
    typename C::reporter;
    { C::checked } -> std::convertible_to<check_set>;
    { C::tuned } -> std::convertible_to<tuning>;
    { C::ruled } -> std::convertible_to<rules>;
};

template <class C>
concept arena_config =
    names_arena_policies<C> && header_policy<typename C::header> && backend_policy<typename C::main_backend>
    && backend_policy<typename C::arena_backend> && backend_policy<typename C::mapped_backend>
    && reporter_policy<typename C::reporter> && observer_policy<typename C::observer> && lock_policy<typename C::lock>
    && fast_bin_policy<typename C::fast_bins, C> && unsorted_bin_policy<typename C::unsorted_bin, C>
    && small_bin_policy<typename C::small_bins, C> && large_bin_policy<typename C::large_bins, C>;

} // namespace ptm
