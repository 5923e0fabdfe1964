// dies of: double free or corruption (top)
//
// A block at the end of the heap is freed twice. The first time it merged with top, the memory that was never handed
// out: now top begins where the block did.
//
//   +------+---------------------------
//   | ...  | block + top                  <- freed again
//   +------+---------------------------
#include "crime.hpp"

int main() {
    void* block = std::malloc(2000);
    std::free(block);
    std::free(block);
}
