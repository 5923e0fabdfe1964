// dies of: munmap_chunk(): invalid pointer
//
// A large block has a mapping of its own, whole pages that are unmapped when it is freed. Its size was overwritten: the
// mapping would not end at the end of a page.
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
    std::free(block);
}
