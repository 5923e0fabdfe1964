// dies of: malloc(): corrupted top size
//
// A write beyond the last block hit the size of top, the memory that was never handed out. It cannot be larger than all
// that the system gave.
//
//   +--------+-----------+-----------------+------------
//   | size   | block     | size of top     |
//   +--------+-----------+-----------------+------------
//                          -> all ones
#include "crime.hpp"

int main() {
    void* block = std::malloc(2000);
    crime::word_of(block, 2008 / 8) = SIZE_MAX;
    crime::allocate(3000);
}
