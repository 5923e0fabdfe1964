// dies of: malloc(): unaligned fastbin chunk detected 3
//
// A block was written to after it was freed: the link of the chunk in a fast bin leads into the middle of another. The
// thread's cache is empty: the request takes the chunk, and moves the rest of the bin to the cache.
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
    crime::empty_cache(24);
    crime::allocate(24);
}
