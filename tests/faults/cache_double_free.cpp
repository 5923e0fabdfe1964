// dies of: free(): double free detected in tcache 2
//
// A block is freed twice. The first time it went to the thread's cache, which left its key there; the second time the
// key raises suspicion, and the walk through the list finds the block.
//
//   cache -> block | link |
//                  | key  |  <- freed again
#include "crime.hpp"

int main() {
    void* block = std::malloc(24);
    std::free(block);
    std::free(block);
}
