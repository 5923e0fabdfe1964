// dies of: malloc(): invalid next size (unsorted)
//
// The size of the chunk behind an unsorted one was overwritten. The next search wants to sort the unsorted one.
//
//   +-------------------+--------------+---------------+----
//   | size 2016         | free ...     | size 32 -> 8  | behind
//   +-------------------+--------------+---------------+----
#include "crime.hpp"

int main() {
    void* block = std::malloc(2000);
    void* behind = std::malloc(24);
    std::free(block);
    crime::size_word(behind) = 8;
    crime::sort_free_chunks();
}
