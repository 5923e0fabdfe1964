// Threads with the smallest stacks that the system allows can call all of malloc's functions, whichever is the first.
#include "preload/check.hpp"
#include "preload/workload.hpp"

#include <fcntl.h>
#include <pthread.h>

namespace {

constexpr unsigned threads = 4; // at a time

preload::workload work[threads]; // not on the stack
std::FILE* nowhere = nullptr;
void* from_main[threads];

// ---- the first call of a thread ------------------------------------------------------------------------------------

void use(void* block, std::size_t bytes) {
    EXPECT(block != nullptr);
    preload::fill(block, bytes, 3);
    std::free(block);
}

void by_malloc(unsigned) { use(std::malloc(100), 100); }
void by_mapping(unsigned) { use(std::malloc(1 << 20), 1 << 20); }
void by_calloc(unsigned) { use(std::calloc(10, 500), 5000); }
void by_realloc(unsigned) { use(std::realloc(nullptr, 3000), 3000); }
void by_memalign(unsigned) { use(memalign(4096, 10000), 10000); }
void by_valloc(unsigned) { use(valloc(100), 100); }
void by_free(unsigned i) { std::free(from_main[i]); }
void by_resizing(unsigned i) { use(std::realloc(from_main[i], 70000), 70000); }
void by_books(unsigned) { EXPECT(mallinfo2().arena > 0); }
void by_trim(unsigned) { malloc_trim(0); }
void by_info(unsigned) { EXPECT(malloc_info(0, nowhere) == 0); }
void by_stats(unsigned) { malloc_stats(); }

using call = void(unsigned);

struct task {
    call* first;
    unsigned worker;
};

void* live(void* p) {
    auto [first, i] = *static_cast<task*>(p);
    first(i);
    work[i].run(200);
    work[i].free_all();
    by_info(i);
    return nullptr;
}

// ---- threads -------------------------------------------------------------------------------------------------------

pthread_attr_t smallest() {
    pthread_attr_t attributes{};
    EXPECT(pthread_attr_init(&attributes) == 0);
    EXPECT(pthread_attr_setstacksize(&attributes, static_cast<std::size_t>(PTHREAD_STACK_MIN)) == 0);
    return attributes;
}

void run(call* first) {
    pthread_attr_t attributes = smallest();
    pthread_t ids[threads];
    task tasks[threads];
    for (unsigned i = 0; i < threads; ++i) {
        from_main[i] = first == by_free || first == by_resizing ? std::malloc(500) : nullptr;
        tasks[i] = {first, i};
        EXPECT(pthread_create(&ids[i], &attributes, live, &tasks[i]) == 0);
    }
    for (pthread_t id : ids) EXPECT(pthread_join(id, nullptr) == 0);
    pthread_attr_destroy(&attributes);
}

// What malloc_stats writes to standard error is not of interest.
void run_silently(call* first) {
    int saved = dup(STDERR_FILENO);
    dup2(fileno(nowhere), STDERR_FILENO);
    run(first);
    dup2(saved, STDERR_FILENO);
    close(saved);
}

} // namespace

int main() {
    EXPECT(preload::is_preloaded() || preload::any_malloc());
    alarm(60);
    nowhere = std::fopen("/dev/null", "w");
    EXPECT(nowhere != nullptr);
    for (unsigned i = 0; i < threads; ++i) work[i] = preload::workload(preload::seed() + i, 200'000);
    constexpr call* calls[] = {by_malloc, by_mapping,  by_calloc, by_realloc, by_memalign, by_valloc,
                               by_free,   by_resizing, by_books,  by_trim,    by_info};
    for (int i = 0; i < 8; ++i)
        for (call* c : calls) run(c);
    run_silently(by_stats);
}
