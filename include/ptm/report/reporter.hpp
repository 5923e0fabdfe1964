// report/reporter.hpp - what happens when damage is found: CONCEPT reporter_policy, its emptiest model trap_reporter,
// abort_reporter, which does what glibc does, and handler_reporter, which asks the program first.
//
// fatal() should not return; whoever raises a fault stops the process if it does, because the heap cannot be used.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdlib>

#include <sys/uio.h>
#include <unistd.h>

#include <ptm/core/config.hpp>
#include <ptm/report/fault.hpp>

namespace ptm {

template <class R>
concept reporter_policy = requires(fault f, const void* where) {
    { R::fatal(f, where) } noexcept -> std::same_as<void>; // where: the chunk, link or block in question
};

// trap_reporter - stops at the faulting instruction, without a word: smallest code, and the debugger's favourite.
struct trap_reporter {
    [[noreturn]] static void fatal(fault, const void*) noexcept { __builtin_trap(); }
};

// abort_reporter - glibc's behaviour: the sentence and a newline in one write to standard error, then SIGABRT.
struct abort_reporter {
    [[noreturn]] PTM_COLD static void fatal(fault f, const void*) noexcept {
        char newline = '\n';
        iovec parts[2] = {{const_cast<char*>(sentence(f).data()), sentence(f).size()}, {&newline, 1}};
        [[maybe_unused]] ssize_t written = writev(STDERR_FILENO, parts, 2);
        std::abort();
    }
};

// handler_reporter - calls the program's handler (thread-safe to set), then does what `Otherwise` does. The handler
// may leave by longjmp or end the process; it must not use the damaged heap. `Tag` makes several of them distinct.
template <class Tag = void, reporter_policy Otherwise = abort_reporter>
struct handler_reporter {
    using handler = void (*)(fault, const void* where);

    static void set(handler h) noexcept { handler_.store(h, std::memory_order_release); }

    PTM_COLD static void fatal(fault f, const void* where) noexcept {
        if (handler h = handler_.load(std::memory_order_acquire)) h(f, where);
        Otherwise::fatal(f, where);
    }

private:
    static inline constinit std::atomic<handler> handler_ = nullptr;
};

static_assert(reporter_policy<trap_reporter> && reporter_policy<abort_reporter> && reporter_policy<handler_reporter<>>);

} // namespace ptm
