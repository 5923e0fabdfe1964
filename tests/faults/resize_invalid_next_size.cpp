// dies of: realloc(): invalid next size
//
// A write beyond the end of a block hit the size of the next chunk, which realloc looks at to see if it could grow
// there.
//
//   +--------+-----------+---------+----------
//   | size   | block     | 0x21    | next ...
//   +--------+-----------+---------+----------
//              resized     -> 0x01
#include "crime.hpp"

int main() {
    void* block = std::malloc(24);
    void* next = std::malloc(24);
    crime::size_word(next) = crime::previous_used;
    block = std::realloc(block, 100);
}
