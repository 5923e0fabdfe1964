// fork while two threads allocate: the child has one thread and a heap that works. The handlers of pthread_atfork
// allocate, too. vfork with exec, and posix_spawn. A deadlock ends by SIGALRM.
#include "preload/check.hpp"

#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>

namespace {

std::atomic<bool> stop = false;
void* from_handler = nullptr;

void in_handler() {
    std::free(from_handler);
    from_handler = std::malloc(100);
}

void churn() {
    std::vector<void*> blocks(500);
    for (std::size_t i = 0; !stop; i = (i + 7) % blocks.size()) {
        std::free(blocks[i]);
        blocks[i] = std::malloc(16 + i * 13 % 3000);
    }
    for (void* block : blocks) std::free(block);
}

void allocate_a_lot() {
    std::vector<void*> blocks;
    for (std::size_t i = 0; i < 2000; ++i) {
        blocks.push_back(std::malloc(16 + i));
        EXPECT(blocks.back() != nullptr);
        preload::fill(blocks.back(), 16 + i, 1);
    }
    for (void* block : blocks) std::free(block);
}

void expect_success(pid_t child) {
    int status = -1;
    EXPECT(waitpid(child, &status, 0) == child);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

// Every tenth child starts a thread of its own.
[[noreturn]] void be_child(int number) {
    alarm(20);
    allocate_a_lot();
    if (number % 10 == 0) std::thread(allocate_a_lot).join();
    std::exit(0);
}

void fork_often() {
    for (int i = 0; i < 200; ++i) {
        pid_t child = fork();
        EXPECT(child >= 0);
        if (child == 0) be_child(i);
        expect_success(child);
    }
}

void vfork_and_exec() {
    pid_t child = vfork();
    EXPECT(child >= 0);
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", "exit 0", static_cast<char*>(nullptr));
        _exit(1);
    }
    expect_success(child);
}

void spawn() {
    pid_t child = 0;
    const char* arguments[] = {"sh", "-c", "exit 0", nullptr};
    EXPECT(posix_spawn(&child, "/bin/sh", nullptr, nullptr, const_cast<char**>(arguments), environ) == 0);
    expect_success(child);
}

} // namespace

int main() {
    EXPECT(preload::is_preloaded());
    alarm(60);
    EXPECT(pthread_atfork(in_handler, in_handler, in_handler) == 0);
    std::thread first(churn), second(churn);
    fork_often();
    for (int i = 0; i < 20; ++i) vfork_and_exec(), spawn();
    stop = true;
    first.join();
    second.join();
    EXPECT(from_handler != nullptr);
    std::free(from_handler);
}
