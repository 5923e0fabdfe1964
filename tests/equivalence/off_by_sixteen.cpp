// off_by_sixteen.cpp - a library to preload that is wrong on purpose: a request for 777 bytes is made one for 793.
// The suite must see that, and shrink the trace to the step or two it takes.
#include <cstddef>

extern "C" {

void* __libc_malloc(std::size_t size); // exported by glibc

[[gnu::visibility("default")]] void* malloc(std::size_t size) { return __libc_malloc(size == 777 ? size + 16 : size); }
}
