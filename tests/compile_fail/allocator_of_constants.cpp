// expect: heap_allocator: T must be an object type, not const
#include <ptm/adapt/heap_allocator.hpp>

ptm::heap_allocator<const int> allocator;
