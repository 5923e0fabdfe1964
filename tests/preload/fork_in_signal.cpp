// fork in the handler of a signal that came while the thread was inside malloc, or free, or realloc: the parent goes
// on, and so does the child, as often as this happens.
//
//     fork_in_signal <exits | execs | returns> <threads>
//
//     exits, execs, returns    what the child does: end at once, become another program, or return from the handler
//                              into what was interrupted and go on allocating
//     threads                  how many allocate; the first of them gets the signals
//
// A deadlock ends by SIGALRM.
#include "preload/check.hpp"
#include "preload/workload.hpp"

#include <atomic>
#include <csignal>
#include <ctime>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/syscall.h>
#include <sys/wait.h>

namespace {

enum class child { exits, execs, returns };
child behaviour = child::exits;

constexpr unsigned most_threads = 4;
preload::workload work[most_threads];
timer_t timer;
volatile std::sig_atomic_t forks = 0, wanted = 0, is_child = 0;
std::atomic<bool> stop = false;

// One signal, after a while that is never the same: the next one must find the thread elsewhere.
void arm_timer() {
    itimerspec when{};
    when.it_value.tv_nsec = 20'000 + forks * 7919 % 100'000;
    EXPECT(timer_settime(timer, 0, &when, nullptr) == 0);
}

void be_child() {
    alarm(60);
    if (behaviour == child::exits) _exit(0);
    if (behaviour == child::execs) {
        execl("/bin/true", "true", static_cast<char*>(nullptr));
        _exit(1);
    }
    is_child = 1;
}

void on_signal(int) {
    int saved = errno;
    pid_t pid = fork();
    EXPECT(pid >= 0);
    if (pid != 0) {
        int status = -1;
        EXPECT(waitpid(pid, &status, 0) == pid);
        EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        forks = forks + 1;
        if (forks < wanted) arm_timer(); // none comes while the threads are joined, which the child does not have
    } else {
        be_child();
    }
    errno = saved;
}

void make_timer() {
    struct sigaction action{};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    EXPECT(sigaction(SIGUSR1, &action, nullptr) == 0);
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGUSR1;
    event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
    EXPECT(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
}

void go_on_as_child() {
    work[0].run(300);
    work[0].free_all();
    std::thread([] { work[0].run(100), work[0].free_all(); }).join();
    _exit(0);
}

void churn_and_fork(int times) {
    wanted = times;
    make_timer();
    arm_timer();
    while (forks < wanted && !is_child) work[0].step();
    if (is_child) go_on_as_child();
    work[0].free_all();
}

void churn(unsigned i) {
    while (!stop) work[i].step();
    work[i].free_all();
}

child parse(std::string_view name) {
    EXPECT(name == "exits" || name == "execs" || name == "returns");
    return name == "exits" ? child::exits : name == "execs" ? child::execs : child::returns;
}

} // namespace

int main(int count, char** arguments) {
    EXPECT(preload::is_preloaded() || preload::any_malloc());
    EXPECT(count == 3);
    alarm(100);
    behaviour = parse(arguments[1]);
    auto threads = static_cast<unsigned>(std::atoi(arguments[2]));
    EXPECT(threads >= 1 && threads <= most_threads);
    for (unsigned i = 0; i < threads; ++i) work[i] = preload::workload(preload::seed() + i, 3000);
    std::vector<std::thread> others;
    for (unsigned i = 1; i < threads; ++i) others.emplace_back(churn, i);
    churn_and_fork(behaviour == child::execs ? 150 : 500);
    stop = true;
    for (std::thread& t : others) t.join();
}
