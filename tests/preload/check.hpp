// preload/check.hpp - what the programs that run under a preload library have in common.
//
// A program checks one subject and returns 0, or says which expectation did not hold. Catch2 would allocate more than
// the programs do, and is not there before constructors or after fork.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <malloc.h>
#include <unistd.h>

namespace preload {

[[noreturn]] inline void fail(const char* file, int line, const char* expectation) {
    dprintf(STDERR_FILENO, "%s:%d: expected %s\n", file, line, expectation);
    _exit(1);
}

// home_of - the file that a function comes from.
inline const char* home_of(const void* function) {
    Dl_info info{};
    return dladdr(function, &info) != 0 && info.dli_fname ? info.dli_fname : "nowhere";
}

// is_preloaded - is malloc the preload library's? Otherwise a program would check the C library.
inline bool is_preloaded() { return std::strstr(home_of(dlsym(RTLD_DEFAULT, "malloc")), "libptm_") != nullptr; }

// any_malloc - PTM_ANY_MALLOC in the environment: run under whatever malloc there is, to compare.
inline bool any_malloc() {
    static const bool any = std::getenv("PTM_ANY_MALLOC") != nullptr;
    return any;
}

// runs_on - is malloc the one that the arguments name: "system", or by default the preload library's? Says and skips
// (exit status 77) if the system's is another malloc than the one of glibc 2.36.
inline bool runs_on(int argc, char** argv) {
    if (argc < 2 || std::strcmp(argv[1], "system") != 0) return is_preloaded();
    if (std::strcmp(gnu_get_libc_version(), "2.36") == 0) return !is_preloaded();
    dprintf(STDERR_FILENO, "the C library is %s: nothing to compare\n", gnu_get_libc_version());
    _exit(77);
}

// used_bytes - what all arenas count as handed out. What threads have left for one another comes home first, where they
// do that.
inline std::size_t used_bytes() {
    malloc_trim(0);
    return mallinfo2().uordblks;
}

// filled, holds - a block full of one byte.
inline void fill(void* block, std::size_t bytes, unsigned char byte) { std::memset(block, byte, bytes); }
inline bool holds(const void* block, std::size_t bytes, unsigned char byte) {
    const auto* p = static_cast<const unsigned char*>(block);
    for (std::size_t i = 0; i < bytes; ++i)
        if (p[i] != byte) return false;
    return true;
}

} // namespace preload

#define EXPECT(...) ((__VA_ARGS__) ? void() : ::preload::fail(__FILE__, __LINE__, #__VA_ARGS__))
