// A heap for each request: what a request allocates goes with it, all at once, and what one request leaks does not stay
// with the server. The buffer on the stack serves small requests without a way to the system.
#include <cstdio>
#include <map>
#include <memory_resource>
#include <string>

#include <ptm/ptm.hpp>

namespace {
using document = std::pmr::map<std::pmr::string, std::pmr::string>;

// answer - works on structures that are never taken apart: no destructor runs, no block is freed one by one.
std::size_t answer(std::size_t request) {
    std::byte buffer[4096];
    ptm::arena_resource<> memory(buffer, sizeof buffer);
    auto& fields = *new (memory.allocate(sizeof(document), alignof(document))) document(&memory);
    for (std::size_t i = 0; i < request % 50; ++i) {
        std::pmr::string name("a field with a long name, number ", &memory);
        name += std::to_string(i);
        fields[name] = "a value that does not fit into a string object";
    }
    return fields.size();
} // here everything goes
}

int main() {
    std::size_t fields = 0;
    for (std::size_t request = 0; request < 1000; ++request) fields += answer(request);
    std::printf("%zu fields in 1000 requests\n", fields);
    return fields == 24'500 ? 0 : 1;
}
