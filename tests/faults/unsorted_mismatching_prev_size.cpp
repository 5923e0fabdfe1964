// dies of: malloc(): mismatching next->prev_size (unsorted)
//
// An unsorted chunk, as every free one, repeats its size behind it. That was overwritten. The next search wants to sort
// the chunk.
//
//   +-------------------+--------------+---------------+----
//   | size 2016         | free ...     | 2016 -> 1984  | behind
//   +-------------------+--------------+---------------+----
#include "crime.hpp"

int main() {
    void* block = std::malloc(2000);
    void* behind = std::malloc(24);
    std::free(block);
    crime::previous_size(behind) = 1984;
    crime::sort_free_chunks();
}
