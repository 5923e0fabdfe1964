// Libraries come and go while threads allocate: loaded into the program, where blocks cross their border in both
// directions, and into a namespace with a C library and a malloc of its own, where they stay on their side.
//
//     plug_ins_at_work <plug_in> <plug_in_apart>
#include "preload/check.hpp"
#include "preload/workload.hpp"

#include <atomic>
#include <thread>

namespace {

struct plug_in {
    void* library;
    char* (*make)(std::size_t);
    void (*take)(char*);

    explicit plug_in(void* loaded)
        : library(loaded),
          make(reinterpret_cast<char* (*)(std::size_t)>(dlsym(loaded, "plug_in_make"))),
          take(reinterpret_cast<void (*)(char*)>(dlsym(loaded, "plug_in_take"))) {}

    void unload() const { EXPECT(dlclose(library) == 0); }
};

plug_in load(const char* path) {
    void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    EXPECT(library != nullptr);
    return plug_in(library);
}

plug_in load_apart(const char* path) {
    void* library = dlmopen(LM_ID_NEWLM, path, RTLD_NOW | RTLD_LOCAL);
    if (!library) preload::fail(__FILE__, __LINE__, dlerror());
    EXPECT(dlsym(library, "malloc") != dlsym(RTLD_DEFAULT, "malloc"));
    return plug_in(library);
}

// ---- blocks that cross the border ----------------------------------------------------------------------------------

constexpr std::size_t sizes[] = {1, 24, 1000, 5000, 200'000};
std::atomic<char*> from_plug_in[std::size(sizes)]; // the threads of the program free them

void make_in(const plug_in& p) {
    for (std::size_t i = 0; i < std::size(sizes); ++i) {
        char* theirs = p.make(sizes[i]);
        EXPECT(theirs && preload::holds(theirs, sizes[i], 'p'));
        std::free(from_plug_in[i].exchange(theirs));
    }
}

void hand_to(const plug_in& p) {
    for (std::size_t bytes : sizes) {
        void* ours = std::malloc(bytes);
        EXPECT(ours != nullptr);
        preload::fill(ours, bytes, 'o');
        p.take(static_cast<char*>(ours));
    }
}

void load_often(const char* path) {
    for (int i = 0; i < 100; ++i) {
        plug_in p = load(path);
        make_in(p);
        hand_to(p);
        p.unload();
    }
}

// ---- blocks that do not --------------------------------------------------------------------------------------------

void make_and_take_in(const plug_in& p) {
    char* theirs[std::size(sizes)];
    for (std::size_t i = 0; i < std::size(sizes); ++i) theirs[i] = p.make(sizes[i]);
    for (std::size_t i = 0; i < std::size(sizes); ++i) {
        EXPECT(theirs[i] && preload::holds(theirs[i], sizes[i], 'p'));
        p.take(theirs[i]);
    }
}

void load_apart_often(const char* path) {
    for (int i = 0; i < 100; ++i) {
        plug_in p = load_apart(path);
        for (int j = 0; j < 3; ++j) make_and_take_in(p);
        p.unload();
    }
}

// ---- the program ---------------------------------------------------------------------------------------------------

std::atomic<bool> stop = false;
preload::workload work[2];

void take_from_plug_in() {
    for (std::size_t i = 0; i < std::size(sizes); ++i) {
        char* theirs = from_plug_in[i].exchange(nullptr);
        EXPECT(!theirs || preload::holds(theirs, sizes[i], 'p'));
        std::free(theirs);
    }
}

void churn(unsigned i) {
    while (!stop) {
        work[i].run(20);
        take_from_plug_in();
    }
    work[i].free_all();
}

} // namespace

int main(int count, char** arguments) {
    EXPECT(preload::is_preloaded() || preload::any_malloc());
    EXPECT(count == 3);
    alarm(60);
    for (unsigned i = 0; i < 2; ++i) work[i] = preload::workload(preload::seed() + i, 100'000);
    std::thread first(churn, 0), second(churn, 1);
    std::thread loads(load_often, arguments[1]), loads_apart(load_apart_often, arguments[2]);
    loads.join();
    loads_apart.join();
    stop = true;
    first.join();
    second.join();
    take_from_plug_in();
}
