// dies of: malloc(): largebin double linked list corrupted (nextsize)
//
// A block was written to after it was freed: the link of a chunk in a large bin that leads to the next larger size. A
// chunk of a larger size is put in front of it in the same bin.
//
//   skip ring:  large (being sorted) <-> small
//                                          skip_back: leads elsewhere
#include "crime.hpp"

int main() {
    void* small = std::malloc(2000);
    void* between = std::malloc(24);
    void* large = std::malloc(2020);
    crime::allocate(24);
    std::free(small);
    crime::sort_free_chunks();
    crime::skip_back(small) = crime::chunk_of(between);
    std::free(large);
    crime::sort_free_chunks();
}
