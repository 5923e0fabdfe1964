#include "support/catch.hpp"

#include <ptm/thread/secret.hpp>

#include <set>

TEST_CASE("a random word is another each time") {
    std::set<std::uintptr_t> seen;
    for (int i = 0; i < 16; ++i) seen.insert(ptm::random_word());
    CHECK(seen.size() == 16);
}

TEST_CASE("a random word leaves errno alone") {
    errno = 77;
    static_cast<void>(ptm::random_word());
    CHECK(errno == 77);
}
