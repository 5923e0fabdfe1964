// The C library allocates, and the program frees what it gets: getline, asprintf, open_memstream, scandir, realpath,
// getcwd, strdup and others. Locales, streams and sorting, which allocate for themselves.
#include "preload/check.hpp"

#include <clocale>
#include <cstdlib>
#include <ctime>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <dirent.h>
#include <glob.h>
#include <netdb.h>
#include <regex.h>
#include <wchar.h>

namespace {

void copies() {
    for (auto [copy, expected] : {std::pair{strdup("text"), "text"}, std::pair{strndup("text", 2), "te"}}) {
        EXPECT(std::strcmp(copy, expected) == 0);
        std::free(copy);
    }
    wchar_t* wide = wcsdup(L"wide");
    EXPECT(wcscmp(wide, L"wide") == 0);
    std::free(wide);
}

void printed() {
    char* text = nullptr;
    EXPECT(asprintf(&text, "%s %05000d", "zeroes", 0) == 5007);
    EXPECT(std::strlen(text) == 5007 && malloc_usable_size(text) >= 5008);
    std::free(text);
}

// getline makes its buffer larger as the lines grow.
void lines() {
    std::FILE* file = std::tmpfile();
    for (int length = 1; length < 20000; length *= 3) EXPECT(std::fprintf(file, "%0*d\n", length, 0) == length + 1);
    std::rewind(file);
    char* line = nullptr;
    std::size_t room = 0;
    for (int length = 1; length < 20000; length *= 3) EXPECT(getline(&line, &room, file) == length + 1);
    std::free(line);
    std::fclose(file);
}

void memory_stream() {
    char* text = nullptr;
    std::size_t length = 0;
    std::FILE* stream = open_memstream(&text, &length);
    for (int i = 0; i < 10000; ++i) std::fputs("0123456789", stream);
    std::fclose(stream);
    EXPECT(length == 100000 && std::strncmp(text + 99990, "0123456789", 11) == 0);
    std::free(text);
}

void directories() {
    dirent** entries = nullptr;
    int count = scandir("/", &entries, nullptr, alphasort);
    EXPECT(count > 2);
    for (int i = 0; i < count; ++i) std::free(entries[i]);
    std::free(entries);

    char* path = realpath("/./", nullptr);
    EXPECT(std::strcmp(path, "/") == 0);
    std::free(path);

    char* here = getcwd(nullptr, 0);
    EXPECT(here && here[0] == '/');
    std::free(here);

    glob_t found{};
    EXPECT(glob("/*", 0, nullptr, &found) == 0 && found.gl_pathc > 0);
    globfree(&found);
}

void environment() {
    for (int i = 0; i < 300; ++i) {
        std::string name = "PTM_TEST_" + std::to_string(i);
        EXPECT(setenv(name.c_str(), std::string(100, 'v').c_str(), 1) == 0);
        EXPECT(std::strlen(std::getenv(name.c_str())) == 100);
    }
    EXPECT(clearenv() == 0);
}

void locales() {
    EXPECT(std::setlocale(LC_ALL, "C.UTF-8") && std::setlocale(LC_ALL, "C"));
    setenv("TZ", "Europe/Vienna", 1);
    tzset();
    std::time_t now = 0;
    EXPECT(std::localtime(&now)->tm_year == 70);
}

void patterns() {
    regex_t pattern{};
    EXPECT(regcomp(&pattern, "^(a|b)*c{2,9}$", REG_EXTENDED) == 0);
    EXPECT(regexec(&pattern, "abbacc", 0, nullptr, 0) == 0 && regexec(&pattern, "abbac", 0, nullptr, 0) != 0);
    regfree(&pattern);
}

// qsort borrows a buffer for large arrays.
void sorting() {
    std::vector<long> numbers(50000);
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<long>(i * 7919 % 50000);
    std::qsort(numbers.data(), numbers.size(), sizeof(long), [](const void* a, const void* b) {
        return static_cast<int>(*static_cast<const long*>(a) - *static_cast<const long*>(b));
    });
    for (std::size_t i = 0; i < numbers.size(); ++i) EXPECT(numbers[i] == static_cast<long>(i));
}

void streams_and_processes() {
    std::FILE* pipe = popen("echo hello", "r");
    char text[10] = {};
    EXPECT(pipe && std::fgets(text, sizeof text, pipe) && std::strcmp(text, "hello\n") == 0);
    EXPECT(pclose(pipe) == 0);
    EXPECT(std::printf("%s %f\n", "printf", 1.5) == 16);
}

} // namespace

int main() {
    EXPECT(preload::is_preloaded());
    copies();
    printed();
    lines();
    memory_stream();
    directories();
    patterns();
    sorting();
    streams_and_processes();
    environment();
    locales();
}
