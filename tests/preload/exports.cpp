// Every function of the malloc family is the preload library's, for the program and for the libraries that it uses.
#include "preload/check.hpp"

#include <cstdlib>

namespace {

constexpr const char* family[] = {PTM_MALLOC_FAMILY};

void each_is_ours() {
    for (const char* name : family) {
        const void* function = dlsym(RTLD_DEFAULT, name);
        EXPECT(function != nullptr);
        EXPECT(std::strstr(preload::home_of(function), "libptm_") != nullptr);
    }
}

// The C library's own calls come to us as well: what it allocates is in our books.
void the_c_library_uses_it() {
    std::free(strdup("")); // a first block makes the cache
    std::size_t before = preload::used_bytes();
    char text[3001];
    std::memset(text, 'x', 3000);
    text[3000] = '\0';
    char* copy = strdup(text);
    EXPECT(preload::used_bytes() == before + malloc_usable_size(copy) + sizeof(std::size_t));
    std::free(copy);
    EXPECT(preload::used_bytes() == before);
}

} // namespace

int main() {
    each_is_ours();
    the_c_library_uses_it();
}
