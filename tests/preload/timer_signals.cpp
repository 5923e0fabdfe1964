// Signals twenty thousand times a second in each of four threads that allocate: nothing fails, and errno says nothing
// of them.
//
//     timer_signals <restart | interrupt>      with SA_RESTART and without
#include "preload/check.hpp"
#include "preload/workload.hpp"

#include <atomic>
#include <csignal>
#include <ctime>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/syscall.h>

namespace {

constexpr unsigned threads = 4;
constexpr long period = 50'000; // nanoseconds

preload::workload work[threads];
std::atomic<unsigned> signals = 0;

void handle(bool restart) {
    struct sigaction action{};
    action.sa_handler = [](int) { ++signals; };
    action.sa_flags = restart ? SA_RESTART : 0;
    EXPECT(sigaction(SIGUSR1, &action, nullptr) == 0);
}

// start_timer - signals to the calling thread.
timer_t start_timer() {
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGUSR1;
    event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
    timer_t timer{};
    EXPECT(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    const itimerspec often{{0, period}, {0, period}};
    EXPECT(timer_settime(timer, 0, &often, nullptr) == 0);
    return timer;
}

void live(unsigned i) {
    timer_t timer = start_timer();
    work[i].run(10'000);
    work[i].free_all();
    EXPECT(timer_delete(timer) == 0);
}

} // namespace

int main(int count, char** arguments) {
    EXPECT(preload::is_preloaded() || preload::any_malloc());
    EXPECT(count == 2);
    alarm(60);
    handle(std::string_view(arguments[1]) == "restart");
    for (unsigned i = 0; i < threads; ++i) work[i] = preload::workload(preload::seed() + i);
    std::vector<std::thread> running;
    for (unsigned i = 0; i < threads; ++i) running.emplace_back(live, i);
    for (std::thread& t : running) t.join();
    dprintf(STDERR_FILENO, "%u signals\n", signals.load());
    EXPECT(signals > 1000);
}
