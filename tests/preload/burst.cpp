// Many threads fill much memory together, free it and end. Without a call by anybody hardly any of it stays.
//
//     burst <smallest> <largest> <threads>
//
//     smallest, largest    bytes of a block, at least two words; all sizes between are as likely
#include "preload/check.hpp"
#include "preload/crew.hpp"

#include <barrier>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace {

constexpr std::size_t all_bytes = std::size_t{192} << 20, most_left = std::size_t{16} << 20;

// node - a block, which leads to the one before it.
struct node {
    node* before;
    std::size_t bytes;
};

node* fill(std::size_t bytes, std::uint32_t seed, std::size_t smallest, std::size_t largest) {
    std::minstd_rand random(seed);
    node* last = nullptr;
    for (std::size_t done = 0; done < bytes; done += last->bytes) {
        std::size_t n = smallest + random() % (largest - smallest + 1);
        auto* block = static_cast<node*>(std::malloc(n));
        EXPECT(block != nullptr);
        std::memset(block, 0x5a, n);
        *block = {last, n};
        last = block;
    }
    return last;
}

void free_all(node* last) {
    while (last) std::free(std::exchange(last, last->before));
}

// resident_bytes - of this process. Allocates nothing.
std::size_t resident_bytes() {
    char text[128]{};
    int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    EXPECT(file >= 0 && read(file, text, sizeof text - 1) > 0);
    close(file);
    const char* second = std::strchr(text, ' ');
    EXPECT(second != nullptr);
    return std::strtoull(second, nullptr, 10) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

} // namespace

int main(int count, char** arguments) {
    EXPECT(preload::is_preloaded());
    EXPECT(count == 4);
    std::size_t smallest = std::strtoull(arguments[1], nullptr, 10), largest = std::strtoull(arguments[2], nullptr, 10);
    std::size_t threads = std::strtoull(arguments[3], nullptr, 10);
    EXPECT(sizeof(node) <= smallest && smallest <= largest && threads > 0);
    preload::crew(1, [](std::size_t) { std::free(std::malloc(100)); }); // what a first thread brings stays
    std::size_t before = resident_bytes();
    for (int time = 0; time < 3; ++time) { // what went back once is used again
        std::barrier all_full(static_cast<std::ptrdiff_t>(threads));
        preload::crew all(threads, [&](std::size_t i) {
            node* last = fill(all_bytes / threads, static_cast<std::uint32_t>(i + 1), smallest, largest);
            all_full.arrive_and_wait();
            if (i == 0) EXPECT(resident_bytes() > before + all_bytes * 3 / 4);
            all_full.arrive_and_wait();
            free_all(last);
        });
        all.dismiss();
        std::size_t after = resident_bytes();
        if (after > before + most_left) dprintf(STDERR_FILENO, "%zu KiB stay\n", (after - before) / 1024);
        EXPECT(after <= before + most_left);
    }
}
