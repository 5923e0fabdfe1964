// dies of: malloc(): unsorted double linked list corrupted
//
// A block was written to after it was freed. It is the oldest of the unsorted chunks, so its link should lead to the
// head of their ring. The next search wants to sort it.
//
//   head <- block -> behind, which is no head
#include "crime.hpp"

int main() {
    void* block = std::malloc(2000);
    void* behind = std::malloc(24);
    std::free(block);
    crime::forward(block) = crime::chunk_of(behind);
    crime::sort_free_chunks();
}
