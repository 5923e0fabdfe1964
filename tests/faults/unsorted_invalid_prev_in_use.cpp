// dies of: malloc(): invalid next->prev_inuse (unsorted)
//
// The chunk behind an unsorted one says that the one before it is in use. The next search wants to sort the unsorted
// one.
//
//   +-------------------+--------------+----------------+----
//   | size 2016         | free ...     | 0x20 -> 0x21   | behind
//   +-------------------+--------------+----------------+----
#include "crime.hpp"

int main() {
    void* block = std::malloc(2000);
    void* behind = std::malloc(24);
    std::free(block);
    crime::size_word(behind) = 32 | crime::previous_used;
    crime::sort_free_chunks();
}
