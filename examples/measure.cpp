// measure - runs one program, with or without a preloaded library, and writes down what it used.
//
//   measure [--preload library] [--record file] -- program [argument...]
//
//   --preload  becomes LD_PRELOAD of the program and of everything it starts; without it LD_PRELOAD is removed, so
//              that a plain run is plain whatever the caller's environment holds
//   --record   one line is appended to this file: wall, user and system time in microseconds, peak resident memory
//              in KiB, exit status. Times are sums over the program and the children it waited for; the peak is that
//              of the largest single process among them
//   returns    the program's exit status; 128 + signal if a signal ended it; 127 if it could not be started
//
// It is a program of its own because ru_maxrss survives exec: started from a large shell or interpreter, a small
// program would be charged with its parent's peak.

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

struct options {
    const char* preload = nullptr;
    const char* record = nullptr;
    char** program = nullptr;
};

struct usage {
    long long wall = 0; // microseconds, as the next two
    long long user = 0;
    long long system = 0;
    long peak = 0; // KiB
    int status = 127;
};

// Read by the signal handler; written once, while the signals are blocked.
volatile sig_atomic_t child_id = 0;

[[noreturn]] void usage_error() {
    std::fputs("usage: measure [--preload library] [--record file] -- program [argument...]\n", stderr);
    std::exit(2);
}

options parse(int argc, char** argv) {
    options chosen;
    int i = 1;
    for (; i + 1 < argc && std::string_view(argv[i]) != "--"; i += 2) {
        const std::string_view name = argv[i];
        if (name == "--preload")
            chosen.preload = argv[i + 1];
        else if (name == "--record")
            chosen.record = argv[i + 1];
        else
            usage_error();
    }
    if (i + 1 >= argc) usage_error();
    chosen.program = argv + i + 1;
    return chosen;
}

void pass_on(int signal) {
    const int saved = errno;
    kill(static_cast<pid_t>(child_id), signal);
    errno = saved;
}

// The signals a runner ends a job with; they are meant for the program, not for the one who measures it.
sigset_t ending_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

void pass_on_signals() {
    struct sigaction action = {};
    action.sa_handler = pass_on;
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGINT, &action, nullptr);
}

[[noreturn]] void become(const options& chosen, const sigset_t& mask) {
    prctl(PR_SET_PDEATHSIG, SIGTERM); // a program must not outlive a launcher that was killed
    sigprocmask(SIG_SETMASK, &mask, nullptr);
    if (chosen.preload != nullptr)
        setenv("LD_PRELOAD", chosen.preload, 1);
    else
        unsetenv("LD_PRELOAD");
    execvp(chosen.program[0], chosen.program);
    std::fprintf(stderr, "measure: cannot start %s: %s\n", chosen.program[0], std::strerror(errno));
    _exit(127);
}

long long microseconds(const timeval& time) { return static_cast<long long>(time.tv_sec) * 1'000'000 + time.tv_usec; }

usage wait_for(pid_t child) {
    int status = 0;
    rusage used = {};
    while (wait4(child, &status, 0, &used) < 0) {
        if (errno != EINTR) return {};
    }
    usage result;
    result.user = microseconds(used.ru_utime);
    result.system = microseconds(used.ru_stime);
    result.peak = used.ru_maxrss;
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

usage launch(const options& chosen) {
    const auto start = std::chrono::steady_clock::now();
    const sigset_t ending = ending_signals();
    sigset_t before;
    sigprocmask(SIG_BLOCK, &ending, &before);
    const pid_t child = fork();
    if (child == 0) become(chosen, before);
    if (child < 0) {
        std::perror("measure: fork");
        return {};
    }
    child_id = child;
    pass_on_signals();
    sigprocmask(SIG_SETMASK, &before, nullptr);
    usage result = wait_for(child);
    const auto passed = std::chrono::steady_clock::now() - start;
    result.wall = std::chrono::duration_cast<std::chrono::microseconds>(passed).count();
    return result;
}

// One write to a file opened for appending: programs that end at the same time do not mix their lines.
bool record(const char* path, const usage& used) {
    const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) return false;
    const int written =
        dprintf(file, "%lld %lld %lld %ld %d\n", used.wall, used.user, used.system, used.peak, used.status);
    return close(file) == 0 && written > 0;
}

} // namespace

int main(int argc, char** argv) {
    const options chosen = parse(argc, argv);
    const usage used = launch(chosen);
    if (chosen.record != nullptr && !record(chosen.record, used)) {
        std::fprintf(stderr, "measure: cannot write %s: %s\n", chosen.record, std::strerror(errno));
        return 126;
    }
    return used.status;
}
