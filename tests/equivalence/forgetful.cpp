// forgetful.cpp - a library to preload that is wrong on purpose, in a way that only shows later: blocks of 776 usable
// bytes are never freed. It takes a few steps that belong together to see that, so shrinking has something to do.
#include <cstddef>
#include <malloc.h>

extern "C" {

void __libc_free(void* block); // exported by glibc

[[gnu::visibility("default")]] void free(void* block) noexcept {
    if (malloc_usable_size(block) != 776) __libc_free(block);
}
}
