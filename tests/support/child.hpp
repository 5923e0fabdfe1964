// support/child.hpp - code that ends its process, or must not disturb this one, runs in a forked child.
//
//     ptm_test::ending end = ptm_test::in_child([] { std::abort(); });
//     CHECK(end.killed_by(SIGABRT));
//     CHECK(end.errors == "what the child wrote to standard error");
//
// The child has a copy of the memory, one thread, and no malloc that a test may rely on: what it finds out goes through
// CHILD_CHECK, which allocates nothing. A child that comes back from its function exits with 0.
#pragma once

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ptm_test {

// ending - how a child ended, and what it wrote to standard error.
struct ending {
    int status = 0;
    std::string errors;

    bool exited_with(int code) const { return WIFEXITED(status) && WEXITSTATUS(status) == code; }
    bool killed_by(int signal) const { return WIFSIGNALED(status) && WTERMSIG(status) == signal; }
    // killed_by_trap - __builtin_trap() has another signal on each kind of machine.
    bool killed_by_trap() const { return killed_by(SIGILL) || killed_by(SIGTRAP); }
    // nothing_wrong - the child came to its end and every CHILD_CHECK held.
    bool nothing_wrong() const { return exited_with(0) && errors.empty(); }
};

namespace detail {

inline void say(const char* text) { [[maybe_unused]] ssize_t written = write(STDERR_FILENO, text, std::strlen(text)); }

// Catch2 and the sanitizers catch signals; a child is to die as a program without them would. It leaves no core file.
inline void forget_handlers() {
    for (int signal : {SIGABRT, SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGTERM}) std::signal(signal, SIG_DFL);
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

inline std::string read_all(int from) {
    std::string all;
    char some[512];
    for (ssize_t n; (n = read(from, some, sizeof some)) > 0;) all.append(some, static_cast<std::size_t>(n));
    return all;
}

inline int wait_for(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) == -1 && errno == EINTR) {}
    return status;
}

template <class F>
[[noreturn]] void run_child(F& run, int errors) {
    forget_handlers();
    dup2(errors, STDERR_FILENO);
    run();
    _exit(0);
}

} // namespace detail

// in_child - runs `run` in a forked child and waits for its end.
template <class F>
ending in_child(F run) {
    int ends[2];
    if (pipe(ends) != 0) return {-1, "in_child: no pipe"};
    pid_t child = fork();
    if (child == 0) detail::run_child(run, ends[1]);
    close(ends[1]);
    std::string errors = child == -1 ? "in_child: fork failed" : detail::read_all(ends[0]);
    close(ends[0]);
    return {child == -1 ? -1 : detail::wait_for(child), errors};
}

// child_check - ends the child if something does not hold, and says what.
inline void child_check(bool holds, const char* place, const char* what) {
    if (holds) return;
    detail::say(place);
    detail::say(": does not hold: ");
    detail::say(what);
    _exit(1);
}

} // namespace ptm_test

#define PTM_DETAIL_LINE_TEXT(line) #line
#define PTM_DETAIL_PLACE(file, line) file ":" PTM_DETAIL_LINE_TEXT(line)
#define CHILD_CHECK(...) ::ptm_test::child_check((__VA_ARGS__), PTM_DETAIL_PLACE(__FILE__, __LINE__), #__VA_ARGS__)
