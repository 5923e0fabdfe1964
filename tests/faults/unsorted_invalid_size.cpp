// dies of: malloc(): invalid size (unsorted)
//
// The size of an unsorted chunk was overwritten. The next search wants to sort it.
//
//   +-------------------+--------------+
//   | size 2016 -> 16   | free ...     |
//   +-------------------+--------------+
#include "crime.hpp"

int main() {
    void* block = std::malloc(2000);
    crime::allocate(24);
    std::free(block);
    crime::size_word(block) = 16 | crime::previous_used;
    crime::sort_free_chunks();
}
