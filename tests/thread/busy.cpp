#include "support/catch.hpp"

#include <ptm/sync/futex_lock.hpp>
#include <ptm/thread/busy.hpp>

#include <thread>

using ptm::busy;
using ptm::holder;

TEST_CASE("a thread knows which lock it holds, and others do not claim it") {
    ptm::futex_lock lock, other_lock;
    busy::enter(lock);
    CHECK(busy::holder_of(&lock) == holder::this_thread);
    CHECK(busy::holder_of(&other_lock) == holder::another);
    holder elsewhere = holder::this_thread;
    std::thread([&] { elsewhere = busy::holder_of(&lock); }).join();
    CHECK(elsewhere == holder::another);
    busy::leave(lock);
    CHECK(busy::holder_of(&lock) == holder::another);
    CHECK(lock.try_lock());
}

TEST_CASE("a lock that was not to be had is not this thread's") {
    ptm::futex_lock lock;
    CHECK(busy::try_enter(lock));
    CHECK(busy::holder_of(&lock) == holder::this_thread);
    bool got = true;
    holder of = holder::this_thread;
    std::thread([&] {
        got = busy::try_enter(lock);
        of = busy::holder_of(&lock);
    }).join();
    CHECK_FALSE(got);
    CHECK(of == holder::another);
    busy::leave(lock);
}

TEST_CASE("a thread at a shelf knows so, besides the arena that it is in") {
    ptm::futex_lock arena, shelf, other_shelf;
    busy::enter(arena);
    {
        busy::at_shelf hold(shelf);
        CHECK_FALSE(shelf.try_lock());
        CHECK(busy::holder_of_shelf(&shelf) == holder::this_thread);
        CHECK(busy::holder_of_shelf(&other_shelf) == holder::another);
        CHECK(busy::holder_of(&shelf) == holder::another);
        CHECK(busy::holder_of(&arena) == holder::this_thread);
        holder elsewhere = holder::unsure;
        std::thread([&] { elsewhere = busy::holder_of_shelf(&shelf); }).join();
        CHECK(elsewhere == holder::another);
    }
    CHECK(busy::holder_of_shelf(&shelf) == holder::another);
    CHECK(shelf.try_lock());
    busy::leave(arena);
}

TEST_CASE("while a thread registers it may hold any lock that is for that") {
    CHECK(busy::holder_of_registry() == holder::another);
    {
        busy::registering mark;
        CHECK(busy::holder_of_registry() == holder::unsure);
        holder elsewhere = holder::unsure;
        std::thread([&] { elsewhere = busy::holder_of_registry(); }).join();
        CHECK(elsewhere == holder::another);
    }
    CHECK(busy::holder_of_registry() == holder::another);
}
