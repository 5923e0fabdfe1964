// dies of: corrupted double-linked list
//
// A block was written to after it was freed: its link to the next chunk of its bin leads elsewhere. When the chunk is
// to leave the bin, because the one before it is freed and merges with it, the chunk it leads to must point back.
//
//   bin <-> neighbour -> block (does not point back)
#include "crime.hpp"

int main() {
    void* block = std::malloc(2000);
    void* neighbour = std::malloc(2000);
    crime::allocate(24);
    std::free(neighbour);
    crime::forward(neighbour) = crime::chunk_of(block);
    std::free(block);
}
