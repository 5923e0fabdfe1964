// Handlers of pthread_atfork may allocate, while other threads do, whichever thread forks.
//
//     fork_handlers early      they are registered before anything was allocated
//     fork_handlers late       they are registered by main
//
// A deadlock ends by SIGALRM.
#include "preload/check.hpp"
#include "preload/workload.hpp"

#include <atomic>
#include <string_view>
#include <thread>

#include <pthread.h>
#include <sys/wait.h>

namespace {

// Of every way that a request can go: the cache, the bins, top, a mapping.
constexpr std::size_t sizes[] = {24, 24, 500, 1500, 5000, 50'000, 300'000};
void* held[std::size(sizes)];
int prepared = 0, continued = 0;
bool is_child = false;

// replace_held - the blocks of one handler are freed by the next one.
void replace_held() {
    for (std::size_t i = 0; i < std::size(sizes); ++i) {
        EXPECT(!held[i] || preload::holds(held[i], sizes[i], static_cast<unsigned char>(i)));
        std::free(held[i]);
        held[i] = std::realloc(i % 2 == 0 ? std::malloc(sizes[i] / 2) : std::calloc(1, sizes[i]), sizes[i]);
        EXPECT(held[i] != nullptr);
        preload::fill(held[i], sizes[i], static_cast<unsigned char>(i));
    }
}

void prepare() {
    replace_held();
    ++prepared;
}
void in_parent() {
    replace_held();
    ++continued;
}
void in_child() {
    replace_held();
    is_child = true;
}

void register_handlers() { EXPECT(pthread_atfork(prepare, in_parent, in_child) == 0); }

void at_start(int count, char** arguments, char**) {
    if (count > 1 && std::string_view(arguments[1]) == "early") register_handlers();
}

// ---- the forks -----------------------------------------------------------------------------------------------------

preload::workload work[3]; // the last one is that of the thread that forks
std::atomic<bool> stop = false;

void churn(unsigned i) {
    while (!stop) work[i].step();
    work[i].free_all();
}

[[noreturn]] void be_child() {
    alarm(10);
    EXPECT(is_child);
    work[2].run(300);
    work[2].free_all();
    std::thread([] { work[2].run(50), work[2].free_all(); }).join();
    std::exit(0);
}

void fork_often() {
    int before = prepared;
    for (int i = 0; i < 50; ++i) {
        work[2].run(20);
        pid_t child = fork();
        EXPECT(child >= 0);
        if (child == 0) be_child();
        int status = -1;
        EXPECT(waitpid(child, &status, 0) == child);
        EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    EXPECT(prepared == before + 50 && continued == prepared);
}

} // namespace

[[gnu::section(".preinit_array"), gnu::used]] static void (*const preinit)(int, char**, char**) = at_start;

int main(int count, char** arguments) {
    EXPECT(preload::is_preloaded() || preload::any_malloc());
    EXPECT(count == 2);
    alarm(20);
    if (std::string_view(arguments[1]) == "late") register_handlers();
    for (unsigned i = 0; i < 3; ++i) work[i] = preload::workload(preload::seed() + i, 100'000);
    fork_often();
    std::thread first(churn, 0), second(churn, 1);
    fork_often();
    std::thread(fork_often).join();
    stop = true;
    first.join();
    second.join();
    work[2].free_all();
}
