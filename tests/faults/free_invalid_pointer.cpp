// dies of: free(): invalid pointer
//
// A pointer into a block is freed, not the block. The words there look like a small chunk in use, but a block begins at
// a multiple of 16.
//
//           +--------+
//           | size   |
//   block   +--------+
//           | 0x21   |   taken for a size
//   freed ->|        |
//           +--------+
#include "crime.hpp"

int main() {
    void* block = std::malloc(24);
    crime::word_of(block, 0) = 32 | crime::previous_used;
    std::free(static_cast<char*>(block) + 8);
}
