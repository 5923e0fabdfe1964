// report/throwing_reporter.hpp - for tests of programs: damage leaves the heap by a jump to the innermost scope of the
// thread that waits for it, which turns it into a C++ exception (inspect/damage.hpp). Without a scope: as `Otherwise`.
//
// The heap's functions are noexcept, so that no exception can fly through them; a jump passes them by. Nothing that
// they hold is let go: locks stay locked, and a heap that found damage must not be used any more.
#pragma once

#include <csetjmp>

#include <ptm/report/reporter.hpp>

namespace ptm {

// landing - a place to jump to, innermost of its thread as long as it lives. Its owner calls sigsetjmp on way_out in a
// function that it does not outlive.
class landing {
    landing* const outer_;

    static inline constinit thread_local landing* innermost_ = nullptr;

public:
    sigjmp_buf way_out;
    volatile fault kind = fault::count; // once jumped to
    const void* volatile where = nullptr;

    landing() noexcept : outer_(innermost_) { innermost_ = this; }
    landing(const landing&) = delete;
    ~landing() { innermost_ = outer_; }

    static landing* innermost() noexcept { return innermost_; }

    [[noreturn]] void jump(fault f, const void* at) noexcept {
        kind = f;
        where = at;
        siglongjmp(way_out, 1);
    }
};

template <reporter_policy Otherwise = abort_reporter>
struct throwing_reporter_or {
    PTM_COLD static void fatal(fault f, const void* where) noexcept {
        if (landing* l = landing::innermost()) l->jump(f, where);
        Otherwise::fatal(f, where);
    }
};

using throwing_reporter = throwing_reporter_or<>;

static_assert(reporter_policy<throwing_reporter>);

} // namespace ptm
