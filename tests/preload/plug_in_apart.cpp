// A plug-in for plug_ins_at_work.cpp that needs the C library only. (A namespace that holds the C++ library stays when
// it is closed, and there are sixteen.) The same functions as plug_in.cpp.
#include <cstdlib>
#include <cstring>

namespace {

char* own = nullptr;

[[gnu::constructor]] void load() { own = strdup("plug-in"); }
[[gnu::destructor]] void unload() { std::free(own); }

} // namespace

extern "C" char* plug_in_make(std::size_t bytes) {
    auto* block = static_cast<char*>(std::calloc(2, bytes));
    if (block) block = static_cast<char*>(std::realloc(block, bytes));
    if (block) std::memset(block, own[0], bytes);
    return block;
}

extern "C" void plug_in_take(char* block) { std::free(block); }
