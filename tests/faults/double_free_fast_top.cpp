// dies of: double free or corruption (fasttop)
//
// A block is freed twice in a row, and the thread's cache was full: it went to a fast bin, and is still first in it.
//
//   fast bin of 32 -> block <- freed again
#include "crime.hpp"

int main() {
    void* block = std::malloc(24);
    crime::fill_cache(24);
    std::free(block);
    std::free(block);
}
