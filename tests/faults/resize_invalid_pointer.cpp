// dies of: realloc(): invalid pointer
//
// A pointer into a block is resized, not the block. The words there look like a small chunk in use, but a block begins
// at a multiple of 16.
//
//           +--------+
//           | size   |
//   block   +--------+
//           | 0x21   |   taken for a size
//   resized>|        |
//           +--------+
#include "crime.hpp"

int main() {
    void* block = std::malloc(24);
    crime::word_of(block, 0) = 32 | crime::previous_used;
    block = std::realloc(static_cast<char*>(block) + 8, 100);
}
