// preload/information.hpp - what malloc_info tells, as numbers. One thread only.
#pragma once

#include "preload/check.hpp"

#include <cstdlib>
#include <string_view>

namespace preload {

// figures - of one heap in malloc_info's list, or of all together.
struct figures {
    std::size_t fast_bytes = 0;
    std::size_t rest_count = 0; // chunks in bins, and top
    std::size_t rest_bytes = 0; // with flags: see free_bytes
    std::size_t system_bytes = 0;
    std::size_t most_system_bytes = 0;
    std::size_t usable_bytes = 0; // of system_bytes, what can be written: more after a sub-heap shrank
    std::size_t sub_heaps = 0;    // 0: the main arena

    // free_bytes - binned chunks are counted with the flag in their size words, "previous in use".
    std::size_t free_bytes() const { return fast_bytes + rest_bytes - (rest_count - 1); }
    std::size_t used_bytes() const { return system_bytes - free_bytes(); }
};

struct information {
    static constexpr std::size_t most = 256;

    std::size_t arenas = 0;
    figures of[most]{}; // in the order of the ring, the main arena first
    figures total{};
};

// number_behind - the number in quotes behind the first `key` in `text`; 0 if there is no such key.
inline std::size_t number_behind(std::string_view text, std::string_view key) {
    std::size_t at = text.find(key);
    return at == text.npos ? 0 : std::strtoull(text.data() + at + key.size(), nullptr, 10);
}

inline figures parse_figures(std::string_view text) {
    std::string_view rest = text.substr(text.find("<total type=\"rest\""));
    return {.fast_bytes = number_behind(text.substr(text.find("<total type=\"fast\"")), " size=\""),
            .rest_count = number_behind(rest, " count=\""),
            .rest_bytes = number_behind(rest, " size=\""),
            .system_bytes = number_behind(text, "<system type=\"current\" size=\""),
            .most_system_bytes = number_behind(text, "<system type=\"max\" size=\""),
            .usable_bytes = number_behind(text, "<aspace type=\"mprotect\" size=\""),
            .sub_heaps = number_behind(text, "<aspace type=\"subheaps\" size=\"")};
}

// write_information - allocates nothing but at the first call: a block that came now could be just what is looked for.
inline std::string_view write_information() {
    static char text[1 << 18];
    static std::FILE* const stream = fmemopen(text, sizeof text, "w");
    EXPECT(stream && std::setvbuf(stream, nullptr, _IONBF, 0) == 0);
    std::rewind(stream);
    EXPECT(malloc_info(0, stream) == 0);
    long length = std::ftell(stream);
    EXPECT(length > 0 && static_cast<std::size_t>(length) < sizeof text - 1);
    return {text, static_cast<std::size_t>(length)};
}

inline information read_information() {
    information all;
    std::string_view text = write_information(), end = "</heap>\n";
    while (number_behind(text, "<heap nr=\"") == all.arenas && text.find("<heap nr=") != text.npos) {
        EXPECT(all.arenas < information::most);
        std::size_t length = text.find(end);
        all.of[all.arenas++] = parse_figures(text.substr(0, length));
        text.remove_prefix(length + end.size());
    }
    EXPECT(text.find("<heap") == text.npos); // they are numbered without gaps
    all.total = parse_figures(text);
    return all;
}

} // namespace preload
