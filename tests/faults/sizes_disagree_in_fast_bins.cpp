// dies of: corrupted size vs. prev_size in fastbins
//
// The size of a free chunk was overwritten. The chunk behind it lies in a fast bin. A large request merges all fast
// chunks; this one wants to merge with the one before it, and knows another size.
//
//   +---------------+---------------+------+---------------------
//   | size 2016     | free ...      | 2016 | block, in a fast bin
//   +---------------+---------------+------+---------------------
//     -> 1984
#include "crime.hpp"

int main() {
    void* before = std::malloc(2000);
    void* block = std::malloc(24);
    crime::fill_cache(24);
    std::free(before);
    std::free(block);
    crime::size_word(before) = 1984 | crime::previous_used;
    crime::allocate(3000);
}
