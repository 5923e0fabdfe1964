// arena/config.hpp - what an arena reads of a configuration: CONCEPT arena_config.
#pragma once

#include <concepts>

#include <ptm/bin/fast_bins.hpp>
#include <ptm/bin/large_bins.hpp>
#include <ptm/bin/small_bins.hpp>
#include <ptm/bin/unsorted_bin.hpp>
#include <ptm/observe/observer.hpp>
#include <ptm/observe/poisoning.hpp>
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
    typename C::poisoning;
    typename C::reporter;
    { C::checked } -> std::convertible_to<check_set>;
    { C::tuned } -> std::convertible_to<tuning>;
    { C::ruled } -> std::convertible_to<rules>;
};

template <class C>
concept arena_config = names_arena_policies<C> && header_policy<typename C::header>
    && backend_policy<typename C::main_backend> && backend_policy<typename C::arena_backend>
    && backend_policy<typename C::mapped_backend> && reporter_policy<typename C::reporter>
    && observer_policy<typename C::observer> && poisoning_policy<typename C::poisoning> && lock_policy<typename C::lock>
    && fast_bin_policy<typename C::fast_bins, C> && unsorted_bin_policy<typename C::unsorted_bin, C>
    && small_bin_policy<typename C::small_bins, C> && large_bin_policy<typename C::large_bins, C>;

namespace detail {

// arena_slots - says which one is missing, in the first line of the error.
template <class C>
struct arena_slots {
    static_assert(requires { typename C::header; }, "configuration: the slot `header` is missing or misspelled");
    static_assert(
        requires { typename C::main_backend; }, "configuration: the slot `main_backend` is missing or misspelled");
    static_assert(
        requires { typename C::arena_backend; }, "configuration: the slot `arena_backend` is missing or misspelled");
    static_assert(
        requires { typename C::mapped_backend; }, "configuration: the slot `mapped_backend` is missing or misspelled");
    static_assert(requires { typename C::fast_bins; }, "configuration: the slot `fast_bins` is missing or misspelled");
    static_assert(
        requires { typename C::unsorted_bin; }, "configuration: the slot `unsorted_bin` is missing or misspelled");
    static_assert(
        requires { typename C::small_bins; }, "configuration: the slot `small_bins` is missing or misspelled");
    static_assert(
        requires { typename C::large_bins; }, "configuration: the slot `large_bins` is missing or misspelled");
    static_assert(requires { typename C::lock; }, "configuration: the slot `lock` is missing or misspelled");
    static_assert(requires { typename C::observer; }, "configuration: the slot `observer` is missing or misspelled");
    static_assert(requires { typename C::poisoning; }, "configuration: the slot `poisoning` is missing or misspelled");
    static_assert(requires { typename C::reporter; }, "configuration: the slot `reporter` is missing or misspelled");
    static_assert(requires { C::checked; }, "configuration: the slot `checked` is missing or misspelled");
    static_assert(requires { C::tuned; }, "configuration: the slot `tuned` is missing or misspelled");
    static_assert(requires { C::ruled; }, "configuration: the slot `ruled` is missing or misspelled");
    static constexpr bool all = true;
};

} // namespace detail

// complete_arena - arena_config for the place where a user names a configuration: a slot that is not there is an error
// with its name, and not just an unmet constraint.
template <class C>
concept complete_arena = detail::arena_slots<C>::all && arena_config<C>;

} // namespace ptm
