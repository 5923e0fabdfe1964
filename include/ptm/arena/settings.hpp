// arena/settings.hpp - changing the settings of a heap while it runs, within the bounds that glibc sets.
//
// Thread-safe: each setting is a relaxed atomic.
#pragma once

#include <cstddef>

#include <ptm/arena/state.hpp>
#include <ptm/tune/environment.hpp>

namespace ptm {

// largest_fast_request - no fast bin reaches further. Bytes.
inline constexpr std::size_t largest_fast_request = 20 * sizeof(std::size_t);

// pin - sets one of the four that turn the adaptive threshold off, whatever the value.
template <arena_config C, class T>
void pin(shared_state<C>& s, relaxed<T>& setting, T value) noexcept {
    setting = value;
    s.adaptive = false;
}

// set_mmap_threshold - false: refused, nothing changed.
template <arena_config C>
bool set_mmap_threshold(shared_state<C>& s, std::size_t size) noexcept {
    if (size > C::tuned.most_set_mmap_threshold) return false;
    pin(s, s.mmap_threshold, size);
    return true;
}

// set_fast_request - false: out of bounds, nothing changed.
template <arena_config C>
bool set_fast_request(shared_state<C>& s, std::size_t request) noexcept {
    if (request > largest_fast_request) return false;
    s.set_most_fast(request);
    return true;
}

// apply - the user's settings, in glibc's order; also those of the cache and of huge pages, which stand in `t` and take
// effect when the caller hands `t` on.
template <arena_config C>
void apply(shared_state<C>& s, tuning& t, const settings& user) noexcept {
    constexpr std::size_t most_cache_count = 65535;
    if (auto v = user[tunable::top_pad]) pin(s, s.top_pad, *v);
    if (auto v = user[tunable::perturb]) s.perturb = static_cast<int>(*v);
    if (auto v = user[tunable::mmap_threshold]) set_mmap_threshold(s, *v);
    if (auto v = user[tunable::trim_threshold]) pin(s, s.trim_threshold, *v);
    if (auto v = user[tunable::mmap_max]) pin(s, s.mmap_max, static_cast<int>(*v));
    if (auto v = user[tunable::arena_max]) s.arena_max = *v;
    if (auto v = user[tunable::arena_test]) s.arena_test = *v;
    if (auto v = user[tunable::tcache_max]; v && *v <= C::tuned.most_cache_request) t.cache_request = *v;
    if (auto v = user[tunable::tcache_count]; v && *v <= most_cache_count) t.cache_count = *v;
    if (auto v = user[tunable::tcache_unsorted_limit]) s.cache_unsorted_limit = *v;
    if (auto v = user[tunable::mxfast]) set_fast_request(s, *v);
    if (auto v = user[tunable::hugetlb]) t.huge_pages = *v;
}

} // namespace ptm
