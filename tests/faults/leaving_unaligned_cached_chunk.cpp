// dies of: tcache_thread_shutdown(): unaligned tcache chunk detected
//
// A block was written to after it was freed: the link of the cached block leads into the middle of another. A thread
// that ends hands back what it has cached.
//
//   cache of the thread -> second -> first + 8, no multiple of 16
#include "crime.hpp"

#include <pthread.h>

namespace {

void* spoil_cache(void*) {
    void* first = std::malloc(24);
    void* second = std::malloc(24);
    std::free(first);
    std::free(second);
    crime::forward(second) = crime::link_to(second, crime::inside(reinterpret_cast<std::size_t>(first)));
    return nullptr;
}

} // namespace

int main() {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, spoil_cache, nullptr) != 0) return 1;
    pthread_join(thread, nullptr);
}
