// dies of: corrupted size vs. prev_size
//
// A free chunk repeats its size behind it, in the first word of the next chunk. That was overwritten. The chunk before
// the free one is freed and wants to merge with it.
//
//   +-----------+--------------------+---------+------
//   | block     | size 2016 | free   | 2016    | ...
//   +-----------+--------------------+---------+------
//     freed                            -> 1984
#include "crime.hpp"

int main() {
    void* block = std::malloc(2000);
    void* neighbour = std::malloc(2000);
    void* behind = std::malloc(24);
    std::free(neighbour);
    crime::previous_size(behind) = 1984;
    std::free(block);
}
