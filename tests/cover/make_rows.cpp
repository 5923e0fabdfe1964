// Makes the rows of the covering arrays: make_cover_rows <header to be written>
//
// While the program is built, and not in it while it is compiled: Clang 14 takes ten GiB for that.
#include "cover/models.hpp"

#include <cstdio>

namespace {

template <std::size_t Slots>
void put(std::FILE* to, const char* array, const cover::covering<Slots>& c) {
    std::fprintf(to, "template <>\nstruct cover::rows_of<%s> {\n", array);
    std::fprintf(to, "    static constexpr cover::covering<%zu> is{.rows = {{\n", Slots);
    for (std::size_t r = 0; r < c.count; ++r) {
        std::fprintf(to, "        {{");
        for (unsigned level : c.rows[r]) std::fprintf(to, "%u,", level);
        std::fprintf(to, "}},\n");
    }
    std::fprintf(to, "    }}, .count = %zu};\n};\n", c.count);
}

void put_all(std::FILE* to) {
    put(to, "cover::arenas", cover::coverer(cover::plan<cover::arenas>).run());
    put(to, "cover::heaps", cover::coverer(cover::plan<cover::heaps>).run());
}
}

int main(int, char** arguments) {
    std::FILE* to = std::fopen(arguments[1], "w");
    if (!to) return 1;
    try {
        put_all(to);
    } catch (const char* why) {
        std::fprintf(stderr, "%s\n", why);
        return 1;
    }
    return std::fclose(to) == 0 ? 0 : 1;
}
