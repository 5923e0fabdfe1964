// dies of: mremap_chunk(): invalid pointer
//
// A large block has a mapping of its own, whole pages that are remapped when it is resized. Its size was overwritten:
// the mapping would not end at the end of a page.
//
//   page                                     page
//   +------+------------+--------------------+----
//   | 0    | size |M    | block              |
//   +------+------------+--------------------+----
//            + 16
#include "crime.hpp"

int main() {
    void* block = std::malloc(1 << 20);
    crime::size_word(block) = crime::size_word(block) + 16;
    block = std::realloc(block, 2 << 20);
}
