// dies of: free(): unaligned chunk detected in tcache 2
//
// The link of a cached block was overwritten and leads into the middle of a block. The list is walked because the
// second block, when freed, bears the cache's key, as a copy of a freed block does.
//
//   cache -> first -> somewhere that is no multiple of 16
#include "crime.hpp"

int main() {
    void* first = std::malloc(24);
    void* second = std::malloc(24);
    std::free(first);
    crime::forward(first) = crime::link_to(first, crime::inside(reinterpret_cast<std::size_t>(first)));
    crime::back(second) = crime::back(first);
    std::free(second);
}
