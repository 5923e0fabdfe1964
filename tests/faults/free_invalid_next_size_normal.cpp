// dies of: free(): invalid next size (normal)
//
// A write beyond the end of a block hit the size of the next chunk; its flag P still stands.
//
//   +--------+-----------+---------+----------
//   | size   | block     | 0x21    | next ...
//   +--------+-----------+---------+----------
//              freed       -> 0x01
#include "crime.hpp"

int main() {
    void* block = std::malloc(2000);
    void* next = std::malloc(24);
    crime::size_word(next) = crime::previous_used;
    std::free(block);
}
