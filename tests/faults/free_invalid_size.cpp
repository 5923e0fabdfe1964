// dies of: free(): invalid size
//
// The word before the block was overwritten, as by a write below the start of an array. No chunk is smaller than 32.
//
//           +----------------+
//           | size 32 -> 16  |
//   freed ->+----------------+
//           |                |
#include "crime.hpp"

int main() {
    void* block = std::malloc(24);
    crime::size_word(block) = 16 | crime::previous_used;
    std::free(block);
}
