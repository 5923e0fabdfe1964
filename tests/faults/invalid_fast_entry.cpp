// dies of: invalid fastbin entry (free)
//
// The size of a chunk in a fast bin was overwritten. When the arena itself frees a piece of that size, here the tail
// that is left when a block shrinks, it looks at the chunk that was first so far.
//
//   fast bin of 32 -> block, size 32 -> 64
//
//   +-----------+----------+
//   | 48        | tail, 32 |   freed by realloc to the same bin
//   +-----------+----------+
#include "crime.hpp"

int main() {
    void* block = std::malloc(24);
    void* shrinking = std::malloc(72);
    crime::fill_cache(24);
    std::free(block);
    crime::size_word(block) = 64 | crime::previous_used;
    shrinking = std::realloc(shrinking, 40);
}
