// dies of: break adjusted to free malloc space
//
// The program moves its break down, into memory that the heap holds. When the heap grows, the new memory begins below
// the end of top.
//
//   +--------+----------------------+
//   | blocks | top                  |
//   +--------+----------------------+
//                         ^         ^
//                         break  <- break
#include "crime.hpp"

int main() {
    crime::allocate(100000);
    if (sbrk(-4096) == reinterpret_cast<void*>(-1)) return 1;
    for (int i = 0; i < 3; ++i) crime::allocate(100000);
}
