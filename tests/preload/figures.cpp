// What the heap tells of itself is true: usable sizes, mallinfo2 and mallinfo, malloc_trim, malloc_info, malloc_stats.
#include "preload/check.hpp"

#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>

namespace {

// Every byte that is said to be usable can be used.
void usable_sizes() {
    for (std::size_t bytes : {0u, 1u, 24u, 25u, 1032u, 5000u, 200000u, 1u << 22}) {
        void* block = std::malloc(bytes);
        std::size_t usable = malloc_usable_size(block);
        EXPECT(usable >= bytes && usable <= bytes + 24 + static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
        preload::fill(block, usable, 7);
        EXPECT(preload::holds(block, usable, 7));
        std::free(block);
    }
}

// A used block counts with its header, and not any more when it is freed.
void books_of_the_arena() {
    struct mallinfo2 before = mallinfo2();
    void* block = std::malloc(5000);
    struct mallinfo2 during = mallinfo2();
    std::free(block);
    EXPECT(during.uordblks == before.uordblks + 5008);
    EXPECT(during.fordblks == before.fordblks - 5008);
    EXPECT(mallinfo2().uordblks == before.uordblks);
    EXPECT(before.uordblks + before.fordblks == before.arena);
}

void books_of_mappings() {
    void* block = std::malloc(1 << 24);
    struct mallinfo2 during = mallinfo2();
    EXPECT(during.hblks == 1 && during.hblkhd == malloc_usable_size(block) + 16);
    std::free(block);
    EXPECT(mallinfo2().hblks == 0 && mallinfo2().hblkhd == 0);
}

void the_narrow_form() {
    struct mallinfo2 wide = mallinfo2();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    struct mallinfo narrow = mallinfo();
#pragma GCC diagnostic pop
    EXPECT(narrow.arena == static_cast<int>(wide.arena) && narrow.uordblks == static_cast<int>(wide.uordblks));
    EXPECT(narrow.ordblks == static_cast<int>(wide.ordblks) && narrow.keepcost == static_cast<int>(wide.keepcost));
}

// What was freed at the end of the heap stays, as set, until it is asked for.
void trimming() {
    EXPECT(mallopt(M_TRIM_THRESHOLD, 1 << 30) == 1);
    void* blocks[100];
    for (void*& block : blocks) block = std::malloc(100000);
    std::size_t most = mallinfo2().arena;
    EXPECT(most > 100 * 100000);
    for (void* block : blocks) std::free(block);
    EXPECT(mallinfo2().arena == most);
    EXPECT(malloc_trim(0) == 1);
    EXPECT(mallinfo2().arena < most - 9000000);
    EXPECT(mallinfo2().keepcost < 2 * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
}

void as_xml() {
    char* text = nullptr;
    std::size_t length = 0;
    std::FILE* stream = open_memstream(&text, &length);
    EXPECT(malloc_info(1, stream) != 0 && malloc_info(0, stream) == 0);
    std::fclose(stream);
    std::string_view xml(text, length);
    EXPECT(xml.starts_with("<malloc version=\"1\">\n<heap nr=\"0\">\n<sizes>\n") && xml.ends_with("</malloc>\n"));
    std::string arena = "<system type=\"current\" size=\"" + std::to_string(mallinfo2().arena) + "\"/>";
    EXPECT(xml.find(arena) != xml.npos);
    std::free(text);
}

// read_back - what is written to standard error while `write` runs.
std::string read_back(void (*write)()) {
    std::FILE* file = std::tmpfile();
    int saved = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    write();
    dup2(saved, STDERR_FILENO);
    close(saved);
    std::rewind(file);
    std::string text(2000, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file));
    std::fclose(file);
    return text;
}

void as_table() {
    std::string text = read_back(malloc_stats);
    EXPECT(text.starts_with("Arena 0:\nsystem bytes     = "));
    EXPECT(text.find("\nTotal (incl. mmap):\n") != text.npos && text.find("\nmax mmap bytes   = ") != text.npos);
}

} // namespace

int main() {
    EXPECT(preload::is_preloaded());
    usable_sizes();
    books_of_the_arena();
    books_of_mappings();
    the_narrow_form();
    trimming();
    as_xml();
    as_table();
}
