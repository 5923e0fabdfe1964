// From some moment on the system refuses calls, and goes on refusing: what is held stays as it is, a request that
// cannot be met is told ENOMEM, everything can be freed, and what the heap has then can be had.
//
//     refused_calls <threads> <call>...     mmap munmap mprotect mremap madvise brk, break: a mapping lies in its way
//
// The calls are refused by a filter of the kernel, from all threads at once.
#include "preload/check.hpp"
#include "preload/workload.hpp"

#include <atomic>
#include <csignal>
#include <cstddef>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

namespace {

constexpr int skipped = 77; // CTest's SKIP_RETURN_CODE

struct call {
    std::string_view name;
    unsigned number;
    unsigned answer;
};

// A refused brk returns where the break is. An error number would not do: it is above all addresses, and sbrk() takes
// it for success.
constexpr unsigned no_memory = SECCOMP_RET_ERRNO | ENOMEM;
constexpr call calls[] = {
    {"mmap", __NR_mmap, no_memory},     {"munmap", __NR_munmap, no_memory},   {"mprotect", __NR_mprotect, no_memory},
    {"mremap", __NR_mremap, no_memory}, {"madvise", __NR_madvise, no_memory}, {"brk", __NR_brk, SECCOMP_RET_TRAP},
};

// SIGSYS stands for the refused brk: here sbrk() makes no call of its own.
void answer_brk(int, siginfo_t*, void* context) {
    [[maybe_unused]] mcontext_t& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
    [[maybe_unused]] void* where = sbrk(0);
#if defined(__x86_64__)
    machine.gregs[REG_RAX] = reinterpret_cast<greg_t>(where);
#elif defined(__aarch64__)
    machine.regs[0] = reinterpret_cast<std::uintptr_t>(where);
#else
    _exit(skipped);
#endif
}

class filter {
    sock_filter lines_[2 + 2 * std::size(calls)] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
    };
    unsigned short used_ = 1;

    void add(sock_filter line) { lines_[used_++] = line; }

public:
    void refuse(const call& c) {
        add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, c.number, 0, 1));
        add(BPF_STMT(BPF_RET | BPF_K, c.answer));
    }

    // install - in all threads of the process. A system without filters cannot run this.
    void install() {
        add(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
        sock_fprog program{used_, lines_};
        EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
        long error = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
        if (error == -1 && (errno == ENOSYS || errno == EINVAL || errno == EPERM)) _exit(skipped);
        EXPECT(error == 0);
    }
};

// block_break - the page behind the break is taken.
void block_break() {
    auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    std::uintptr_t behind = (reinterpret_cast<std::uintptr_t>(sbrk(0)) + page - 1) / page * page;
    void* at = reinterpret_cast<void*>(behind);
    EXPECT(mmap(at, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == at);
}

void refuse_calls(std::span<char*> names) {
    filter f;
    for (std::string_view name : names) {
        if (name == "break") block_break();
        for (const call& c : calls)
            if (c.name == name) f.refuse(c);
    }
    f.install();
}

// ---- the work ------------------------------------------------------------------------------------------------------

constexpr unsigned most_workers = 4;
preload::workload work[most_workers];
std::span<char*> refused;
pthread_barrier_t barrier;
std::atomic<std::size_t> wanted = 0, taken = 0;

// meet - waits for the other workers; then the first of them runs `once`, alone.
void meet(unsigned worker, auto once) {
    pthread_barrier_wait(&barrier);
    if (worker == 0) once();
    pthread_barrier_wait(&barrier);
}

struct node {
    node* next;
};

void free_all(node* list) {
    while (list) {
        node* n = list;
        list = n->next;
        std::free(n);
    }
}

// request - one more block for the list, or false with ENOMEM.
bool request(node*& list, std::size_t bytes) {
    errno = 0;
    auto* n = static_cast<node*>(std::malloc(bytes));
    EXPECT(n || errno == ENOMEM);
    EXPECT(reinterpret_cast<std::uintptr_t>(n) % 16 == 0);
    if (n) *n = {list}, list = n;
    return n != nullptr;
}

// exhaust - all there is, unless that is very much.
void exhaust() {
    node* list = nullptr;
    for (int i = 0; i < 8000 && request(list, 10'000); ++i) {}
    free_all(list);
}

// take_back - small blocks, until they make up what is wanted of all workers.
node* take_back() {
    node* list = nullptr;
    while (taken < wanted && request(list, 64)) taken += malloc_usable_size(list) + sizeof(std::size_t);
    return list;
}

void live(unsigned i) {
    work[i].run(1000);
    meet(i, [] { refuse_calls(refused); });
    work[i].may_fail();
    work[i].run(2000);
    exhaust();
    work[i].fill();
    work[i].run(2000);
    work[i].free_all();
    meet(i, [] { wanted = mallinfo2().fordblks / 10 * 9; }); // what the arenas say they have, less what caches split
    node* list = take_back();
    meet(i, [] { EXPECT(taken >= wanted); });
    free_all(list);
}

void live_in_threads(unsigned workers) {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < workers; ++i) threads.emplace_back(live, i);
    for (std::thread& t : threads) t.join();
}

} // namespace

int main(int count, char** arguments) {
    EXPECT(preload::is_preloaded() || preload::any_malloc());
    EXPECT(count > 2);
    alarm(60);
    struct sigaction action{};
    action.sa_sigaction = answer_brk;
    action.sa_flags = SA_SIGINFO;
    EXPECT(sigaction(SIGSYS, &action, nullptr) == 0);
    auto workers = static_cast<unsigned>(std::atoi(arguments[1]));
    EXPECT(workers >= 1 && workers <= most_workers);
    refused = {arguments + 2, static_cast<std::size_t>(count) - 2};
    pthread_barrier_init(&barrier, nullptr, workers);
    for (unsigned i = 0; i < workers; ++i) work[i] = preload::workload(preload::seed() + i);
    workers == 1 ? live(0) : live_in_threads(workers);
    std::size_t sum = 0;
    for (const preload::workload& w : work) sum += w.refused();
    dprintf(STDERR_FILENO, "%zu requests were refused; %zu bytes were there at the end\n", sum, wanted.load());
}
