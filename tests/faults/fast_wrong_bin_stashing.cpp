// dies of: malloc(): chunk size mismatch in fastbin
//
// The size word of a chunk in a fast bin is overwritten from the block before it. The thread's cache is empty: the
// request takes another chunk of the bin, and moves the rest to the cache.
//
//   fast bin of 32 -> second -> first
//                               size_word: 48
#include "crime.hpp"

int main() {
    void* first = std::malloc(24);
    void* second = std::malloc(24);
    crime::fill_cache(24);
    std::free(first);
    std::free(second);
    crime::size_word(first) = 48 | 1;
    crime::empty_cache(24);
    crime::allocate(24);
}
