// dies of: malloc(): largebin double linked list corrupted (nextsize)
//
// A block was written to after it was freed: the link of the largest chunk of a large bin that leads, round the ring,
// to the smallest. A chunk of a smaller size is put behind all others in the same bin.
//
//   skip ring:  large <-> small (being sorted)
//                 skip_back: leads elsewhere
#include "crime.hpp"

int main() {
    void* large = std::malloc(2020);
    void* between = std::malloc(24);
    void* small = std::malloc(2000);
    crime::allocate(24);
    std::free(large);
    crime::sort_free_chunks();
    crime::skip_back(large) = crime::chunk_of(between);
    std::free(small);
    crime::sort_free_chunks();
}
