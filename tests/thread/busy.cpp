#include "support/catch.hpp"

#include <ptm/thread/busy.hpp>

#include <thread>

TEST_CASE("a thread is busy within a scope, and so is nobody else") {
    CHECK_FALSE(ptm::busy::here());
    bool elsewhere = true;
    {
        ptm::busy mark;
        CHECK(ptm::busy::here());
        { ptm::busy within; }
        CHECK(ptm::busy::here());
        std::thread([&] { elsewhere = ptm::busy::here(); }).join();
    }
    CHECK_FALSE(elsewhere);
    CHECK_FALSE(ptm::busy::here());
}
