// dies of: malloc(): smallbin double linked list corrupted
//
// A block was written to after it was freed. It lies in the bin of its size, from which requests are served at the
// back; the chunk before it should lead to it. (calloc does not look into the thread's cache.)
//
//   head of the bin of 208 <-> block
//                                back: leads elsewhere
#include "crime.hpp"

int main() {
    void* block = std::malloc(200);
    void* other = std::malloc(200);
    crime::fill_cache(200);
    std::free(block);
    crime::sort_free_chunks();
    crime::back(block) = crime::chunk_of(other);
    crime::word_of(std::calloc(1, 200), 0) = 0;
}
