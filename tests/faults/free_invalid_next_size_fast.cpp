// dies of: free(): invalid next size (fast)
//
// A write beyond the end of a block hit the size of the next chunk. Before a chunk goes to a fast bin, the next one's
// size must be possible.
//
//           +--------+-----------+--------+----------
//           | size   | block     | 0x21   | next ...
//           +--------+-----------+--------+----------
//                      freed       -> 0
#include "crime.hpp"

int main() {
    void* block = std::malloc(24);
    void* next = std::malloc(24);
    crime::fill_cache(24);
    crime::size_word(next) = 0;
    std::free(block);
}
