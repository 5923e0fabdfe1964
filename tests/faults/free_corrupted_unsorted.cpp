// dies of: free(): corrupted unsorted chunks
//
// A block was written to after it was freed. It is the newest of the unsorted chunks, so its link back should lead to
// the head of their ring. The next block that is freed is put between the two.
//
//   head -> first -> ...
//             back: leads elsewhere
//
//   head -> second (being freed) -> first
#include "crime.hpp"

int main() {
    void* first = std::malloc(2000);
    crime::allocate(24);
    void* second = std::malloc(2000);
    crime::allocate(24);
    std::free(first);
    crime::back(first) = crime::chunk_of(second);
    std::free(second);
}
