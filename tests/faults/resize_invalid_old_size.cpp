// dies of: realloc(): invalid old size
//
// The word before the block was overwritten: no chunk is as small as its own header.
//
//           +----------------+
//           | size 32 -> 8   |
//   block   +----------------+
//           |                |   resized
#include "crime.hpp"

int main() {
    void* block = std::malloc(24);
    crime::size_word(block) = 8 | crime::previous_used;
    block = std::realloc(block, 100);
}
