#include "support/seed.hpp"

#include <cstdio>
#include <cstdlib>

namespace ptm_test {
namespace {

bool used = false;

// PTM_SEED says something that is not a number: a replay that silently runs something else would be worse.
[[noreturn]] void refuse(const char* text) {
    std::fprintf(stderr, "PTM_SEED: expected an unsigned number, found \"%s\"\n", text);
    std::exit(2);
}

std::uint64_t parse(const char* text) {
    char* end = nullptr;
    std::uint64_t seed = std::strtoull(text, &end, 0);
    if (end == text || *end != '\0') refuse(text);
    return seed;
}

std::uint64_t choose() {
    if (const char* text = std::getenv("PTM_SEED"); text && *text) return parse(text);
    return std::random_device{}();
}

} // namespace

std::uint64_t seed() {
    static const std::uint64_t chosen = choose();
    if (!used) std::fprintf(stderr, "random run: PTM_SEED=%ju replays it\n", std::uintmax_t{chosen});
    used = true;
    return chosen;
}

bool seed_was_used() { return used; }

std::size_t steps(std::size_t usual) {
    const char* text = std::getenv("PTM_LONG");
    return text && *text && *text != '0' ? usual * 20 : usual;
}

} // namespace ptm_test
