#include "support/catch.hpp"

#include <ptm/os/secret.hpp>

#include <set>
#include <thread>
#include <vector>

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

TEST_CASE("the secret of the process stays what it was when it was first asked for") {
    std::vector<std::uintptr_t> seen(8);
    std::vector<std::thread> threads;
    for (std::uintptr_t& word : seen) threads.emplace_back([&word] { word = ptm::process_secret::word(); });
    for (std::thread& t : threads) t.join();
    CHECK(seen == std::vector(8, ptm::process_secret::word()));
    CHECK(seen == std::vector(8, ptm::process_secret::word_in_use()));
    CHECK(seen[0] != 0);
    CHECK(seen[0] != ptm::random_word());
}
