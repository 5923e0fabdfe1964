// dies of: int_mallinfo(): unaligned fastbin chunk detected
//
// A block was written to after it was freed: the link of the chunk in a fast bin leads into the middle of another.
// mallinfo2 counts the chunks of all fast bins.
//
//   fast bin of 32 -> second -> first + 8, no multiple of 16
#include "crime.hpp"

int main() {
    void* first = std::malloc(24);
    void* second = std::malloc(24);
    crime::fill_cache(24);
    std::free(first);
    std::free(second);
    crime::forward(second) = crime::link_to(second, crime::inside(crime::chunk_of(first)));
    static_cast<void>(mallinfo2());
}
