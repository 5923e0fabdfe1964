// A library that allocates is loaded and unloaded again and again; blocks cross its border in both directions and
// outlive it.
#include "preload/check.hpp"

#include <cstdlib>

namespace {

struct plug_in {
    void* library;
    char* (*make)(std::size_t);
    void (*take)(char*);
};

plug_in load(const char* path) {
    void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    EXPECT(library != nullptr);
    return {library, reinterpret_cast<char* (*)(std::size_t)>(dlsym(library, "plug_in_make")),
            reinterpret_cast<void (*)(char*)>(dlsym(library, "plug_in_take"))};
}

void once(const char* path, std::size_t bytes) {
    plug_in p = load(path);
    char* theirs = p.make(bytes);
    EXPECT(theirs && preload::holds(theirs, bytes, 'p'));
    p.take(static_cast<char*>(std::malloc(bytes)));
    EXPECT(dlclose(p.library) == 0);
    EXPECT(preload::holds(theirs, bytes, 'p'));
    std::free(theirs);
}

} // namespace

int main(int, char** arguments) {
    EXPECT(preload::is_preloaded());
    once(arguments[1], 100);
    std::size_t before = preload::used_bytes();
    for (std::size_t i = 1; i <= 100; ++i) once(arguments[1], i * 100);
    EXPECT(preload::used_bytes() < before + 65536); // what the caches keep, and not what the plug-in had
}
