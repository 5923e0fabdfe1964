// malloc works from the first instruction of a program to the last: before constructors, in static initialisers, in
// main, in atexit functions and destructors. Each phase frees what the one before it allocated and allocates for the
// next.
//
// main returns 3; the exit status is 0 only if the last phase was reached and saw them all.
#include "preload/check.hpp"

#include <cstdlib>
#include <string>

namespace {

constexpr std::size_t block_bytes = 777;

void* inherited = nullptr;
int phases = 0;

// enter - the next phase: the block of the one before is as it was left.
void enter(int phase) {
    EXPECT(phases + 1 == phase);
    EXPECT(phase == 1 || preload::holds(inherited, block_bytes, static_cast<unsigned char>(phases)));
    std::free(inherited);
    inherited = std::malloc(block_bytes);
    EXPECT(inherited != nullptr);
    preload::fill(inherited, block_bytes, static_cast<unsigned char>(phase));
    phases = phase;
}

void before_constructors(int, char**, char**) { enter(1); }
[[gnu::constructor(101)]] void first_constructor() { enter(2); }

struct object {
    std::string text = std::string(5000, 'x');
    object() { enter(3); }
    ~object() { enter(6); }
};
object of_static_storage;

void at_exit() { enter(5); }

// Destructors with low priorities run last, after those of objects.
[[gnu::destructor(102)]] void last_but_one_destructor() { enter(7); }
[[gnu::destructor(101)]] void last_destructor() {
    enter(8);
    std::free(inherited);
    _exit(0);
}

} // namespace

[[gnu::section(".preinit_array"), gnu::used]] static void (*const preinit)(int, char**, char**) = before_constructors;

int main() {
    EXPECT(preload::is_preloaded());
    enter(4);
    std::atexit(at_exit);
    return 3;
}
