// dies of: malloc(): memory corruption (fast)
//
// The size of a chunk in a fast bin was overwritten; all chunks of a fast bin have one size. (calloc does not look into
// the thread's cache.)
//
//   fast bin of 32 -> block, size 32 -> 64
#include "crime.hpp"

int main() {
    void* block = std::malloc(24);
    crime::fill_cache(24);
    std::free(block);
    crime::size_word(block) = 64 | crime::previous_used;
    crime::word_of(std::calloc(1, 24), 0) = 0;
}
