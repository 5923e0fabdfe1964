// observe/hooks.hpp - functions of the program's own that watch or replace the calls to a heap: CONCEPT hooks_policy,
// its emptiest model no_hooks, and run_time_hooks, the variables that glibc had until 2.33.
//
// A hook gets the arguments of the call and the place where the caller goes on; what it returns is what the caller
// gets. One that wants the real function takes itself out of its variable, calls, and puts itself back; other threads
// pass it by meanwhile, so hooks are for debugging. Nothing stands between the program writing a variable and a thread
// reading it.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include <ptm/core/config.hpp>

namespace ptm {

using malloc_hook = void* (*)(std::size_t request, const void* caller); // calloc clears what it returns
using realloc_hook = void* (*)(void* p, std::size_t request, const void* caller);
using free_hook = void (*)(void* p, const void* caller); // p may be nullptr
using memalign_hook = void* (*)(std::size_t alignment, std::size_t request, const void* caller);
using plain_hook = void (*)();

// A policy says what is to be called instead of a function of the heap; nullptr: the function itself. It is asked at
// every call, before anything else is looked at, but for what makes a call to calloc, posix_memalign or pvalloc
// impossible from the start.
template <class P>
concept hooks_policy = requires {
    { P::on_malloc() } noexcept -> std::same_as<malloc_hook>; // and calloc
    { P::on_realloc() } noexcept -> std::same_as<realloc_hook>;
    { P::on_free() } noexcept -> std::same_as<free_hook>;
    { P::on_memalign() } noexcept -> std::same_as<memalign_hook>; // all functions with an alignment
    { P::set_up() } noexcept -> std::same_as<void>;               // the heap can be used from now on
};

// no_hooks - nothing to call, and not an instruction to find that out.
struct no_hooks {
    static constexpr malloc_hook on_malloc() noexcept { return nullptr; }
    static constexpr realloc_hook on_realloc() noexcept { return nullptr; }
    static constexpr free_hook on_free() noexcept { return nullptr; }
    static constexpr memalign_hook on_memalign() noexcept { return nullptr; }
    static constexpr void set_up() noexcept {}
};

static_assert(hooks_policy<no_hooks> && std::is_empty_v<no_hooks>);

// hook_variables - where the program writes its hooks.
struct hook_variables {
    malloc_hook volatile* on_malloc;
    realloc_hook volatile* on_realloc;
    free_hook volatile* on_free;
    memalign_hook volatile* on_memalign;
    plain_hook volatile* after_morecore;
    plain_hook volatile* initialize;
};

// program_hooks - the variables of the program whose malloc is ptm's: c/replace_hooks.hpp defines them and this.
// Without it there are none, and no hook is ever set.
[[gnu::weak]] extern const hook_variables program_hooks;

// run_time_hooks - those that stand in the variables now.
class run_time_hooks {
    template <class Hook>
    PTM_ALWAYS_INLINE static Hook in(Hook volatile* hook_variables::* variable) noexcept {
        const hook_variables* all = &program_hooks;
        return all ? *(all->*variable) : nullptr;
    }

    static void call(plain_hook hook) noexcept {
        if (hook) hook();
    }

public:
    PTM_ALWAYS_INLINE static malloc_hook on_malloc() noexcept { return in(&hook_variables::on_malloc); }
    PTM_ALWAYS_INLINE static realloc_hook on_realloc() noexcept { return in(&hook_variables::on_realloc); }
    PTM_ALWAYS_INLINE static free_hook on_free() noexcept { return in(&hook_variables::on_free); }
    PTM_ALWAYS_INLINE static memalign_hook on_memalign() noexcept { return in(&hook_variables::on_memalign); }
    static void set_up() noexcept { call(in(&hook_variables::initialize)); }

    // after_morecore - for the main backend: told<brk_backend, run_time_hooks::after_morecore>. The hook is called
    // under the main arena's lock and must not allocate.
    static void after_morecore() noexcept { call(in(&hook_variables::after_morecore)); }
};

static_assert(hooks_policy<run_time_hooks> && std::is_empty_v<run_time_hooks>);

} // namespace ptm
