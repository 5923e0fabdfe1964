// dies of: corrupted size vs. prev_size while consolidating
//
// The size of a free chunk was overwritten. The chunk behind it is freed, wants to merge with it, and knows another
// size.
//
//   +---------------+---------------+------+-------
//   | size 2016     | free ...      | 2016 | block
//   +---------------+---------------+------+-------
//     -> 1984                                freed
#include "crime.hpp"

int main() {
    void* before = std::malloc(2000);
    void* block = std::malloc(2000);
    crime::allocate(24);
    std::free(before);
    crime::size_word(before) = 1984 | crime::previous_used;
    std::free(block);
}
