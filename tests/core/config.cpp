#include <ptm/core/config.hpp>

#include "support/catch.hpp"

#include <cerrno>
#include <cstdint>

namespace {

struct PTM_MAY_ALIAS word {
    std::uint64_t value;
};

PTM_ALWAYS_INLINE int inlined(int n) { return n + 1; }
PTM_NOINLINE int called(int n) { return n + 2; }
PTM_COLD int rare(int n) { return n + 4; }

// If the compiler took the two for different objects it could return the 1 it has just written.
PTM_NOINLINE std::uint64_t write_read_through_alias(std::uint32_t* numbers, word* same) {
    numbers[0] = 1;
    numbers[1] = 0;
    same->value = UINT64_MAX;
    return numbers[0];
}

int half_of_even(int n) {
    PTM_ASSUME(n % 2 == 0);
    return n / 2;
}

} // namespace

TEST_CASE("a type marked so may alias another") {
    alignas(word) std::uint32_t numbers[2] = {};
    CHECK(write_read_through_alias(numbers, reinterpret_cast<word*>(numbers)) == UINT32_MAX);
    CHECK(numbers[1] == UINT32_MAX);
}

TEST_CASE("attributes of functions do not change what they do") {
    CHECK(inlined(1) == 2);
    CHECK(called(1) == 3);
    CHECK(rare(1) == 5);
}

TEST_CASE("an assumption is a statement, also without braces around it") {
    int n = 6;
    if (n == 6)
        PTM_ASSUME(n > 5);
    else
        n = 0;
    CHECK(half_of_even(n) == 3);
}

TEST_CASE("relaxing the processor leaves everything as it was") {
    errno = 7;
    for (int i = 0; i < 3; ++i) PTM_CPU_RELAX();
    CHECK(errno == 7);
}
