// A process ends while its other threads allocate: destructors of static objects and functions of atexit free and
// allocate meanwhile. A hundred processes.
//
//     exits                 starts the others:
//     exits <way>           ends in this way
#include "preload/check.hpp"
#include "preload/workload.hpp"

#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <spawn.h>
#include <sys/wait.h>

namespace {

constexpr std::string_view ways[] = {"return", "exit", "exit_elsewhere", "quick_exit", "pthread_exit"};

// ---- a process that ends -------------------------------------------------------------------------------------------

constexpr unsigned threads = 3;
preload::workload work[threads];
std::atomic<unsigned> at_work = 0;

// Blocks of strings that the threads make and whoever comes first frees; they have no destructor.
std::atomic<std::string*> shared[64];

std::string* make_text(std::size_t i) { return new std::string(10 + i * 300, 'x'); }

void discard(std::string* text) {
    EXPECT(!text || text->find_first_not_of('x') == text->npos);
    delete text;
}

void replace_shared() {
    for (std::size_t i = 0; i < std::size(shared); ++i) discard(shared[i].exchange(make_text(i)));
}

struct static_object {
    std::vector<std::string> texts = std::vector<std::string>(100, std::string(1000, 'x'));
    ~static_object() {
        for (std::string& text : texts) discard(new std::string(std::move(text)));
        replace_shared();
        for (auto& text : shared) discard(text.exchange(nullptr));
    }
};
static_object first, second;

[[noreturn]] void churn(unsigned i) {
    thread_local static_object of_thread;
    for (bool is_new = true;; is_new = false) {
        work[i].run(50);
        replace_shared();
        if (is_new) ++at_work, at_work.notify_all();
    }
}

// start - returns when all threads are at work.
void start() {
    alarm(10);
    std::atexit(replace_shared);
    std::at_quick_exit(replace_shared);
    for (unsigned i = 0; i < threads; ++i) work[i] = preload::workload(preload::seed() + i, 20'000);
    for (unsigned i = 0; i < threads; ++i) std::thread(churn, i).detach();
    for (unsigned n = at_work; n < threads; n = at_work) at_work.wait(n);
}

int end(std::string_view way) {
    start();
    if (way == "exit") std::exit(0);
    if (way == "quick_exit") std::quick_exit(0);
    if (way == "exit_elsewhere") std::thread([] { std::exit(0); }).join();
    if (way == "pthread_exit") {
        std::thread([] { std::exit(0); }).detach();
        pthread_exit(nullptr);
    }
    return 0;
}

// ---- the one that starts them --------------------------------------------------------------------------------------

void run(const char* way) {
    pid_t child = 0;
    const char* arguments[] = {"exits", way, nullptr};
    EXPECT(posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, const_cast<char**>(arguments), environ) == 0);
    int status = -1;
    EXPECT(waitpid(child, &status, 0) == child);
    if (status != 0) dprintf(STDERR_FILENO, "%s: status %#x\n", way, static_cast<unsigned>(status));
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

} // namespace

int main(int count, char** arguments) {
    EXPECT(preload::is_preloaded() || preload::any_malloc());
    if (count > 1) return end(arguments[1]);
    alarm(60);
    for (int i = 0; i < 20; ++i)
        for (std::string_view way : ways) run(way.data());
}
