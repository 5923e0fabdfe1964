// support/arena_sets.hpp - the arenas of a heap without the heap: a policy, what its arenas share, and the main one.
#pragma once

#include "support/configs.hpp"

#include <ptm/thread/arenas.hpp>

#include <thread>
#include <vector>

namespace ptm_test {

// arena_set - of policy P. Gives the sub-heaps back at the end; the tests' threads have ended then. What a policy keeps
// for each thread is one for all sets of a configuration: each number is a configuration of its own.
template <class P, int Number, class Base = glass>
class arena_set {
public:
    struct config : Base {
        using arena_backend = ptm::reserve_backend<1_MiB>;
    };
    static constexpr bool several = P::several;
    using arenas = typename P::template in<config>;
    using arena = ptm::registered_arena<config>;

    arena_set() { arenas_.begin(); }
    arena_set(const arena_set&) = delete;
    ~arena_set() {
        std::vector<arena*> side;
        ring().for_each([&](arena& a) {
            if (&a != &main_) side.push_back(&a);
        });
        for (arena* a : side) ptm::close_sub_heap(shared_, ptm::sub_heap_of<config>(a));
    }

    arenas* operator->() { return &arenas_; }
    arenas& policy() { return arenas_; }
    arena& main() { return main_; }
    ptm::shared_state<config>& shared() { return shared_; }
    ptm::arena_ring<config>& ring() { return arenas_.ring(); }

    // use - what a request of the calling thread does: it is served by the arena returned.
    arena* use(std::size_t request = 640) {
        arena* a = arenas_.lock_one(request);
        if (a) ptm::busy::leave(a->lock);
        return a;
    }

    // used_by_thread - the arena of a thread that makes one request and ends.
    arena* used_by_thread() {
        arena* a = nullptr;
        std::thread([&] {
            a = use();
            arenas_.leave();
        }).join();
        return a;
    }

    std::size_t count() {
        std::size_t n = 0;
        ring().for_each([&](arena&) { ++n; });
        return n;
    }

private:
    ptm::shared_state<config> shared_{};
    arena main_{shared_};
    arenas arenas_{main_};
};

} // namespace ptm_test
