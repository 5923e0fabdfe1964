// pairs                      - prints the file that malloc comes from
// pairs SIZE COUNT [empty]   - the same, and COUNT times malloc(SIZE) and free; with `empty` the loop alone
//
// bench/instructions counts instructions of this program and takes differences, so only the loop must be exact.
#include "support.hpp"

#include <cstdio>

#include <dlfcn.h>

namespace {

// The compiler must neither drop a pair nor know what malloc returns.
void* opaque(void* pointer) {
    asm volatile("" : "+r"(pointer) : : "memory");
    return pointer;
}

void pairs(std::size_t size, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) std::free(opaque(std::malloc(size)));
}

void empty(std::size_t size, std::size_t count) {
    char place = 0;
    void* const pointer = size == 0 ? nullptr : &place;
    for (std::size_t i = 0; i < count; ++i) opaque(pointer);
}

const char* origin_of_malloc() {
    Dl_info info = {};
    if (dladdr(reinterpret_cast<void*>(&std::malloc), &info) == 0 || info.dli_fname == nullptr) return "unknown";
    return info.dli_fname;
}

} // namespace

int main(int argc, char** argv) {
    std::puts(origin_of_malloc());
    const std::size_t size = bench::argument(argc, argv, 1, 0);
    const std::size_t count = bench::argument(argc, argv, 2, 0);
    if (argc > 3)
        empty(size, count);
    else
        pairs(size, count);
}
