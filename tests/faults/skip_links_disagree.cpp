// dies of: corrupted double-linked list (not small)
//
// A large free chunk has a second pair of links, which leads to other sizes of its bin. It was overwritten after the
// block was freed. When the chunk is to leave the bin, because the one before it is freed, the chunk it leads to must
// point back.
//
//   skip ring:  neighbour -> block (does not point back)
#include "crime.hpp"

int main() {
    void* block = std::malloc(2000);
    void* neighbour = std::malloc(2000);
    crime::allocate(24);
    std::free(neighbour);
    crime::sort_free_chunks();
    crime::skip_forward(neighbour) = crime::chunk_of(block);
    std::free(block);
}
