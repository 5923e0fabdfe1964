// dies of: __malloc_info(): unaligned fastbin chunk detected
//
// A block was written to after it was freed: the link of the chunk in a fast bin leads into the middle of another.
// malloc_info lists the chunks of all fast bins. (The stream has a buffer of its own, so that writing to it does not
// use the heap.)
//
//   fast bin of 32 -> second -> first + 8, no multiple of 16
#include "crime.hpp"

#include <cstdio>

int main() {
    static char buffer[4096];
    FILE* nowhere = std::fopen("/dev/null", "w");
    if (!nowhere || std::setvbuf(nowhere, buffer, _IOFBF, sizeof buffer) != 0) return 1;
    void* first = std::malloc(24);
    void* second = std::malloc(24);
    crime::fill_cache(24);
    std::free(first);
    std::free(second);
    crime::forward(second) = crime::link_to(second, crime::inside(crime::chunk_of(first)));
    malloc_info(0, nowhere);
}
