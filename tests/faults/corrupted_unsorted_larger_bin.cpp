// dies of: malloc(): corrupted unsorted chunks 2
//
// One search sorts at most 10000 chunks. There are more, none of them fits, and the newest was written to after it was
// freed: its link back should lead to the head of the ring of the unsorted ones. The request is then served from the
// bin of a larger size, by cutting a chunk; the rest goes in front of the newest.
//
//   head -> newest -> ... -> more of them    (10000 older ones are in their bin now)
//             back: leads elsewhere
//   head -> rest (being put there) -> newest
#include "crime.hpp"

int main() {
    static void* blocks[10100];
    void* larger = std::malloc(3500);
    crime::allocate(24);
    for (void*& block : blocks) {
        block = std::malloc(200);
        crime::allocate(24);
    }
    std::free(larger);
    crime::sort_free_chunks();
    for (void* block : blocks) std::free(block);
    crime::back(blocks[10099]) = crime::chunk_of(larger);
    crime::allocate(1000);
}
