// A plug-in for plug_ins.cpp: allocates when it is loaded, frees when it goes, hands blocks to the host and takes some.
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

char* own = nullptr;
std::string text(3000, 'y');

[[gnu::constructor]] void load() { own = strdup("plug-in"); }
[[gnu::destructor]] void unload() { std::free(own); }

} // namespace

extern "C" char* plug_in_make(std::size_t bytes) {
    auto* block = static_cast<char*>(std::malloc(bytes));
    if (block) std::memset(block, own[0], bytes);
    return block;
}

extern "C" void plug_in_take(char* block) { std::free(block); }
