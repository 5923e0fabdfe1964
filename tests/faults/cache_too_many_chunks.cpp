// dies of: free(): too many chunks detected in tcache
//
// The cached block leads to itself, so its list never ends; seven is the most that a list may hold. The list is walked
// because the second block, when freed, bears the cache's key, as a copy of a freed block does.
//
//   cache -> first -+          second   | ...  |
//              ^    |                   | key  |  <- freed
//              +----+
#include "crime.hpp"

int main() {
    void* first = std::malloc(24);
    void* second = std::malloc(24);
    std::free(first);
    crime::forward(first) = crime::link_to(first, reinterpret_cast<std::size_t>(first));
    crime::back(second) = crime::back(first);
    std::free(second);
}
