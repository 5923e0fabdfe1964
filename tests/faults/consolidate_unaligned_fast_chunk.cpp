// dies of: malloc_consolidate(): unaligned fastbin chunk detected
//
// A block was written to after it was freed: the link of the chunk in a fast bin leads into the middle of another. A
// large request merges all fast chunks first.
//
//   fast bin of 32 -> second -> first + 8, no multiple of 16
#include "crime.hpp"

int main() {
    void* first = std::malloc(24);
    void* second = std::malloc(24);
    crime::fill_cache(24);
    std::free(first);
    std::free(second);
    crime::forward(second) = crime::link_to(second, crime::inside(crime::chunk_of(first)));
    crime::allocate(2000);
}
