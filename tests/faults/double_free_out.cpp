// dies of: double free or corruption (out)
//
// The size of a block was overwritten with one so large that the next chunk would lie beyond the end of the heap.
//
//   +--------+---------------------+
//   | block, | top                 |
//   +--------+---------------------+        next?
//     size 2016 -> 16 MiB                   v
#include "crime.hpp"

int main() {
    void* block = std::malloc(2000);
    crime::size_word(block) = (std::size_t{16} << 20) | crime::previous_used;
    std::free(block);
}
