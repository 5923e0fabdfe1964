// An application that brings malloc and the variables for hooks itself. No preload library is needed.
#include <ptm/heap/glibc_2_33.hpp>

#define PTM_REPLACE_MALLOC_CONFIG ptm::glibc_2_33
#include <ptm/c/replace_hooks.hpp>

#include "preload/hooks.hpp"

#include <string>

int main() {
    using preload::watcher;
    std::free(std::malloc(24));
    EXPECT(!__malloc_hook && !__free_hook);
    watcher::in();
    {
        std::string text(100, 'x'); // operator new is libstdc++'s and calls our malloc
        EXPECT(watcher::mallocs == 1 && text[99] == 'x');
    }
    EXPECT(watcher::frees == 1);
    watcher::leave();
    void* block = std::malloc(100);
    EXPECT(watcher::mallocs == 1);
    std::free(block);
}
