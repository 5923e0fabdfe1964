// What memcheck makes of it is tested in tests/memcheck.
#include <ptm/observe/valgrind_poisoning.hpp>

#include "support/catch.hpp"

#include <cstring>

static_assert(ptm::poisoning_policy<ptm::valgrind_poisoning> == ptm::valgrind_poisoning::works);
static_assert(ptm::valgrind_poisoning::works == (PTM_HAS_MEMCHECK == 1));

TEST_CASE("valgrind_poisoning does nothing outside of Valgrind") {
    char memory[64], same[64];
    std::memset(memory, 0x5a, sizeof memory);
    std::memset(same, 0x5a, sizeof same);
    {
        ptm::valgrind_poisoning::at_work working, still;
        ptm::valgrind_poisoning::hide(memory, 64);
    }
    CHECK(ptm::valgrind_poisoning::reach(memory, 64) == 64);
    CHECK(std::memcmp(memory, same, 64) == 0);
}
