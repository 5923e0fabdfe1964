// arena_limit system|preloaded [most] - however many threads there are, there are no more arenas than `most`, by
// default eight for each processor. While there are fewer, every thread gets one of its own.
#include "preload/check.hpp"
#include "preload/crew.hpp"
#include "preload/information.hpp"
#include "preload/maps.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace {

constexpr std::size_t threads = 64;

// online_processors - as /sys tells: "0-3,6" is five.
std::size_t online_processors() {
    char text[4096] = {};
    int file = open("/sys/devices/system/cpu/online", O_RDONLY | O_CLOEXEC);
    EXPECT(file >= 0 && read(file, text, sizeof text - 1) > 0);
    close(file);
    std::size_t count = 0;
    for (char* at = text; *at >= '0' && *at <= '9'; at += *at == ',') {
        std::size_t first = std::strtoull(at, &at, 10);
        count += (*at == '-' ? std::strtoull(at + 1, &at, 10) : first) - first + 1;
    }
    return count;
}

// The limit is thought of only when there are more than eight already.
std::size_t default_limit() { return std::max<std::size_t>(9, 8 * online_processors()); }

void allocate() {
    for (std::size_t bytes : {100u, 2000u, 50'000u}) EXPECT(std::malloc(bytes) != nullptr);
}

void expect_arenas(std::size_t count) {
    preload::information all = preload::read_information();
    EXPECT(all.arenas == count);
    for (std::size_t i = 0; i < count; ++i) EXPECT(all.of[i].used_bytes() > 2000);
}

} // namespace

int main(int argc, char** argv) {
    EXPECT(preload::runs_on(argc, argv));
    std::size_t limit = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : default_limit();
    EXPECT(limit > 0);
    for (int i = 0; i < 2; ++i) {
        preload::crew crew(threads, [](std::size_t) { allocate(); });
        expect_arenas(std::min(threads + 1, limit));
    }
    expect_arenas(std::min(threads + 1, limit)); // arenas stay when their threads have ended
}
