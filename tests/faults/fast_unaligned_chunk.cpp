// dies of: malloc(): unaligned fastbin chunk detected 2
//
// A block was written to after it was freed: the link of the chunk in a fast bin leads into the middle of another. The
// first request takes the chunk, the second one what the link led to. (calloc does not look into the thread's cache.)
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
    crime::word_of(std::calloc(1, 24), 0) = 0;
    crime::word_of(std::calloc(1, 24), 0) = 0;
}
