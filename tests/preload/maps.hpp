// preload/maps.hpp - the mappings of this process, as /proc/self/maps tells them. Allocates nothing; one thread only.
#pragma once

#include "preload/check.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <fcntl.h>

namespace preload {

struct mapping {
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    std::string_view rights{}; // as "rw-p"
    std::string_view name{};   // the rest of the line, as "[heap]"; empty for anonymous memory

    explicit operator bool() const { return to != 0; }
    std::size_t bytes() const { return to - from; }
};

// maps_text - all of /proc/self/maps, until the next call.
inline std::string_view maps_text() {
    static char text[1 << 20];
    int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    std::size_t length = 0;
    for (ssize_t n; (n = read(file, text + length, sizeof text - length)) > 0;) length += static_cast<std::size_t>(n);
    close(file);
    EXPECT(length > 0 && length < sizeof text);
    return {text, length};
}

// parse_mapping - a line as "from-to rights offset device inode   name".
inline mapping parse_mapping(std::string_view line) {
    char* end = nullptr;
    mapping m;
    m.from = std::strtoull(line.data(), &end, 16);
    m.to = std::strtoull(end + 1, &end, 16);
    m.rights = {end + 1, 4};
    std::size_t name = line.find_first_of("/[");
    if (name != line.npos) m.name = line.substr(name);
    return m;
}

// find_mapping - the first mapping with this property; an empty one if there is none.
inline mapping find_mapping(auto has_property) {
    std::string_view text = maps_text();
    while (!text.empty()) {
        std::size_t length = text.find('\n');
        mapping m = parse_mapping(text.substr(0, length));
        if (has_property(m)) return m;
        text.remove_prefix(length + 1);
    }
    return {};
}

inline mapping mapping_at(std::uintptr_t address) {
    return find_mapping([=](const mapping& m) { return m.from <= address && address < m.to; });
}

} // namespace preload
