// dies of: free(): chunks in smallbin corrupted
//
// A block was written to after it was freed. It is the newest in the small bin of its size, so its link back should
// lead to the head of the bin. The next block of that size that is freed is put between the two.
//
//   head -> first
//             back: leads elsewhere
//
//   head -> second (being freed) -> first
#include "crime.hpp"

int main() {
    void* first = std::malloc(500);
    crime::allocate(24);
    void* second = std::malloc(500);
    crime::allocate(24);
    crime::fill_cache(500);
    std::free(first);
    crime::back(first) = crime::chunk_of(second);
    std::free(second);
}
