// observe/valgrind_poisoning.hpp - Valgrind's memcheck sees inside arenas: it reports uses after free, uses beyond the
// bytes asked for, and decisions that depend on bytes of a block that nobody has written.
//
// Needs Valgrind's headers when compiling, else it is a compile error. Outside of Valgrind every telling costs a few
// instructions that do nothing. Memcheck watches the allocator, too: while that works in a thread, and while a backend
// works for it, at_work keeps memcheck from reporting anything of that thread.
//
// Bytes are marked, and blocks are not listed: memcheck 3.19 gives up its search for leaks with "the 'impossible'
// happened" when listed blocks lie inside others, as the blocks of an arena in another arena's block do, also in pools
// and in pools of pools.
#pragma once

#include <cstddef>

#include <ptm/core/address.hpp>
#include <ptm/core/config.hpp>
#include <ptm/observe/poisoning.hpp>

#include PTM_MEMCHECK_HEADER

namespace ptm {

struct valgrind_poisoning {
    static constexpr bool works = PTM_HAS_MEMCHECK;
    static constexpr bool poisons = true;

    class [[nodiscard]] at_work {
    public:
        at_work() noexcept { PTM_IF_MEMCHECK(VALGRIND_DISABLE_ERROR_REPORTING;) }
        at_work(const at_work&) = delete;
        ~at_work() { PTM_IF_MEMCHECK(VALGRIND_ENABLE_ERROR_REPORTING;) }
    };

    static void hide([[maybe_unused]] void* p, [[maybe_unused]] std::size_t n) noexcept {
        PTM_IF_MEMCHECK(static_cast<void>(VALGRIND_MAKE_MEM_NOACCESS(p, n));)
    }
    static void expose([[maybe_unused]] void* p, [[maybe_unused]] std::size_t n) noexcept {
        PTM_IF_MEMCHECK(static_cast<void>(VALGRIND_MAKE_MEM_UNDEFINED(p, n));)
    }
    static void define([[maybe_unused]] void* p, [[maybe_unused]] std::size_t n) noexcept {
        PTM_IF_MEMCHECK(static_cast<void>(VALGRIND_MAKE_MEM_DEFINED(p, n));)
    }

    // reach - not reported as an error that the answer is less than n.
    static std::size_t reach([[maybe_unused]] const void* p, std::size_t n) noexcept {
        std::size_t hidden = 0;
        at_work quiet;
        PTM_IF_MEMCHECK(hidden = static_cast<std::size_t>(VALGRIND_CHECK_MEM_IS_ADDRESSABLE(p, n));)
        return hidden != 0 ? hidden - address_of(p) : n;
    }
};

} // namespace ptm
