// dies of: malloc(): unaligned tcache chunk detected
//
// A block was written to after it was freed: the link of the cached block leads into the middle of another. The first
// request takes the block, the second one what the link led to.
//
//   cache -> second -> first + 8, no multiple of 16
#include "crime.hpp"

int main() {
    void* first = std::malloc(24);
    void* second = std::malloc(24);
    std::free(first);
    std::free(second);
    crime::forward(second) = crime::link_to(second, crime::inside(reinterpret_cast<std::size_t>(first)));
    crime::allocate(24);
    crime::allocate(24);
}
