// dies of: double free or corruption (!prev)
//
// A block is freed twice. The first time the flag P of the next chunk was cleared, which says: the chunk before is
// free.
//
//   +--------------+---------------+
//   | block, free  | 0x20, P clear |
//   +--------------+---------------+
//     <- freed again
#include "crime.hpp"

int main() {
    void* block = std::malloc(2000);
    crime::allocate(24);
    std::free(block);
    std::free(block);
}
