// operator new and malloc of the whole program, replaced: these two includes, in one source file. Everything that
// follows, the standard library's own use included, is served by ptm.
#include <ptm/c/replace_malloc.hpp>
#include <ptm/c/replace_new.hpp>

#include <cstdio>
#include <map>
#include <string>

#include <malloc.h>

int main() {
    std::map<std::string, std::size_t> lengths;
    for (const char* word : {"every", "node", "and", "every", "long enough string comes from ptm"})
        lengths[word] = std::string(word).size();
    struct mallinfo2 now = mallinfo2();
    std::printf("%zu words; %zu bytes in use of %zu\n", lengths.size(), now.uordblks, now.arena);
    return lengths.size() == 4 && now.uordblks > 0 ? 0 : 1;
}
