// dies of: malloc_consolidate(): invalid chunk size
//
// The size of a chunk in a fast bin was overwritten; all chunks of a fast bin have one size. A large request merges all
// fast chunks first.
//
//   fast bin of 32 -> block, size 32 -> 64
#include "crime.hpp"

int main() {
    void* block = std::malloc(24);
    crime::fill_cache(24);
    std::free(block);
    crime::size_word(block) = 64 | crime::previous_used;
    crime::allocate(2000);
}
