// A program linked before glibc 2.24 defines the variable that is called when malloc is made ready; the first request
// meets the hooks that were set there.
#include "preload/hooks.hpp"

extern "C" {
extern void (*volatile __malloc_initialize_hook)();
void (*volatile __malloc_initialize_hook)() = preload::watcher::in;
}

int main() {
    EXPECT(preload::is_preloaded());
    EXPECT(preload::watcher::mallocs == 0);
    void* block = std::malloc(100);
    EXPECT(block && preload::watcher::mallocs == 1);
    std::free(block);
    EXPECT(preload::watcher::frees == 1);
}
